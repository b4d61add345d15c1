/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small worlds for the views.  Times are fixed: the machine is up for 10 hours, ticks are
 * 100 a second, and the first look was on 1 March 2024 at 12:00:00 UTC.
 */
#include "view_scenes.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define UP_S 36000
#define NS UINT64_C(1000000000)

struct world {
	struct snapshot *s;
	struct report *r;
	struct target *target;
};

static struct process *person(struct world *w, pid_t pid, pid_t ppid, unsigned age_s,
			      char state, const char *command)
{
	struct process_id id = { pid, (uint64_t)(UP_S - age_s) * 100 };
	struct process *p = snapshot_add(w->s, id);
	const char *blank = command ? strpbrk(command, " \n") : NULL;
	size_t n = command ? blank ? (size_t)(blank - command) : strlen(command) : 0;

	p->now = p->before = (struct look){
		.at_ns = w->s->now_ns, .state = state, .ppid = ppid, .read_bytes = -1,
		.written_bytes = -1, .fd_count = state == 'Z' ? -1 : 4,
	};
	p->threads = 1;
	p->pgid = p->sid = 4711;
	p->user = "app";
	p->command = command;
	memcpy(p->comm, command ? command : "", n < 15 ? n : 15);
	p->read = FACT_BIT(FACT_LIMITS) | FACT_BIT(FACT_FDS) | FACT_BIT(FACT_DETAILS);
	p->nofile_soft = 1024;
	p->nofile_hard = 4096;
	return p;
}

static struct process *corpse(struct world *w, pid_t pid, pid_t ppid, unsigned age_s,
			      const char *comm, int wait_status)
{
	struct process *p = person(w, pid, ppid, age_s, 'Z', NULL);

	memcpy(p->comm, comm, strlen(comm) + 1);
	p->wait_status = wait_status;
	return p;
}

/* After the last process: snapshot_add() may have moved them. */
static struct process *at(struct world *w, pid_t pid)
{
	struct process *p = snapshot_find(w->s, pid);

	if (!p)
		abort();
	return p;
}

static struct member *belongs(struct world *w, pid_t pid, enum relation relation,
			      enum confidence confidence)
{
	struct family *f = &w->r->family;
	struct member *m = arena_push(w->r->arena, &f->members, &f->member_n,
				      &f->member_room, sizeof(*m));

	m->process = at(w, pid);
	m->relation = relation;
	m->confidence = confidence;
	return m;
}

static void because(struct world *w, struct member *m, enum evidence_type type,
		    enum confidence strength, const char *detail)
{
	struct evidence *e = arena_push(w->r->arena, &m->evidence, &m->evidence_n,
					&m->evidence_room, sizeof(*e));

	*e = (struct evidence){ type, strength, detail };
}

static struct finding *finds(struct world *w, enum kind kind, pid_t pid,
			     enum severity severity, const char *message,
			     const char *advice)
{
	struct finding *f = findings_add(&w->r->findings, kind, at(w, pid));
	const struct member *m = family_find(&w->r->family, f->subject);

	f->severity = severity;
	f->message = message;
	f->advice = advice;
	f->remedy = kind == KIND_ORPHAN ? REMEDY_TERMINATE : REMEDY_FIX_APP;
	if (m) {
		f->confidence = m->confidence;
		f->evidence = m->evidence;
		f->evidence_n = m->evidence_n;
		f->intent = m->intent;
	}
	return f;
}

static void holds(struct world *w, struct finding *f, enum holding_kind kind, int fd,
		  const char *what)
{
	struct holding *h = arena_push(w->r->arena, &f->holds, &f->hold_n, &f->hold_room,
				       sizeof(*h));

	*h = (struct holding){ kind, fd, what };
}

static void aims(struct world *w, enum target_kind kind, const char *selector, pid_t pid)
{
	w->target->kind = kind;
	w->target->selector = selector;
	w->target->pid = pid;
	w->target->process = pid ? snapshot_find(w->s, pid) : NULL;
}

static void people_else(struct world *w)
{
	person(w, 1, 0, UP_S, 'S', "/sbin/init")->user = "root";
	person(w, 900, 1, UP_S - 100, 'S', "/usr/sbin/sshd -D")->user = "root";
}

