/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk around a few processes: what they started, who is above them, and everybody whom
 * those above have as a child.  A process whose parent dies goes to the nearest subreaper
 * above it or to the init of its pid namespace, and both are ancestors of a living target: so
 * whoever the target has lost is among the children of its ancestors, daemons that called
 * setsid too.  The kernel lists children by thread, in task/TID/children, and the list may
 * miss some while it changes (proc_pid_children(5)): so all is listed again until nobody new
 * comes, as in the walk of everybody.
 *
 * It gives up, and everybody must be walked, where that reasoning or our sight ends: a target
 * that is dead (its orphans are anybody's), a kernel without the lists, ancestors that
 * cannot be seen (hidepid) or that end outside of our pid namespace, a read that blocks, a
 * crowd.  Who entered the target's namespace with setns(2) has a parent out there, and is no
 * orphan of it.  Where somebody below the target lives in a deeper pid namespace, an init in
 * there adopts: everybody, too.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/procfs.h"
#include "source/walk.h"

#define PASSES_MOST 3
#define PLACES_MOST ((size_t)1 << 13)
#define SLOTS (PLACES_MOST * 4)		/* a power of two */
#define ITEMS_MOST (PLACES_MOST * 8)
#define CHILDREN_SIZE ((size_t)256 << 10)

/* Why somebody is looked at. */
enum role {
	ROLE_NAMED = 1,		/* leads the session or group of another: is it there? */
	ROLE_CHILD = 2,		/* of an ancestor of a target */
	ROLE_BELOW = 4,		/* a target, or below one, or left in a target's session */
	ROLE_ABOVE = 8,		/* an ancestor of a target */
	ROLE_SELF = 16,		/* leakscan, or above it */
};
#define ROLES_LISTED (ROLE_BELOW | ROLE_ABOVE)

struct around {
	struct snapshot *s;
	const pid_t *targets;
	size_t target_n;
	struct process *places;		/* address space only: untouched pages cost nothing */
	uint8_t *roles, *listed;	/* by place; listed: in which pass, + 1 */
	size_t place_n;
	uint32_t *slots;		/* place + 1 by pid, open addressing */
	uint32_t *queue;		/* places to be looked at, by item */
	size_t queue_n;
	size_t fresh;			/* who came new in this pass */
	uint32_t pass;
	bool cannot;
};

/* A worker's own. */
struct looker {
	struct proc_dir proc;
	int size_is_count;
	char *text;
	pid_t *children;
	size_t child_n, child_room;
	int err;
};

static bool is_target(const struct around *w, pid_t pid)
{
	for (size_t i = 0; i < w->target_n; i++)
		if (w->targets[i] == pid)
			return true;
	return false;
}

static size_t slot_of(const struct around *w, pid_t pid)
{
	size_t slot = (size_t)pid & (SLOTS - 1);

	while (w->slots[slot] && w->places[w->slots[slot] - 1].id.pid != pid)
		slot = (slot + 1) & (SLOTS - 1);
	return slot;
}

static void enqueue(struct around *w, size_t place)
{
	if (w->queue_n < ITEMS_MOST)
		w->queue[w->queue_n++] = (uint32_t)place;
	else
		w->cannot = true;
}

/* Puts somebody on the list, or gives one that is there another reason.  A worker may be
 * ended in here and another repeat it. */
static void want(struct around *w, pid_t pid, uint8_t role)
{
	size_t slot = slot_of(w, pid), place;

	if (pid <= 0)
		return;
	if (!w->slots[slot]) {
		if (w->place_n == PLACES_MOST) {
			w->cannot = true;
			return;
		}
		place = w->place_n;
		w->places[place].id.pid = pid;
		w->roles[place] = role;
		w->place_n++;
		w->slots[slot] = (uint32_t)place + 1;
		w->fresh++;
		enqueue(w, place);
		return;
	}
	place = w->slots[slot] - 1;
	if ((w->roles[place] | role) == w->roles[place])
		return;
	w->roles[place] |= role;
	enqueue(w, place);
}

/* One thread's list: "12 13 20 ". */
static int add_children_of(void *context, int tid)
{
	struct looker *me = context;
	struct text text, word;
	uint64_t number;
	char file[64];
	ssize_t n;

	snprintf(file, sizeof(file), "task/%d/children", tid);
	n = proc_read(&me->proc, me->children[0], file, me->text, CHILDREN_SIZE);
	if (n == -ESRCH)
		return 0;	/* a thread that ended: its children are another's by now */
	if (n < 0 || (size_t)n == CHILDREN_SIZE) {
		me->err = n < 0 ? (int)n : -E2BIG;
		return 1;
	}
	text = (struct text){ me->text, (size_t)n };
	while (text_word(&text, &word)) {
		if (text_u64(word, &number) || number > INT32_MAX)
			continue;
		if (me->child_n == me->child_room) {
			size_t room = 2 * me->child_room;
			pid_t *more = realloc(me->children, room * sizeof(*more));

			if (!more) {
				me->err = -ENOMEM;
				return 1;
			}
			me->children = more;
			me->child_room = room;
		}
		me->children[me->child_n++] = (pid_t)number;
	}
	return 0;
}

/* Into me->children, behind the pid itself. */
static int list_children(struct looker *me, const struct process *p)
{
	int err = 0;

	me->err = 0;
	me->children[0] = p->id.pid;
	me->child_n = 1;
	if (p->threads == 1)
		add_children_of(me, p->id.pid);
	else
		err = proc_numbers(&me->proc, p->id.pid, "task", add_children_of, me);
	return me->err ? me->err : err;
}

static int look_at(const struct around *w, const struct looker *me, struct process *p, uint8_t role)
{
	char buf[2048];
	ssize_t n;

	process_init(p, (struct process_id){ .pid = p->id.pid });
	n = proc_read(&me->proc, p->id.pid, "stat", buf, sizeof(buf));
	if (!n || n == -ESRCH)
		p->gone = true;
	if (p->gone)
		return 0;
	if (n < 0 || procfs_stat((struct text){ buf, (size_t)n }, p->id.pid, p))
		return -EIO;
	p->read = FACT_BIT(FACT_STAT);
	p->now.at_ns = w->s->now_ns;
	if ((role & ROLE_BELOW || is_target(w, p->sid)) && p->now.state != 'Z') {
		int64_t fds = proc_fd_count(&me->proc, p->id.pid, me->size_is_count);

		p->now.fd_count = fds >= 0 ? fds : -1;
	}
	return 0;
}

/* Whom it leads to.  A leader must be looked up before it may be called gone. */
static void follow(struct around *w, const struct process *p, uint8_t role)
{
	want(w, p->sid, ROLE_NAMED);
	want(w, p->pgid, ROLE_NAMED);
	if ((role & ROLE_BELOW) && is_target(w, p->id.pid))
		want(w, p->now.ppid, ROLE_ABOVE);
	if (role & ROLE_ABOVE)
		want(w, p->now.ppid, ROLE_ABOVE);
	if (role & ROLE_SELF)
		want(w, p->now.ppid, ROLE_SELF);
}

/* Its descriptors are counted once it is known to be of a target. */
static bool is_seen(const struct process *p, uint8_t role)
{
	return process_knows(p, FACT_STAT) &&
	       (!(role & ROLE_BELOW) || p->now.fd_count >= 0 || p->now.state == 'Z');
}

static bool look_item(struct around *w, struct looker *me, size_t place, struct ticket *t)
{
	struct process seen = w->places[place];
	uint8_t role = w->roles[place], pass = (uint8_t)(w->pass + 1);
	int err = is_seen(&seen, role) ? 0 : look_at(w, me, &seen, role);

	if ((role & ROLE_CHILD) && is_target(w, seen.sid))
		role |= ROLE_BELOW;
	me->child_n = 0;
	if (!err && !seen.gone && (role & ROLES_LISTED) && w->listed[place] < pass)
		err = list_children(me, &seen);
	if (!ticket_claim(t))
		return false;
	if (err && err != -ESRCH) {
		w->cannot = true;
		return true;
	}
	w->places[place] = seen;
	w->roles[place] |= role;
	if (!seen.gone)
		follow(w, &seen, role);
	for (size_t i = 1; i < me->child_n; i++)
		want(w, me->children[i], role & ROLE_BELOW ? ROLE_BELOW : ROLE_CHILD);
	if (me->child_n)
		w->listed[place] = pass;
	return true;
}

static bool begin_item(struct around *w, const struct looker *me, struct ticket *t)
{
	char buf[16];
	ssize_t n;

	walk_machine(w->s, &me->proc);
	n = proc_read(&me->proc, 0, "thread-self/children", buf, sizeof(buf));
	if (!ticket_claim(t))
		return false;
	w->cannot |= n < 0;
	want(w, w->s->self, ROLE_SELF);
	for (size_t i = 0; i < w->target_n; i++)
		want(w, w->targets[i], ROLE_BELOW);
	return true;
}

/* All lists once more, as long as they brought somebody new. */
static void next_pass(struct around *w)
{
	if (!w->fresh)
		return;
	w->fresh = 0;
	if (w->pass + 1 == PASSES_MOST) {
		w->s->coverage.unsteady = true;
		return;
	}
	w->pass++;
	for (size_t i = 0; i < w->place_n; i++)
		if (w->roles[i] & ROLES_LISTED)
			enqueue(w, i);
}

static void around_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct around *w = context;

	if (w->cannot || !(item ? look_item(w, own, w->queue[item - 1], t) : begin_item(w, own, t)))
		return;
	if (item == w->queue_n && !w->cannot)
		next_pass(w);
	ticket_items(t, w->queue_n + 1);
}

