/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk: every process's stat and descriptor count, and the machine's own facts.
 * `stat` is the one hot read.  Where it blocks, `status`, which never does, describes the
 * process instead - without its start time, so without an identity.
 */
#include "source/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "source/live_clock.h"
#include "source/live_work.h"
#include "source/procfs.h"
#include "source/worker.h"

#define PASSES_MOST 3
#define LISTINGS_MOST 3
#define LATELY 64		/* numbers that may have been given and not be seen yet */
/* pid_max is 2^22 at most; room for each of them once, and the listings. */
#define WALK_ITEMS_MOST (((size_t)1 << 22) + 16)

struct walk {
	struct snapshot *s;
	struct process *room;		/* address space only: untouched pages cost nothing */
	size_t room_n, listed;
	uint32_t pass;
	size_t run[PASSES_MOST + 1];	/* where each pass begins in room; pids ascend in each */
	size_t list_at;			/* the item that lists /proc next */
	size_t stat_at;			/* the item that reads room[run[pass - 1]] */
	uint64_t last_pid;		/* given before the first pass; 0 unknown */
};

/* A worker's own. */
struct walker {
	struct proc_dir proc;
	int size_is_count;
};

void walk_boot(struct snapshot *s, const struct proc_dir *proc)
{
	char buf[64];
	ssize_t n = proc_read(proc, 0, "sys/kernel/random/boot_id", buf, sizeof(buf));
	uint64_t inode;

	if (n > 0)
		s->boot_id = arena_bytes(s->arena, buf, (size_t)(n - (buf[n - 1] == '\n')));
	n = proc_link(proc, 0, "self/ns/pid", buf, sizeof(buf));
	if (n > 0 && !procfs_namespace((struct text){ buf, (size_t)n }, &inode))
		s->initial_pid_ns = inode == PROCFS_INITIAL_PID_NS;
}

void walk_machine(struct snapshot *s, const struct proc_dir *proc)
{
	char buf[65536];
	ssize_t n;

	walk_boot(s, proc);
	n = proc_read(proc, 0, "self/sched", buf, sizeof(buf));
	if (n > 0)
		procfs_sched((struct text){ buf, (size_t)n }, &s->sched_now_ns);
	n = proc_read(proc, 0, "self/mountinfo", buf, sizeof(buf));
	if (n > 0)
		procfs_mountinfo((struct text){ buf, (size_t)n }, "/proc", &s->coverage.hidepid,
				 &s->coverage.subset_pid);
}

void walk_threads(struct snapshot *s, const struct proc_dir *proc)
{
	int64_t *lowest = &s->coverage.threads_kernel, threads;
	char buf[256];
	ssize_t n = s->initial_pid_ns ? proc_read(proc, 0, "loadavg", buf, sizeof(buf)) : 0;

	if (n > 0 && !procfs_loadavg((struct text){ buf, (size_t)n }, &threads) &&
	    (*lowest < 0 || threads < *lowest))
		*lowest = threads;
}

struct listing {
	struct arena *arena;
	struct ticket *ticket;
	pid_t *pids;
	size_t n, room;
};

static int list_one(void *context, int number)
{
	struct listing *l = context;

	if (l->n % 1024 == 0)
		ticket_beat(l->ticket);
	if (number > 0)
		*(pid_t *)arena_push(l->arena, &l->pids, &l->n, &l->room, sizeof(pid_t)) = number;
	return 0;
}

/* Drops the pids that an earlier pass has; a number that was gone when it was read may be
 * somebody else by now, and stays. */
static void keep_new(const struct walk *w, struct listing *l)
{
	for (uint32_t pass = 0; pass < w->pass; pass++) {
		size_t at = w->run[pass], end = w->run[pass + 1], kept = 0;

		for (size_t i = 0; i < l->n; i++) {
			while (at < end && w->room[at].id.pid < l->pids[i])
				at++;
			if (at == end || w->room[at].id.pid != l->pids[i] || w->room[at].gone)
				l->pids[kept++] = l->pids[i];
		}
		l->n = kept;
	}
}

/* The number that was given last in our pid namespace, or 0.  In a container another file
 * system may lie over this file, which can tell anything or not answer at all; and /proc may
 * be that of a namespace above, where numbers are given that we are not told of. */
static uint64_t last_pid_now(const struct snapshot *s, const struct proc_dir *proc)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV };
	int fd = (int)syscall(SYS_openat2, proc->fd, "loadavg", &how, sizeof(how));
	struct process self;
	uint64_t last_pid;
	char buf[8192];
	ssize_t n;

	if (fd < 0)
		return 0;
	n = read(fd, buf, sizeof(buf));
	close(fd);
	if (n <= 0 || procfs_last_pid((struct text){ buf, (size_t)n }, &last_pid))
		return 0;
	n = proc_read(proc, 0, "self/status", buf, sizeof(buf));
	process_init(&self, (struct process_id){ .pid = s->self });
	return n > 0 && !procfs_status((struct text){ buf, (size_t)n }, &self) &&
	       !self.ns_depth ? last_pid : 0;
}

