/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots with anything in them that a record can hold, and whether two are alike. */
#include "random_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static unsigned seed;

void dice_seed(unsigned s)
{
	seed = s;
}

unsigned dice(unsigned sides)
{
	return (unsigned)rand_r(&seed) % sides;
}

static uint64_t random_u64(void)
{
	uint64_t x = ((uint64_t)rand_r(&seed) << 42) ^ ((uint64_t)rand_r(&seed) << 21) ^
		     (uint64_t)rand_r(&seed);

	return dice(3) ? x >> dice(64) : 0;
}

static int64_t random_i64(void)
{
	return dice(3) ? (int64_t)random_u64() : -1;
}

static bool random_flag(void)
{
	return dice(2);
}

static char *random_text(struct arena *a)
{
	size_t n = dice(40), i;
	char *text = arena_alloc(a, n + 1);

	if (!dice(4))
		return NULL;
	for (i = 0; i < n; i++)
		text[i] = (char)(1 + dice(255));
	return text;
}

static struct look random_look(void)
{
	return (struct look){ random_u64() + 1, (char)(1 + dice(255)),
			      (pid_t)dice(1 << 22), random_u64(), random_i64(),
			      random_i64(), random_i64() };
}

static void random_depth(struct descriptor *d)
{
	static const pid_t watched[] = { -1, 1, 1 << 22 };

	d->cloexec = (enum fd_cloexec)dice(3);
	d->readers = (uint8_t)dice(256);
	d->writers = (uint8_t)dice(256);
	d->file_id = random_u64();
	switch (dice(5)) {
	case 0:
		d->watched_pid = watched[dice(3)];
		d->has_watched = true;
		break;
	case 1:
		d->has_watches = true;
		d->watches = (uint32_t)random_u64();
		break;
	case 2:
		d->has_size = true;
		d->size_bytes = random_u64();
		break;
	case 3:
		d->has_queue = true;
		d->queued_bytes = (uint32_t)random_u64();
		d->capacity_bytes = (uint32_t)random_u64();
		break;
	}
}

static void random_tasks(struct snapshot *s, struct process *p)
{
	struct task *tasks = NULL;
	size_t room = 0;

	for (unsigned i = dice(4); i > 0; i--) {
		struct task *t = arena_push(s->arena, &tasks, &p->task_n, &room, sizeof(*t));

		*t = (struct task){ 1 + (pid_t)dice(1 << 22), (char)(1 + dice(255)),
				    (enum task_doing)dice(TASK_LOCKING + 1),
				    (int)dice(100) - 1, random_flag(), random_flag(), 0 };
		t->since_ns = t->has_since ? random_u64() : 0;
	}
	p->tasks = tasks;
}

static void random_series(struct snapshot *s)
{
	struct series *n = arena_push(s->arena, &s->series, &s->series_n, &s->series_room,
				      sizeof(*n));
	uint64_t at_ns = 0;

	n->id = (struct process_id){ 1 + (pid_t)dice(1 << 22), 1 + random_u64() / 2 };
	n->kind = (enum series_kind)dice(3);
	n->between_checks = dice(2);
	n->fd_kind = (enum fd_kind)dice(FD_OTHER + 1);
	n->anon = random_text(s->arena);
	for (unsigned i = 1 + dice(9); i > 0; i--) {
		at_ns += random_u64() >> 8;
		*(struct sample *)arena_push(s->arena, &n->samples, &n->n, &n->room,
					     sizeof(*n->samples)) =
			(struct sample){ at_ns, random_i64() };
	}
}

