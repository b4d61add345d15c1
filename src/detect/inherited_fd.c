/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS206 inherited-fd: a child holds, above stdio and under the same number, the very thing
 * that its parent opened without O_CLOEXEC, runs another program, and was not told of it.
 * An accident with a listening socket keeps the port taken when the parent ends; with the
 * write end of a pipe, somebody's end of file away (LS302); else it wastes a number.
 * The one at fault is the topmost that holds it: those between only passed it on.  What came
 * to that one from outside may be meant for all below, and so may what a shell was told to
 * open (`exec 9>lock`).  Whoever is just starting may be about to close it.
 */
#include "detect/detectors.h"

#include <string.h>

#include "base/text.h"
#include "detect/announced.h"
#include "detect/fd_list.h"

#define NAMED_MOST 3
#define SHELL_SUBSTITUTION_FIRST 60	/* bash: <(...) is 63, 62, ... */
#define SHELL_SUBSTITUTION_LAST 63
#define SHELL_SCRIPT 255

struct hit {
	const struct descriptor *d;
	const struct process *giver;
	const struct socket_info *listening;	/* or NULL */
	bool sure, told;
};

struct hits {
	struct hit *list;
	size_t n, room;
};

struct clear {	/* by number: somebody in the family has it without close-on-exec */
	bool *fds;
	size_t n;
};

static void find_clear(const struct family *family, struct arena *a, struct clear *out)
{
	*out = (struct clear){ .n = 0 };
	for (int fill = 0; fill <= 1; fill++) {
		for (size_t i = 0; i < family->member_n; i++) {
			const struct process *p = family->members[i].process;

			for (size_t j = 0; j < p->fd_n; j++) {
				if (p->fds[j].cloexec != CLOEXEC_CLEAR || p->fds[j].fd <= 2)
					continue;
				if (fill)
					out->fds[p->fds[j].fd] = true;
				else if ((size_t)p->fds[j].fd >= out->n)
					out->n = (size_t)p->fds[j].fd + 1;
			}
		}
		if (!fill)
			out->fds = arena_calloc(a, out->n + 1, sizeof(*out->fds));
	}
}

/* An upgrade deletes the file of a running program, and its new copy is the same one. */
static bool runs_another_program(const struct process *a, const struct process *b)
{
	static const char suffix[] = " (deleted)";
	size_t n, m, cut = strlen(suffix);
	bool forked = process_knows(a, FACT_LAYOUT) && process_knows(b, FACT_LAYOUT) &&
		      !memcmp(&a->layout, &b->layout, sizeof(a->layout));

	if (!a->exe || !b->exe || forked)
		return false;
	n = strlen(a->exe);
	m = strlen(b->exe);
	n -= n > cut && !strcmp(a->exe + n - cut, suffix) ? cut : 0;
	m -= m > cut && !strcmp(b->exe + m - cut, suffix) ? cut : 0;
	return n != m || memcmp(a->exe, b->exe, n);
}

static bool is_same(const struct snapshot *s, const struct process *a, const struct descriptor *x,
		    const struct process *b, const struct descriptor *y)
{
	if (x->kind != y->kind)
		return false;
	switch (x->kind) {
	case FD_SOCKET:
		return x->inode && x->inode == y->inode;
	case FD_PIPE:
		return x->inode == y->inode && x->mode == y->mode;
	case FD_FILE:
		return snapshot_same_file(s, a->id.pid, x->fd, b->id.pid, y->fd);
	case FD_UNREADABLE:
	case FD_DEVICE:
	case FD_MEMFD:
	case FD_ANON:
	case FD_OTHER:
		break;
	}
	return false;
}

static bool may_have_given(const struct scene *scene, const struct process *giver,
			   const struct process *child, const struct descriptor *d)
{
	const struct member *m = family_find(scene->family, giver);
	const struct descriptor *theirs = process_fd(giver, d->fd);

	return m && fd_list_wanted(m) && theirs && theirs->cloexec == CLOEXEC_CLEAR &&
	       giver->id.start_ticks <= child->id.start_ticks &&
	       is_same(scene->snapshot, giver, theirs, child, d);
}