static bool is_listed(const struct walk *w, pid_t pid)
{
	size_t low = 0, high = w->listed;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (w->room[middle].id.pid == pid)
			return true;
		if (w->room[middle].id.pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/* Whoever was there was in the first listing: nobody has ended since, no number was given
 * since, and who had been given one just before, and may not have been there yet, is listed
 * or gone. */
static bool nobody_new(const struct walk *w, const struct proc_dir *proc)
{
	if (w->pass != 1 || !w->last_pid || last_pid_now(w->s, proc) != w->last_pid)
		return false;
	for (size_t i = 0; i < w->listed; i++)
		if (w->room[i].gone)
			return false;
	for (uint64_t i = 0; i < LATELY && i < w->last_pid; i++) {
		pid_t pid = (pid_t)(w->last_pid - i);
		char name[16];
		struct stat st;

		proc_number(name, (unsigned)pid);
		if (!is_listed(w, pid) && !fstatat(proc->fd, name, &st, AT_SYMLINK_NOFOLLOW))
			return false;
	}
	return true;
}

/* One call instead of a page fault every few processes; where it fails they come as before. */
static void make_room(const struct process *first, size_t n)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)first / page * page;

	madvise((void *)from, (uintptr_t)(first + n) - from, MADV_POPULATE_WRITE);
#else
	(void)first;
	(void)n;
#endif
}

static void list_item(struct walk *w, const struct walker *me, size_t item, struct ticket *t)
{
	struct listing l = { .arena = w->s->arena, .ticket = t };
	size_t first;
	bool last;

	if (!w->pass) {
		walk_machine(w->s, &me->proc);
		w->last_pid = last_pid_now(w->s, &me->proc);
	}
	walk_threads(w->s, &me->proc);
	ticket_beat(t);
	if (!nobody_new(w, &me->proc) && proc_numbers(&me->proc, 0, ".", list_one, &l))
		return;
	if (!w->room) {
		w->room_n = 2 * l.n + 1024;
		w->room = arena_calloc(w->s->arena, w->room_n, sizeof(*w->room));
	}
	keep_new(w, &l);
	first = w->run[w->pass];
	if (l.n > w->room_n - first) {
		l.n = w->room_n - first;
		w->s->coverage.unsteady = true;
	}
	if (!ticket_claim(t))
		return;
	/* a worker can be ended in here and another repeat it: all is computed from the pass,
	 * which moves last */
	make_room(&w->room[first], l.n);
	for (size_t i = 0; i < l.n; i++)
		w->room[first + i].id.pid = l.pids[i];
	w->run[w->pass + 1] = w->listed = first + l.n;
	w->stat_at = item + 1;
	w->list_at = item + 1 + l.n;
	last = w->pass + 1 == PASSES_MOST;
	if (l.n && last)
		w->s->coverage.unsteady = true;
	ticket_items(t, item + 1 + l.n + (l.n && !last));
	w->s->coverage.passes = w->pass + 1;
	w->pass++;
}

bool walk_stat(const struct snapshot *s, const struct proc_dir *proc, pid_t pid,
	       struct process *seen)
{
	char buf[2048];
	ssize_t n;

	process_init(seen, (struct process_id){ .pid = pid });
	n = proc_read(proc, pid, "stat", buf, sizeof(buf));
	if (n > 0 && !procfs_stat((struct text){ buf, (size_t)n }, pid, seen)) {
		seen->read = FACT_BIT(FACT_STAT);
		seen->now.at_ns = s->now_ns;
		return !seen->kernel_thread && seen->now.state != 'Z';
	}
	if (n > 0 || n == -EACCES || n == -EPERM)
		seen->denied = FACT_BIT(FACT_STAT);
	else if (!n || n == -ESRCH)
		seen->gone = true;
	else
		seen->stalled = FACT_BIT(FACT_STAT);	/* no descriptors, no memory: still there */
	return false;
}

static void stat_item(struct walk *w, const struct walker *me, size_t item, struct ticket *t)
{
	struct process *p = &w->room[w->run[w->pass - 1] + item - w->stat_at];
	struct process seen;

	if (walk_stat(w->s, &me->proc, p->id.pid, &seen)) {
		int64_t fds = proc_fd_count(&me->proc, p->id.pid, me->size_is_count);

		seen.now.fd_count = fds >= 0 ? fds : -1;
	}
	if (ticket_claim(t))
		*p = seen;
}