static void random_process(struct snapshot *s, pid_t pid)
{
	struct process *p = snapshot_add(s, (struct process_id){ pid, random_u64() });
	size_t fd_room = 0, environ_room = 0;
	struct descriptor *fds = NULL;
	const char **environ_list = NULL;
	unsigned i;

	p->pgid = (pid_t)dice(1 << 22);
	p->sid = (pid_t)dice(1 << 22);
	for (i = dice(64); i > 0; i--)
		p->comm[i - 1] = (char)(1 + dice(255));
	p->kernel_thread = random_flag();
	p->gone = random_flag();
	p->threads = (uint32_t)random_u64();
	p->wait_status = (int)dice(70000) - 1;
	p->now = random_look();
	if (dice(2))
		p->before = random_look();
	p->read = dice(1u << FACT_N);
	p->denied = dice(1u << FACT_N);
	p->stalled = dice(1u << FACT_N);
	p->uid = (uid_t)random_u64();
	p->gid = (gid_t)random_u64();
	p->tracer = (pid_t)dice(1 << 22);
	p->ns_depth = dice(33);
	p->ns_pid = (pid_t)dice(1 << 22);
	p->sig_pending = random_u64();
	p->sig_blocked = random_u64();
	p->sig_ignored = random_u64();
	p->sig_caught = random_u64();
	p->nofile_soft = random_u64();
	p->nofile_hard = random_u64();
	p->locks_soft = random_u64();
	p->locks_hard = dice(2) ? LIMIT_UNLIMITED : random_u64();
	p->exec_start_ns = random_u64();
	p->cgroup = random_text(s->arena);
	p->cwd = random_text(s->arena);
	for (i = 0; i < NS_N; i++)
		p->namespaces[i] = random_u64();
	p->layout = (struct layout){ random_u64(), random_u64(), random_u64(),
				     random_u64(), random_u64() };
	p->command = random_text(s->arena);
	p->exe = random_text(s->arena);
	p->user = random_text(s->arena);
	p->group = random_text(s->arena);
	p->unit = random_text(s->arena);
	for (i = dice(5); i > 0; i--) {
		struct descriptor *d = arena_push(s->arena, &fds, &p->fd_n, &fd_room,
						  sizeof(*d));

		d->fd = (int)dice(1 << 20);
		d->kind = (enum fd_kind)dice(FD_OTHER + 1);
		d->mode = (enum fd_mode)dice(FD_READ_WRITE + 1);
		d->deleted = random_flag();
		d->locked = random_flag();
		d->inode = random_u64();
		d->target = random_text(s->arena);
		random_depth(d);
	}
	for (i = 0; i < p->fd_n; i++)
		if (!fds[i].target && fds[i].kind != FD_PIPE && fds[i].kind != FD_SOCKET)
			fds[i].kind = FD_UNREADABLE;
	p->fds = fds;
	random_tasks(s, p);
	for (i = dice(5); i > 0; i--) {
		static const char *const names[] = { "LEAKSCAN_ID", "BUILD_ID", "X" };
		const char *text = random_text(s->arena);
		const char *value = text ? text : "";

		*(const char **)arena_push(s->arena, &environ_list, &p->environ_n,
					   &environ_room, sizeof(value)) =
			arena_printf(s->arena, "%s=%s", names[dice(3)], value);
	}
	p->environ = environ_list;
}

static void random_socket(struct snapshot *s, uint64_t inode)
{
	struct socket_info *i = arena_push(s->arena, &s->sockets, &s->socket_n,
					   &s->socket_room, sizeof(*i));

	i->inode = inode;
	i->family = (enum socket_family)dice(3);
	i->peer_inode = random_u64();
	i->named = random_flag();
	i->listening = random_flag();
	i->port = (uint16_t)dice(65536);
	i->tcp_state = (uint8_t)dice(256);
	i->unread_bytes = (uint32_t)random_u64();
	i->has_idle = random_flag();
	i->idle_ms = i->has_idle ? (uint32_t)random_u64() : 0;
	i->peer = random_text(s->arena);
}

struct snapshot *random_snapshot(void)
{
	struct snapshot *s = snapshot_new(0);
	unsigned i, n = dice(6);
	pid_t pid = 0;

	s->host = random_text(s->arena);
	s->boot_id = random_text(s->arena);
	s->wall_s = random_i64();
	s->now_ns = random_u64();
	s->sched_now_ns = random_u64();
	s->hz = 1 + dice(1000);
	s->self = (pid_t)dice(1 << 22);
	s->initial_pid_ns = random_flag();
	s->uid = (uid_t)random_u64();
	s->coverage = (struct coverage){
		random_text(s->arena), random_flag(), random_i64(), (uint32_t)random_u64(),
		random_flag(),
		(uint32_t)random_u64(), random_flag(), random_flag(), random_flag(),
		(uint32_t)random_u64(), random_flag(), random_flag(), random_flag(),
		random_flag(), random_flag(), random_u64()
	};
	for (i = 0; i < n; i++)
		random_process(s, pid += 1 + (pid_t)dice(1000));
	for (i = 0; i < n; i++)
		random_socket(s, 1 + i * 3);
	for (i = 0; i < n; i++)
		random_series(s);
	for (i = 0; i < n; i++)
		*(struct same_file *)arena_push(s->arena, &s->same, &s->same_n,
						&s->same_room, sizeof(*s->same)) =
			(struct same_file){ 1 + (pid_t)dice(99), (int)dice(99),
					    1 + (pid_t)dice(99), (int)dice(99) };
	snapshot_sort(s);
	return s;
}

