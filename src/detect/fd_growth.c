/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LS201 fd-growth: the number of open descriptors grows steadily while it is watched.  The
 * kernel knows the number and what each one is, not which will be closed some day: a cycle
 * of work that is longer than the watch looks the same, so what cannot have lasted for a
 * good part of the process's life is only mentioned.
 */
#include "detect/detectors.h"

#include "base/text.h"
#include "detect/fd_list.h"
#include "detect/growths.h"

#define CRITICAL_SECONDS 3600.0
#define KINDS_TOLD 3
/* A kind that makes up less of the rise is not worth a word. */
#define SHARE_TOLD 5

struct riser { const struct series *series; int64_t rise; };

static const char *kind_word(const struct series *series)
{
	static const char *const words[] = {
		[FD_UNREADABLE] = "unreadable ones", [FD_FILE] = "files",
		[FD_DEVICE] = "devices", [FD_PIPE] = "pipe ends", [FD_SOCKET] = "sockets",
		[FD_MEMFD] = "memfds", [FD_ANON] = "anonymous objects", [FD_OTHER] = "others",
	};

	if (series->fd_kind == FD_ANON && series->anon && *series->anon)
		return series->anon;
	return (size_t)series->fd_kind < ARRAY_SIZE(words) ? words[series->fd_kind] : "others";
}

/* A kind that was not there at first had none. */
static int64_t rise_of(const struct series *kind, const struct series *all)
{
	int64_t first = kind->samples[0].at_ns == all->samples[0].at_ns ?
		kind->samples[0].value : 0, rise;

	/* a record can hold any number */
	return __builtin_sub_overflow(kind->samples[kind->n - 1].value, first, &rise) ? 0 : rise;
}

static void keep(struct riser *top, struct riser new)
{
	for (size_t i = 0; i < KINDS_TOLD; i++)
		if (new.rise > top[i].rise) {
			struct riser lower = top[i];

			top[i] = new;
			new = lower;
		}
}

static const char *what_grows(const struct snapshot *s, const struct series *all,
			      struct arena *a)
{
	struct riser top[KINDS_TOLD] = { { NULL, 0 } };
	const char *text = "";

	for (size_t i = 0; i < s->series_n; i++) {
		const struct series *one = &s->series[i];

		if (one->kind == SERIES_FDS_OF_KIND && one->n && process_id_same(one->id, all->id))
			keep(top, (struct riser){ one, rise_of(one, all) });
	}
	for (size_t i = 0; i < KINDS_TOLD && top[i].rise > top[0].rise / SHARE_TOLD; i++)
		text = arena_printf(a, "%s%s%s (%lld more)", text, i ? ", " : "; what grows: ",
				    kind_word(top[i].series), (long long)top[i].rise);
	return text;
}

static void tell_limit(const struct process *p, const struct growth *g, struct finding *f,
		       struct arena *a)
{
	double seconds;
	char left[32];

	if (!process_knows(p, FACT_LIMITS) || p->nofile_soft == LIMIT_UNLIMITED)
		return;
	seconds = growth_seconds_left(g, p->nofile_soft);
	if (seconds < CRITICAL_SECONDS)
		f->severity = SEV_CRITICAL;
	/* years are as good as never */
	if (seconds > 1e9)
		return;
	text_age((uint64_t)(seconds * 1e9), left, sizeof(left));
	f->message = arena_printf(a, "%s; at this rate the soft limit of %llu is reached in %s",
				  f->message, (unsigned long long)p->nofile_soft, left);
}

static void judge(const struct scene *scene, const struct member *m, struct findings *out)
{
	const struct process *p = m->process;
	const struct series *series;
	struct finding *f;
	struct growth g;
	const char *rate, *what;
	bool lasting;

	series = growths_judge(scene->snapshot, m, SERIES_FDS, &g, &lasting);
	if (!series)
		return;
	rate = growths_text(out->arena, series, &g);
	what = series->between_checks ? "" : what_grows(scene->snapshot, series, out->arena);
	f = findings_add(out, KIND_FD_GROWTH, p);
	f->has_value = true;
	f->value = g.per_minute;
	f->unit = "per minute";
	if (!lasting) {
		f->severity = SEV_INFO;
		f->message = arena_printf(out->arena,
			"open descriptors grow by %s%s; but they cannot have for long, so it may be a cycle of work",
			rate, what);
		f->advice = "watch it for longer than one cycle of its work, for instance with --for 5m";
		return;
	}
	f->severity = SEV_WARNING;
	f->remedy = REMEDY_FIX_APP;
	f->message = arena_printf(out->arena, "open descriptors grow steadily, by %s%s", rate, what);
	tell_limit(p, &g, f, out->arena);
	f->severity = fd_list_severity(m, f->severity);
	f->advice = "find what opens them and close them on every path; the error path is the usual one";
}

void detect_fd_growth(const struct scene *scene, struct findings *out)
{
	for (size_t i = 0; i < scene->family->member_n; i++)
		judge(scene, &scene->family->members[i], out);
}