static void walk_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct walk *w = context;

	if (item == w->list_at)
		list_item(w, own, item, t);
	else
		stat_item(w, own, item, t);
}

static void *walk_begin(void *context)
{
	struct walker *me = calloc(1, sizeof(*me));

	(void)context;
	if (!me || proc_dir_open(&me->proc) || proc_dir_late(&me->proc))
		return NULL;
	me->size_is_count = proc_fd_size_is_count(&me->proc);
	return me;
}

/* `status` for those whose `stat` blocked: it takes no lock that a process can hold. */
static void status_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct walk *w = context;
	const struct walker *me = own;
	struct process seen = w->room[item];
	char buf[8192];
	int64_t fds;
	ssize_t n;

	if (!(seen.stalled & FACT_BIT(FACT_STAT)))
		return;
	n = proc_read(&me->proc, seen.id.pid, "status", buf, sizeof(buf));
	if (n > 0 && !procfs_status((struct text){ buf, (size_t)n }, &seen))
		seen.read |= FACT_BIT(FACT_STATUS);
	fds = proc_fd_count(&me->proc, seen.id.pid, me->size_is_count);
	seen.now.fd_count = fds >= 0 ? fds : -1;
	if (ticket_claim(t))
		w->room[item] = seen;
}

bool walk_is_worker(const struct snapshot *s, const struct process *self,
		    const struct process *p)
{
	uint64_t first_tick = s->now_ns / (UINT64_C(1000000000) / s->hz);

	if (p->now.ppid != s->self || p->has_execed)
		return false;
	/* before it takes its name it still has ours */
	return !strcmp(p->comm, WORKER_NAME) ||
	       (!strcmp(p->comm, self->comm) && (p->id.start_ticks >= first_tick || p->stalled));
}

/* Moves what was seen of the room into the snapshot. */
static void walk_collect(struct walk *w)
{
	struct snapshot *s = w->s;
	struct process self = { .id.pid = 0 };
	size_t kept = 0;

	for (size_t i = 0; i < w->listed; i++)
		if (w->room[i].id.pid == s->self)
			self = w->room[i];
	for (size_t i = 0; i < w->listed; i++) {
		s->coverage.vanished += w->room[i].gone;
		if (w->room[i].gone || walk_is_worker(s, &self, &w->room[i]))
			continue;
		if (kept != i)
			w->room[kept] = w->room[i];
		kept++;
	}
	s->processes = w->room;
	s->process_n = kept;
	s->process_room = w->room_n;
	snapshot_sort(s);
	s->coverage.pid1_visible = snapshot_find(s, 1);
}

void walk_first_look(struct snapshot *s)
{
	char host[HOST_NAME_MAX + 1] = "";
	struct timespec wall;
	long hz = sysconf(_SC_CLK_TCK);

	gethostname(host, sizeof(host) - 1);
	clock_gettime(CLOCK_REALTIME, &wall);
	s->host = arena_strdup(s->arena, host);
	s->wall_s = wall.tv_sec;
	s->hz = hz > 0 ? (uint32_t)hz : 100;
	s->self = getpid();
	s->uid = geteuid();
	s->now_ns = live_clock_ns();
}

static int walk_once(struct snapshot **out)
{
	struct snapshot *s = snapshot_new(1);
	struct walk *w = arena_calloc(s->arena, 1, sizeof(*w));
	struct work work = { .item = walk_item, .begin = walk_begin, .context = w,
			     .n = 1, .most = WALK_ITEMS_MOST };
	struct work_result result;
	int err;

	w->s = s;
	walk_first_look(s);
	err = live_work(s, &work, &result);
	if (!err && !w->listed)
		err = -EIO;
	if (err) {
		snapshot_free(s);
		return err;
	}
	s->coverage.source = "procfs";
	s->coverage.walk_cut = result.cut;
	for (size_t i = 0; i < w->listed; i++) {
		struct process *p = &w->room[i];

		if (p->read || p->denied || p->gone)
			continue;
		process_init(p, p->id);
		p->stalled = FACT_BIT(FACT_STAT);
		s->coverage.stalled++;
	}
	if (s->coverage.stalled) {
		work = (struct work){ .item = status_item, .begin = walk_begin, .context = w,
				      .n = w->listed };
		live_work(s, &work, &result);
	}
	walk_collect(w);
	s->coverage.took_ns = live_clock_ns() - s->now_ns;
	*out = s;
	return 0;
}

int walk_procfs(struct snapshot **out)
{
	int err = -EIO;

	/* listing /proc waits for no other process, so what looked like a stall there was a
	 * busy machine */
	for (int left = LISTINGS_MOST; err == -EIO && left; left--)
		err = walk_once(out);
	return err;
}