static void dead_orphan(struct world *w)
{
	struct member *m;
	struct finding *f;

	people_else(w);
	person(w, 4790, 1, 123, 'S',
	       "ffmpeg -i https://example.org/stream.m3u8 -c copy out.mp4");
	person(w, 4791, 4790, 120, 'R', "ffmpeg-helper --threads 4");
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	m = belongs(w, 4790, REL_ORPHAN, CONF_EXACT);
	because(w, m, EV_SESSION, CONF_EXACT, "session 4711 was led by the target");
	because(w, m, EV_PGRP, CONF_STRONG, "process group 4711 was led by the target");
	because(w, m, EV_STDIO, CONF_WEAK,
		"descriptor 2 is /dev/pts/3, as in the session");
	because(w, m, EV_ADOPTED, CONF_WEAK, "parent is 1 (/sbin/init), a reaper");
	belongs(w, 4791, REL_ORPHAN_DESCENDANT, CONF_EXACT);
	f = finds(
		w, KIND_ORPHAN, 4790, SEV_CRITICAL,
		"runs on under 1 (/sbin/init) since its parent has exited",
		"Terminate it: kill -TERM 4790; then let the application end its children itself.");
	f->active = true;
	f->activity = "12.4 MB/s written, 31 % of a CPU";
	holds(w, f, HOLD_PIPE, 1, "write end of pipe:[81234], whose reader is gone");
	holds(w, f, HOLD_PORT, 5, "tcp port 8080");
	w->s->coverage.stalled = 2;
	at(w, 900)->denied = FACT_BIT(FACT_FDS) | FACT_BIT(FACT_ENVIRON);
}

static void live_zombies(struct world *w)
{
	struct member *m;
	struct finding *f;

	people_else(w);
	person(w, 4711, 900, 7200, 'S', "gunicorn: master [shop.wsgi]")->now.fd_count =
		950;
	for (int i = 0; i < 8; i++)
		person(w, 4720 + i, 4711, 7190, 'S', "gunicorn: worker [shop.wsgi]");
	person(w, 4750, 1, 300, 'S', "tail -F /var/log/shop.log");
	for (int i = 0; i < 40; i++)
		corpse(w, 4800 + i, 4711, (unsigned)(3600 - 10 * i), "convert",
		       i % 3 ? 0 : i % 2 ? 9 : 22 << 8);
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	for (int i = 0; i < 8; i++) {
		m = belongs(w, 4720 + i, REL_DESCENDANT, CONF_EXACT);
		because(w, m, EV_PPID, CONF_EXACT, "parent is the target");
	}
	for (int i = 0; i < 40; i++) {
		m = belongs(w, 4800 + i, REL_DESCENDANT, CONF_EXACT);
		because(w, m, EV_PPID, CONF_EXACT, "parent is the target");
	}
	m = belongs(w, 4750, REL_ORPHAN, CONF_STRONG);
	because(w, m, EV_ENVIRON, CONF_STRONG,
		"SHOP_RUN=7d0d9e51a7f04b2c is in the target's environment and in no other");
	for (int i = 0; i < 40; i++) {
		f = finds(
			w, KIND_ZOMBIE, 4800 + i, SEV_WARNING,
			"exited and was never waited for: 4711 leaves SIGCHLD at its default",
			"Call waitpid() for every child, or ignore SIGCHLD.");
		f->culprit = at(w, 4711);
		f->has_age = true;
		f->age_seconds = 3599.5 - 10 * i;
		f->remedy = REMEDY_NUDGE_PARENT;
	}
	finds(w, KIND_ORPHAN, 4750, SEV_WARNING,
	      "runs on under 1 (/sbin/init) since its parent has exited",
	      "Terminate it.");
	f = finds(w, KIND_FD_LIMIT, 4711, SEV_WARNING,
		  "has 950 of 1024 descriptors open (93 %), most of them sockets",
		  "Find what is opened and never closed.");
	f->has_value = true;
	f->value = 950;
	f->unit = "descriptors";
	w->s->coverage.threads_kernel = 60;
}

static void clean(struct world *w)
{
	people_else(w);
	person(w, 4711, 900, 7200, 'S', "/usr/bin/python3 /srv/app/main.py --port 8080");
	person(w, 4712, 4711, 30, 'R', "git fetch --quiet origin");
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	belongs(w, 4712, REL_DESCENDANT, CONF_EXACT);
}