static void *around_begin(void *context)
{
	struct looker *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc) || proc_dir_late(&me->proc))
		return NULL;
	me->size_is_count = proc_fd_size_is_count(&me->proc);
	me->text = malloc(CHILDREN_SIZE);
	me->child_room = 1024;
	me->children = malloc(me->child_room * sizeof(*me->children));
	return me->text && me->children ? me : NULL;
}

static const struct process *find(const struct around *w, pid_t pid)
{
	uint32_t place = w->slots[slot_of(w, pid)];
	const struct process *p = place ? &w->places[place - 1] : NULL;

	return p && process_knows(p, FACT_STAT) && !p->gone ? p : NULL;
}

/* Its ancestors lead up to the init of our namespace, and all of them were seen. */
static bool reaches_init(const struct around *w, pid_t pid)
{
	const struct process *p = find(w, pid);

	for (size_t depth = 0; p && depth < w->place_n; depth++) {
		if (p->kernel_thread || p->now.state == 'Z')
			return false;
		if (p->id.pid == 1)
			return !p->now.ppid;
		p = find(w, p->now.ppid);
	}
	return false;
}

static bool is_enough(const struct around *w, const struct work_result *result)
{
	if (w->cannot || result->cut || result->stalled)
		return false;
	for (size_t i = 0; i < w->target_n; i++)
		if (!reaches_init(w, w->targets[i]))
			return false;
	return true;
}