/* Of those still below the target, the oldest: whoever made it is older than whoever got it. */
static const struct process *giver_of_orphan(const struct scene *scene, const struct process *child,
					     const struct descriptor *d)
{
	const struct process *oldest = NULL;

	for (size_t i = 0; i < scene->family->member_n; i++) {
		const struct member *m = &scene->family->members[i];

		if ((m->relation == REL_TARGET || m->relation == REL_DESCENDANT) &&
		    m->process != child && may_have_given(scene, m->process, child, d) &&
		    (!oldest || m->process->id.start_ticks < oldest->id.start_ticks))
			oldest = m->process;
	}
	return oldest;
}

/* None that is younger than its child, nor of equal age with a higher number: a record may
 * hold anything, and no chain of parents may go round in circles. */
static const struct process *parent_of(const struct snapshot *s, const struct process *p)
{
	const struct process *above = snapshot_parent(s, p);

	if (!above || above->id.start_ticks > p->id.start_ticks)
		return NULL;
	return above->id.start_ticks < p->id.start_ticks || above->id.pid < p->id.pid ? above : NULL;
}

/* *nearest: the one it has it from; returns the topmost that holds it, or NULL. */
static const struct process *giver_of(const struct scene *scene, const struct process *child,
				      const struct descriptor *d, const struct process **nearest)
{
	const struct process *p = child, *above, *top = NULL;
	const struct member *root;

	*nearest = NULL;
	while ((above = parent_of(scene->snapshot, p)) && family_find(scene->family, above)) {
		p = above;
		if (!may_have_given(scene, p, child, d))
			continue;
		*nearest = *nearest ? *nearest : p;
		top = p;
	}
	root = family_find(scene->family, p);
	if (root && root->relation == REL_ORPHAN) {
		above = giver_of_orphan(scene, child, d);
		*nearest = *nearest ? *nearest : above;
		top = above ? above : top;
	}
	return top;
}

/* Somebody above it holds the same, or announced it to it. */
static bool from_outside(const struct scene *scene, const struct process *giver, int fd)
{
	const struct descriptor *d = process_fd(giver, fd);
	const struct process *p = giver, *above;

	if (announced_by_environ(giver, giver, fd))
		return true;
	while ((above = parent_of(scene->snapshot, p))) {
		p = above;
		for (size_t i = 0; i < p->fd_n; i++)
			if (is_same(scene->snapshot, p, &p->fds[i], giver, d))
				return true;
	}
	return false;
}

static bool is_of_shells(const struct process *p, int fd)
{
	return process_is_shell(p) && (fd == SHELL_SCRIPT || (fd >= SHELL_SUBSTITUTION_FIRST &&
						      fd <= SHELL_SUBSTITUTION_LAST));
}

/* A thread that is at work on it: blocked in accept, read and the like. */
static bool is_in_use(const struct process *p, int fd)
{
	for (size_t i = 0; i < p->task_n; i++)
		if ((p->tasks[i].doing == TASK_READING || p->tasks[i].doing == TASK_WRITING) &&
		    p->tasks[i].fd == fd)
			return true;
	return false;
}

/* A copy keeps nothing open that the one it was told of does not. */
static bool is_copy_of_announced(const struct process *p, const struct process *giver,
				 const struct descriptor *d)
{
	for (size_t i = 0; i < p->fd_n; i++) {
		const struct descriptor *other = &p->fds[i];

		if (other != d && d->inode && other->kind == d->kind && other->inode == d->inode &&
		    (other->fd <= 2 || announced_by_environ(p, giver, other->fd) ||
		     announced_by_command(p, other->fd)))
			return true;
	}
	return false;
}

static void look_at(const struct scene *scene, const struct process *p,
		    const struct descriptor *d, struct arena *a, struct hits *out)
{
	const struct socket_info *info = d->kind == FD_SOCKET ?
		snapshot_socket(scene->snapshot, d->inode) : NULL;
	const struct process *nearest, *giver = giver_of(scene, p, d, &nearest);
	struct hit hit = { .d = d, .giver = giver };

	if (!giver || !runs_another_program(p, nearest) || is_in_use(p, d->fd) ||
	    announced_by_environ(p, giver, d->fd) || announced_by_command(p, d->fd) ||
	    is_of_shells(p, d->fd) || is_of_shells(nearest, d->fd) || is_of_shells(giver, d->fd))
		return;
	hit.listening = info && info->listening ? info : NULL;
	hit.sure = !from_outside(scene, giver, d->fd);
	if ((!hit.sure && !hit.listening) || is_copy_of_announced(p, giver, d))
		return;
	*(struct hit *)arena_push(a, &out->list, &out->n, &out->room, sizeof(hit)) = hit;
}