/* Fields, not only bytes: two wrongs of writer and reader could cancel out. */
void compare(const struct process *a, const struct process *b)
{
	ck_assert(process_id_same(a->id, b->id));
	ck_assert(a->pgid == b->pgid && a->sid == b->sid && !strcmp(a->comm, b->comm));
	ck_assert(a->kernel_thread == b->kernel_thread && a->gone == b->gone);
	ck_assert(a->threads == b->threads && a->wait_status == b->wait_status);
	ck_assert(a->now.at_ns == b->now.at_ns && a->now.state == b->now.state &&
		  a->now.ppid == b->now.ppid && a->now.cpu_ticks == b->now.cpu_ticks &&
		  a->now.read_bytes == b->now.read_bytes &&
		  a->now.written_bytes == b->now.written_bytes &&
		  a->now.fd_count == b->now.fd_count);
	ck_assert(a->before.at_ns == b->before.at_ns &&
		  a->before.state == b->before.state &&
		  a->before.ppid == b->before.ppid &&
		  a->before.cpu_ticks == b->before.cpu_ticks &&
		  a->before.read_bytes == b->before.read_bytes &&
		  a->before.written_bytes == b->before.written_bytes &&
		  a->before.fd_count == b->before.fd_count);
	ck_assert(a->read == b->read && a->denied == b->denied &&
		  a->stalled == b->stalled);
	ck_assert(a->uid == b->uid && a->gid == b->gid && a->tracer == b->tracer &&
		  a->ns_depth == b->ns_depth && a->ns_pid == b->ns_pid);
	ck_assert(a->sig_pending == b->sig_pending && a->sig_blocked == b->sig_blocked &&
		  a->sig_ignored == b->sig_ignored && a->sig_caught == b->sig_caught);
	ck_assert(a->nofile_soft == b->nofile_soft && a->nofile_hard == b->nofile_hard &&
		  a->locks_soft == b->locks_soft && a->locks_hard == b->locks_hard);
	ck_assert_uint_eq(a->exec_start_ns, b->exec_start_ns);
	ck_assert(!memcmp(a->namespaces, b->namespaces, sizeof(a->namespaces)));
	ck_assert(!memcmp(&a->layout, &b->layout, sizeof(a->layout)));
	ck_assert_pstr_eq(a->cgroup, b->cgroup);
	ck_assert_pstr_eq(a->cwd, b->cwd);
	ck_assert_pstr_eq(a->command, b->command);
	ck_assert_pstr_eq(a->exe, b->exe);
	ck_assert_pstr_eq(a->user, b->user);
	ck_assert_pstr_eq(a->group, b->group);
	ck_assert_pstr_eq(a->unit, b->unit);
	ck_assert_uint_eq(a->environ_n, b->environ_n);
	ck_assert_uint_eq(a->fd_n, b->fd_n);
	for (size_t i = 0; i < a->fd_n; i++) {
		const struct descriptor *c = &a->fds[i], *d = &b->fds[i];

		ck_assert(c->fd == d->fd && c->kind == d->kind && c->mode == d->mode &&
			  c->deleted == d->deleted && c->locked == d->locked &&
			  c->inode == d->inode);
		ck_assert_pstr_eq(c->target, d->target);
		ck_assert(c->cloexec == d->cloexec && c->has_watched == d->has_watched &&
			  c->has_watches == d->has_watches && c->has_size == d->has_size &&
			  c->has_queue == d->has_queue);
		ck_assert(!c->has_watched || c->watched_pid == d->watched_pid);
		ck_assert(!c->has_watches || c->watches == d->watches);
		ck_assert(!c->has_size || c->size_bytes == d->size_bytes);
		ck_assert(!c->has_queue || (c->queued_bytes == d->queued_bytes &&
					    c->capacity_bytes == d->capacity_bytes));
		ck_assert(c->readers == d->readers && c->writers == d->writers &&
			  c->file_id == d->file_id);
	}
	ck_assert_uint_eq(a->task_n, b->task_n);
	for (size_t i = 0; i < a->task_n; i++) {
		const struct task *t = &a->tasks[i], *u = &b->tasks[i];

		ck_assert(t->tid == u->tid && t->state == u->state && t->doing == u->doing &&
			  t->fd == u->fd && t->in_pipe == u->in_pipe &&
			  t->has_since == u->has_since && t->since_ns == u->since_ns);
	}
}

void compare_sockets(const struct snapshot *a, const struct snapshot *b)
{
	ck_assert_uint_eq(a->socket_n, b->socket_n);
	for (size_t i = 0; i < a->socket_n; i++) {
		const struct socket_info *s = &a->sockets[i], *t = &b->sockets[i];

		ck_assert(s->inode == t->inode && s->family == t->family &&
			  s->peer_inode == t->peer_inode && s->named == t->named &&
			  s->listening == t->listening && s->port == t->port);
		ck_assert(s->tcp_state == t->tcp_state &&
			  s->unread_bytes == t->unread_bytes &&
			  s->has_idle == t->has_idle && s->idle_ms == t->idle_ms);
		ck_assert_pstr_eq(s->peer, t->peer);
	}
}

void compare_series(const struct snapshot *a, const struct snapshot *b)
{
	ck_assert_uint_eq(a->series_n, b->series_n);
	for (size_t i = 0; i < a->series_n; i++) {
		const struct series *s = &a->series[i], *t = &b->series[i];

		ck_assert(process_id_same(s->id, t->id) && s->kind == t->kind &&
			  s->fd_kind == t->fd_kind && s->between_checks == t->between_checks &&
			  s->n == t->n);
		ck_assert_pstr_eq(s->anon, t->anon);
		for (size_t j = 0; j < s->n; j++)
			ck_assert(s->samples[j].at_ns == t->samples[j].at_ns &&
				  s->samples[j].value == t->samples[j].value);
	}
}