static void collect(struct around *w)
{
	struct process nobody = { .id.pid = 0 };
	const struct process *self = find(w, w->s->self);
	struct snapshot *s = w->s;

	self = self ? self : &nobody;
	for (size_t i = 0; i < w->place_n; i++) {
		const struct process *p = &w->places[i];

		if (p->gone)
			s->coverage.vanished += !!(w->roles[i] & ~ROLE_NAMED);
		else if (process_knows(p, FACT_STAT) && !walk_is_worker(s, self, p))
			*snapshot_add(s, p->id) = *p;
	}
	snapshot_sort(s);
	s->coverage.partial = true;
	s->coverage.source = "procfs";
	s->coverage.passes = w->pass + 1;
	s->coverage.pid1_visible = snapshot_find(s, 1);
}

int live_walk_around(const pid_t *targets, size_t n, struct snapshot **out)
{
	struct snapshot *s = snapshot_new(1);
	struct around *w = arena_calloc(s->arena, 1, sizeof(*w));
	struct work work = { .item = around_item, .begin = around_begin, .context = w,
			     .n = 1, .most = ITEMS_MOST + 1 };
	struct work_result result;
	int err;

	*w = (struct around){ .s = s, .targets = targets, .target_n = n };
	w->places = arena_calloc(s->arena, PLACES_MOST, sizeof(*w->places));
	w->roles = arena_calloc(s->arena, PLACES_MOST, 1);
	w->listed = arena_calloc(s->arena, PLACES_MOST, 1);
	w->slots = arena_calloc(s->arena, SLOTS, sizeof(*w->slots));
	w->queue = arena_calloc(s->arena, ITEMS_MOST, sizeof(*w->queue));
	walk_first_look(s);
	err = live_work(s, &work, &result);
	if (!err && !is_enough(w, &result))
		err = -EXDEV;
	if (err) {
		snapshot_free(s);
		return err;
	}
	collect(w);
	s->coverage.took_ns = live_clock_ns() - s->now_ns;
	*out = s;
	return 0;
}