static const char *name_of(struct arena *a, const struct hit *h)
{
	char buf[DESCRIPTOR_LINK_SIZE];
	const char *link = descriptor_link(h->d, buf);

	if (!h->listening)
		return arena_printf(a, "%s (fd %d)", link ? link : "?", h->d->fd);
	if (h->listening->family == SOCKET_TCP)
		return arena_printf(a, "listening tcp port %u (fd %d)", h->listening->port, h->d->fd);
	return arena_printf(a, "a listening unix socket (fd %d)", h->d->fd);
}

static bool alike(const struct hit *a, const struct hit *b)
{
	return !b->told && a->giver == b->giver && !a->listening == !b->listening &&
	       a->sure == b->sure;
}

static const char *sentence(struct arena *a, struct hits *hits, size_t first, struct fd_list *fds)
{
	const struct hit *h = &hits->list[first];
	const char *names = NULL;

	for (size_t i = first; i < hits->n; i++) {
		if (!alike(h, &hits->list[i]))
			continue;
		if (fds->n < NAMED_MOST)
			names = arena_printf(a, "%s%s%s", names ? names : "", names ? ", " : "",
					     name_of(a, &hits->list[i]));
		fd_list_add(fds, hits->list[i].d->fd);
	}
	for (size_t i = hits->n; i > first; i--)
		hits->list[i - 1].told |= alike(h, &hits->list[i - 1]);
	if (fds->n > NAMED_MOST)
		names = arena_printf(a, "%s and %zu more", names, fds->n - NAMED_MOST);
	return arena_printf(a, "holds %s because %d (%s) opened %s without close-on-exec; nothing told it of %s%s",
			    names, h->giver->id.pid, h->giver->comm, fds->n == 1 ? "it" : "them",
			    fds->n == 1 ? "the number" : "the numbers",
			    h->sure ? "" : "; but that one may have been given it for all below");
}

static void tell(const struct scene *scene, const struct member *m, struct hits *hits, size_t first,
		 struct findings *out)
{
	struct fd_list fds = { .arena = out->arena };
	const struct process *p = m->process;
	const struct hit h = hits->list[first];
	struct finding *f = findings_add(out, KIND_INHERITED_FD, p);
	bool leak = h.listening && h.sure && !process_is_shell(h.giver) && p->command &&
		    process_knows(p, FACT_ENVIRON) &&
		    snapshot_age_ns(scene->snapshot, p) >= scene->policy->min_age_ns;

	f->message = sentence(out->arena, hits, first, &fds);
	fd_list_give(&fds, f);
	f->culprit = h.giver;
	f->confidence = m->confidence;
	f->severity = fd_list_severity(m, leak ? SEV_WARNING : SEV_INFO);
	f->remedy = leak ? REMEDY_FIX_APP : REMEDY_NONE;
	f->advice = h.listening ?
		"open it with SOCK_CLOEXEC in the parent: as it is, the port stays taken for as long as the child runs" :
		"open it with O_CLOEXEC in the parent, or let the child be started with all above stdio closed";
}

static void judge(const struct scene *scene, const struct member *m, const struct clear *clear,
		  struct findings *out)
{
	const struct process *p = m->process;
	struct hits hits = { .n = 0 };

	for (size_t i = 0; i < p->fd_n; i++)
		if (p->fds[i].fd > 2 && (size_t)p->fds[i].fd < clear->n && clear->fds[p->fds[i].fd])
			look_at(scene, p, &p->fds[i], out->arena, &hits);
	for (size_t i = 0; i < hits.n; i++)
		if (!hits.list[i].told)
			tell(scene, m, &hits, i, out);
}

void detect_inherited_fd(const struct scene *scene, struct findings *out)
{
	struct clear clear;

	/* it takes the arguments and environments of all who are above and below */
	if (scene->family->target->kind == TARGET_ALL)
		return;
	find_clear(scene->family, out->arena, &clear);
	for (size_t i = 0; clear.n && i < scene->family->member_n; i++)
		if (fd_list_wanted(&scene->family->members[i]))
			judge(scene, &scene->family->members[i], &clear, out);
}