static void nothing_left(struct world *w)
{
	people_else(w);
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
}

static void blind(struct world *w)
{
	people_else(w);
	person(w, 4711, 900, 7200, 'S', "/usr/bin/python3 /srv/app/main.py --port 8080");
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	w->r->complete = false;
	w->r->blind_to = BLIND_MACHINE | BLIND_CANDIDATES;
	w->r->blind[w->r->blind_n++] =
		"/proc is mounted with hidepid: other users' processes are hidden";
	w->r->blind[w->r->blind_n++] =
		"the environments of 14 processes of user app could not be read";
	w->r->family.unjudged = w->r->family.unjudged_same_user = 14;
	w->s->coverage.hidepid = true;
	w->s->coverage.walk_cut = true;
	w->s->coverage.pid1_visible = false;
}

/* What a process can put into a report, in every field that it controls. */
#define EVIL                                        \
	"\x1b[2J\x1b]0;owned\a\n| a=1 \xe2\x80\xae" \
	"gpj.exe\xe2\x80\xac \xff\xc2\x9b\x7f\\x"

static void hostile(struct world *w)
{
	struct member *m;
	struct finding *f;

	people_else(w);
	person(w, 4711, 900, 7200, 'S', "python3 " EVIL)->user = EVIL;
	person(w, 4712, 1, 60, 'R', "curl\n" EVIL " end");
	corpse(w, 4713, 4711, 30, "a|b=9\n\x1b[31m", 0);
	snapshot_sort(w->s);
	aims(w, TARGET_NAME, "name=" EVIL, 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	m = belongs(w, 4712, REL_ORPHAN, CONF_STRONG);
	because(w, m, EV_ENVIRON, CONF_STRONG, "X=" EVIL " is the target's too");
	belongs(w, 4713, REL_DESCENDANT, CONF_EXACT);
	f = finds(w, KIND_ORPHAN, 4712, SEV_CRITICAL, "runs on under " EVIL,
		  "Terminate " EVIL ".");
	f->active = true;
	f->activity = EVIL;
	holds(w, f, HOLD_LOCK, 7, "lock on /tmp/" EVIL);
	f = finds(w, KIND_ZOMBIE, 4713, SEV_WARNING, "was " EVIL, "Wait for it.");
	f->culprit = at(w, 4712);
	w->r->complete = false;
	w->r->blind_to = BLIND_TARGET;
	w->r->blind[w->r->blind_n++] = "denied: " EVIL;
	w->s->replayed = true;
	w->s->host = EVIL;
}

static void all(struct world *w)
{
	struct finding *f;

	people_else(w);
	person(w, 2000, 900, 5000, 'S',
	       "/opt/queue/runner --config /etc/queue/runner.toml");
	corpse(w, 2001, 2000, 4000, "job", 0);
	corpse(w, 2002, 2000, 3000, "job", 1 << 8);
	corpse(w, 2003, 2000, 2000, "mail", -1);
	person(w, 3000, 1, 90000 < UP_S ? 90000 : 30000, 'R', "yes");
	person(w, 3100, 1, 500, 'S', "java -jar app.jar")->now.state = 'Z';
	snapshot_sort(w->s);
	at(w, 3100)->threads = 17;
	aims(w, TARGET_ALL, "all", 0);
	belongs(w, 3000, REL_ORPHAN, CONF_STRONG);
	finds(w, KIND_ORPHAN, 3000, SEV_CRITICAL,
	      "burns a core under 1 (/sbin/init), and nobody holds the other end of its output",
	      "Terminate it.")
		->active = true;
	for (pid_t pid = 2001; pid <= 2003; pid++) {
		f = finds(w, KIND_ZOMBIE, pid, SEV_WARNING,
			  "exited and was never waited for: 2000 blocks SIGCHLD",
			  "Unblock SIGCHLD, or call waitpid() in the main loop.");
		f->culprit = at(w, 2000);
		f->has_age = pid != 2003;
		f->age_seconds = pid == 2001 ? 3900 : 2900;
	}
	finds(w, KIND_DEAD_LEADER, 3100, SEV_WARNING,
	      "its first thread has exited, 16 others run on: it cannot be reaped yet",
	      "Let the main thread wait for the others.");
	f = finds(w, KIND_FD_LIMIT, 2000, SEV_INFO, "has 4 of 1024 descriptors open",
		  "Nothing.");
	f->has_value = true;
	f->value = 4;
	f->unit = "descriptors";
}

static void wide(struct world *w)
{
	struct member *m;

	people_else(w);
	person(w, 4711, 900, 7200, 'S',
	       "\xe3\x82\xb5\xe3\x83\xbc\xe3\x83\x90\xe3\x83\xbc --\xe8\xa8\xad\xe5\xae\x9a "
	       "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e/\xe3\x83\x95\xe3\x82\xa1\xe3\x82\xa4\xe3\x83\xab.conf");
	person(w, 4712, 1, 60, 'S',
	       "\xf0\x9f\x93\xa6 e\xcc\x81t\xc3\xa9 \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4 "
	       "\xe4\xb8\x8b\xe8\xbd\xbd\xe4\xb8\x8b\xe8\xbd\xbd\xe4\xb8\x8b\xe8\xbd\xbd\xe4\xb8\x8b\xe8\xbd\xbd\xe4\xb8\x8b\xe8\xbd\xbd");
	person(w, 4713, 4712, 50, 'S', "plain");
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	m = belongs(w, 4712, REL_ORPHAN, CONF_EXACT);
	because(w, m, EV_SESSION, CONF_EXACT, "session 4711 is led by the target");
	belongs(w, 4713, REL_ORPHAN_DESCENDANT, CONF_EXACT);
	finds(w, KIND_ORPHAN, 4712, SEV_WARNING,
	      "runs on under 1 (/sbin/init) since its parent has exited",
	      "Terminate it.");
}

static void daemons(struct world *w)
{
	struct member *m;

	people_else(w);
	person(w, 4712, 1, 600, 'S', "ssh-agent -s");
	person(w, 4713, 1, 500, 'S', "/usr/bin/python3 watcher.py");
	person(w, 4714, 1, 400, 'S', "sleep 1000");
	snapshot_sort(w->s);
	aims(w, TARGET_UNIT, "unit=shop.service", 0);
	m = belongs(w, 4712, REL_ORPHAN, CONF_EXACT);
	m->intent = INTENT_DAEMON;
	m->intent_why = "ssh-agent is a known daemon";
	m->detached = true;
	because(w, m, EV_UNIT, CONF_EXACT, "unit shop.service");
	m = belongs(w, 4713, REL_POSSIBLE, CONF_WEAK);
	because(w, m, EV_EXE, CONF_WEAK, "same executable /usr/bin/python3.11");
	because(w, m, EV_CWD, CONF_WEAK, "same directory /srv/shop");
	m = belongs(w, 4714, REL_POSSIBLE, CONF_WEAK);
	because(w, m, EV_CWD, CONF_WEAK, "same directory /srv/shop");
	finds(w, KIND_ORPHAN, 4712, SEV_INFO, "runs on under 1 (/sbin/init)",
	      "Nothing, if it is meant to run.");
}

/* A big family without a finding, apart from one deep inside. */
static void crowd(struct world *w)
{
	people_else(w);
	person(w, 4711, 900, 7200, 'S', "pool --size 60");
	for (int i = 0; i < 60; i++) {
		char name[] = "worker 00";

		name[7] = (char)('0' + i / 10);
		name[8] = (char)('0' + i % 10);
		person(w, 5000 + i, 4711, 7000, 'S', arena_strdup(w->s->arena, name));
	}
	corpse(w, 5100, 5030, 6000, "helper", 11 | 128);
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	for (int i = 0; i < 60; i++)
		belongs(w, 5000 + i, REL_DESCENDANT, CONF_EXACT);
	belongs(w, 5100, REL_DESCENDANT, CONF_EXACT);
	finds(w, KIND_ZOMBIE, 5100, SEV_WARNING,
	      "killed by signal 11 (Segmentation fault), core dumped, 1h 40m ago; 5030 is stopped",
	      "Continue 5030.")
		->culprit = at(w, 5030);
}

static void pipes(struct world *w)
{
	static const int fds[] = { 7, 9, 11, 12 };
	struct pipe_end *ends = arena_calloc(w->r->arena, 8, sizeof(*ends));
	struct pipe_map *map = arena_calloc(w->r->arena, 2, sizeof(*map));
	struct finding *f;

	people_else(w);
	person(w, 4711, 900, 7200, 'S', "java -jar app.jar");
	person(w, 4790, 4711, 60, 'S', "report --long");
	snapshot_sort(w->s);
	aims(w, TARGET_PID, "pid=4711", 4711);
	belongs(w, 4711, REL_TARGET, CONF_EXACT);
	belongs(w, 4790, REL_DESCENDANT, CONF_EXACT);
	for (int i = 0; i < 8; i++)
		ends[i] = (struct pipe_end){ at(w, i ? 4711 : 4790), i ? 4 + i : 1 };
	map[0] = (struct pipe_map){ "pipe:[81234]", ends, ends + 1, 1, 7, true, 65536, 65536,
				    false, 0 };
	map[1] = (struct pipe_map){ "socket:[99]", ends, NULL, 1, 0, false, 0, 0, true, 2 };
	f = finds(w, KIND_PIPE_STUCK_WRITER, 4790, SEV_CRITICAL, "is blocked", "Read it.");
	f->fd = 1;
	f->pipe = &map[0];
	f = finds(w, KIND_PIPE_NO_EOF, 4711, SEV_WARNING, "waits in vain", "End it.");
	f->fd = 5;
	f->pipe = &map[1];
	f = finds(w, KIND_PIPE_PEERLESS, 4711, SEV_WARNING, "holds 4 ends", "Close them.");
	f->fds = fds;
	f->fd_n = ARRAY_SIZE(fds);
	f->pipe = &map[0];
}

static const struct { const char *name; void (*make)(struct world *w); } scenes[] = {
	{ "dead-orphan", dead_orphan },
	{ "live-zombies", live_zombies },
	{ "clean", clean },
	{ "nothing-left", nothing_left },
	{ "blind", blind },
	{ "hostile", hostile },
	{ "all", all },
	{ "wide", wide },
	{ "daemons", daemons },
	{ "crowd", crowd },
	{ "pipes", pipes },
};

struct report *scene_make(const char *name)
{
	struct world w = { .s = snapshot_new(0) };

	w.s->host = "example";
	w.s->boot_id = "0f3c7a9e-5d0b-4f5e-9d6d-3d1c2b4a5e6f";
	w.s->wall_s = 1709294400;
	w.s->now_ns = UP_S * NS;
	w.s->hz = 100;
	w.s->coverage.passes = 2;
	w.s->coverage.took_ns = 18400000;
	w.s->coverage.pid1_visible = true;
	w.s->coverage.threads_kernel = -1;
	w.r = report_new(w.s);
	w.target = arena_calloc(w.r->arena, 1, sizeof(*w.target));
	w.r->target = w.r->family.target = w.target;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++)
		if (!strcmp(scenes[i].name, name)) {
			scenes[i].make(&w);
			findings_sort(&w.r->findings);
			return w.r;
		}
	scene_free(w.r);
	return NULL;
}

void scene_free(struct report *r)
{
	struct snapshot *s = r ? (struct snapshot *)(uintptr_t)r->snapshot : NULL;

	report_free(r);
	snapshot_free(s);
}

void golden_check(const char *name, const char *text, size_t n)
{
	const char *top = getenv("TOP_SRCDIR");
	char path[4096], *want;
	size_t want_n;
	FILE *file;

	ck_assert_int_lt(
		snprintf(path, sizeof(path), "%s/tests/golden/%s", top ? top : ".", name),
		(int)sizeof(path));
	if (getenv("LEAKSCAN_UPDATE_GOLDEN")) {
		file = fopen(path, "w");
		ck_assert_msg(file != NULL, "cannot write %s", path);
		ck_assert_uint_eq(fwrite(text, 1, n, file), n);
		ck_assert_int_eq(fclose(file), 0);
		return;
	}
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "no %s: run with LEAKSCAN_UPDATE_GOLDEN=1", path);
	want = malloc(1 << 20);
	ck_assert_ptr_nonnull(want);
	want_n = fread(want, 1, 1 << 20, file);
	fclose(file);
	ck_assert_msg(want_n == n && !memcmp(want, text, n),
		      "differs from %s:\n--- it is\n%.*s--- should be\n%.*s", path,
		      (int)n, text, (int)want_n, want);
	free(want);
}
