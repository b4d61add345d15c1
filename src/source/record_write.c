/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a snapshot as text, to be read by people, attached to bug reports and replayed.
 * An environment holds passwords: only the values of known cookies are written, all
 * others as a hash that keeps no more than "equal" and "long" (doc/record.md).
 */
#include "source/record.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/escape.h"
#include "source/record_keys.h"

#define LONG_VALUE 16	/* bytes: what evidence calls a long value must stay one */

struct writer {
	const struct snapshot *snapshot;
	FILE *out;
	struct arena *scratch;
};

static const char *const shown_names[] = {
	"LEAKSCAN_ID", "LEAKSCAN_KEEP", "INVOCATION_ID", "JENKINS_NODE_COOKIE",
	"BUILD_ID", "RUNNER_TRACKING_ID", "CI_JOB_ID", "SLURM_JOB_ID", NULL
};

static void write_text(struct writer *w, const char *text)
{
	fputs(escape_text(w->scratch, SINK_RECORD, text), w->out);
}

static void write_facts(struct writer *w, uint32_t mask)
{
	const char *separator = "";
	int f;

	if (!mask)
		fputs("none", w->out);
	for (f = 0; f < FACT_N; f++)
		if (mask & FACT_BIT(f)) {
			fprintf(w->out, "%s%s", separator, fact_name((enum fact)f));
			separator = ",";
		}
}

static void write_limit(struct writer *w, uint64_t limit)
{
	if (limit == LIMIT_UNLIMITED)
		fputs("unlimited", w->out);
	else
		fprintf(w->out, "%" PRIu64, limit);
}

/* Is this the value that a reader assumes when the key is missing? */
static bool is_default(const struct writer *w, enum record_form form, const void *at)
{
	static const struct layout no_layout;

	switch (form) {
	case FORM_FLAG: return !*(const bool *)at;
	case FORM_STATE: return *(const char *)at == '?';
	case FORM_PORT: return !*(const uint16_t *)at;
	case FORM_INT: return *(const int *)at == -1;
	case FORM_PID: return !*(const pid_t *)at;
	case FORM_ID: return *(const uint32_t *)at == UINT32_MAX;
	case FORM_U32: return !*(const uint32_t *)at;
	case FORM_U64:
	case FORM_MASK: return !*(const uint64_t *)at;
	case FORM_LIMIT: return *(const uint64_t *)at == LIMIT_UNLIMITED;
	case FORM_COUNT: return *(const int64_t *)at == -1;
	case FORM_WALL: return !*(const int64_t *)at;
	case FORM_AT: return *(const uint64_t *)at == w->snapshot->now_ns;
	case FORM_TEXT: return !*(const char *const *)at;
	case FORM_COMM: return !*(const char *)at;
	case FORM_LOOK: return !((const struct look *)at)->at_ns;
	case FORM_LAYOUT: return !memcmp(at, &no_layout, sizeof(no_layout));
	case FORM_MODE: return *(const enum fd_mode *)at == FD_MODE_UNKNOWN;
	case FORM_CLOEXEC: return *(const enum fd_cloexec *)at == CLOEXEC_UNKNOWN;
	case FORM_DOING: return *(const enum task_doing *)at == TASK_UNKNOWN;
	case FORM_GROWING_KIND: return *(const enum fd_kind *)at == FD_UNREADABLE;
	case FORM_TCP_STATE: return !*(const uint8_t *)at;
	case FORM_WATCHED: return !*(const pid_t *)at;
	case FORM_MAYBE_U32: return !((const struct maybe_u32 *)at)->has;
	case FORM_MAYBE_U64: return !((const struct maybe_u64 *)at)->has;
	case FORM_QUEUE: return !((const struct maybe_queue *)at)->has;
	case FORM_SAMPLES: return !((const struct samples *)at)->n;
	case FORM_SERIES:
	case FORM_FD:
	case FORM_FACTS:
	case FORM_KIND:
	case FORM_FAMILY:
	case FORM_PLACE: return false;
	}
	return false;
}

static void write_look(struct writer *w, const struct look *l)
{
	/* no state is a colon, but a record may say so, and must be written again */
	fputs(l->state == ':' ? "%3a" : escape(w->scratch, SINK_RECORD, &l->state, 1), w->out);
	fprintf(w->out, ":%d:%" PRIu64 ":%" PRId64 ":%" PRId64 ":%" PRId64 ":%" PRIu64,
		(int)l->ppid, l->cpu_ticks, l->read_bytes, l->written_bytes, l->fd_count,
		l->at_ns);
}

static void write_tcp_state(struct writer *w, uint8_t state)
{
	unsigned n = 0;

	while (record_tcp_states[n])
		n++;
	if (state < n)
		fputs(record_tcp_states[state], w->out);
	else
		fprintf(w->out, "%u", state);
}

static void write_samples(struct writer *w, const struct samples *samples)
{
	for (size_t i = 0; i < samples->n; i++)
		fprintf(w->out, "%s%" PRIu64 ":%" PRId64, i ? "," : "", samples->list[i].at_ns,
			samples->list[i].value);
}

static void write_value(struct writer *w, enum record_form form, const void *at)
{
	const struct layout *layout = at;
	const struct same_file *place = at;
	const struct maybe_queue *queue = at;

	switch (form) {
	case FORM_FLAG: fputc('1', w->out); break;
	case FORM_STATE: fputs(escape(w->scratch, SINK_RECORD, at, 1), w->out); break;
	case FORM_PORT: fprintf(w->out, "%u", (unsigned)*(const uint16_t *)at); break;
	case FORM_FD:
	case FORM_INT: fprintf(w->out, "%d", *(const int *)at); break;
	case FORM_WATCHED:
	case FORM_PID: fprintf(w->out, "%d", (int)*(const pid_t *)at); break;
	case FORM_ID:
	case FORM_U32: fprintf(w->out, "%" PRIu32, *(const uint32_t *)at); break;
	case FORM_AT:
	case FORM_U64: fprintf(w->out, "%" PRIu64, *(const uint64_t *)at); break;
	case FORM_MASK: fprintf(w->out, "%" PRIx64, *(const uint64_t *)at); break;
	case FORM_LIMIT: write_limit(w, *(const uint64_t *)at); break;
	case FORM_WALL:
	case FORM_COUNT: fprintf(w->out, "%" PRId64, *(const int64_t *)at); break;
	case FORM_TEXT: write_text(w, *(const char *const *)at); break;
	case FORM_COMM: write_text(w, at); break;
	case FORM_FACTS: write_facts(w, *(const uint32_t *)at); break;
	case FORM_LOOK: write_look(w, at); break;
	case FORM_LAYOUT:
		fprintf(w->out, "%" PRIx64 ":%" PRIx64 ":%" PRIx64, layout->vdso,
			layout->phdr, layout->base);
		fprintf(w->out, ":%" PRIx64 ":%" PRIx64, layout->entry, layout->random);
		break;
	case FORM_GROWING_KIND:
	case FORM_KIND: fputs(record_fd_kinds[*(const enum fd_kind *)at], w->out); break;
	case FORM_MODE: fputs(record_fd_modes[*(const enum fd_mode *)at], w->out); break;
	case FORM_FAMILY:
		fputs(record_socket_families[*(const enum socket_family *)at], w->out);
		break;
	case FORM_CLOEXEC:
		fputs(record_cloexecs[*(const enum fd_cloexec *)at], w->out);
		break;
	case FORM_DOING: fputs(record_doings[*(const enum task_doing *)at], w->out); break;
	case FORM_SERIES:
		fputs(record_series_kinds[*(const enum series_kind *)at], w->out);
		break;
	case FORM_TCP_STATE: write_tcp_state(w, *(const uint8_t *)at); break;
	case FORM_MAYBE_U32:
		fprintf(w->out, "%" PRIu32, ((const struct maybe_u32 *)at)->value);
		break;
	case FORM_MAYBE_U64:
		fprintf(w->out, "%" PRIu64, ((const struct maybe_u64 *)at)->value);
		break;
	case FORM_QUEUE:
		fprintf(w->out, "%" PRIu32 ":%" PRIu32, queue->queued, queue->capacity);
		break;
	case FORM_SAMPLES: write_samples(w, at); break;
	case FORM_PLACE: fprintf(w->out, "%d:%d", (int)place->a, place->a_fd); break;
	}
}

static void write_line(struct writer *w, const char *word, const struct record_key *keys,
		       const void *base)
{
	const struct record_key *k;

	fputs(word, w->out);
	for (k = keys; k->name; k++) {
		const char *at = (const char *)base + k->offset;

		if (is_default(w, k->form, at))
			continue;
		fprintf(w->out, " %s=", k->name);
		write_value(w, k->form, at);
	}
	fputc('\n', w->out);
}

static bool is_shown(const char *entry, size_t name_n)
{
	const char *const *name;

	for (name = shown_names; *name; name++)
		if (strlen(*name) == name_n && !memcmp(entry, *name, name_n))
			return true;
	return false;
}

static uint64_t fnv1a(const char *bytes, size_t n)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	while (n--)
		hash = (hash ^ (uint8_t)*bytes++) * UINT64_C(1099511628211);
	return hash;
}

/* '#' and 12 digits for a short value, 16 for a long one. */
static bool is_marker(const char *value)
{
	size_t n = strlen(value);

	return (n == 13 || n == 17) && value[0] == '#' &&
	       strspn(value + 1, "0123456789abcdef") == n - 1;
}

static void write_environ_entry(struct writer *w, const char *entry)
{
	const char *equals = strchr(entry, '=');
	const char *value = equals ? equals + 1 : "";
	size_t name_n = equals ? (size_t)(equals - entry) : strlen(entry);
	size_t n = strlen(value);
	uint64_t hash;

	fprintf(w->out, " %s=", escape(w->scratch, SINK_RECORD, entry, name_n));
	if (!n || is_shown(entry, name_n) || is_marker(value)) {
		write_text(w, value);
		return;
	}
	hash = fnv1a(value, n);
	if (n >= LONG_VALUE)
		fprintf(w->out, "#%016" PRIx64, hash);
	else
		fprintf(w->out, "#%012" PRIx64, hash >> 16);
}

static void write_process(struct writer *w, const struct process *p)
{
	size_t i;

	write_line(w, "process", record_process_keys, p);
	for (i = 0; i < p->fd_n; i++) {
		char link[DESCRIPTOR_LINK_SIZE];
		struct record_fd f = record_fd_of(p->id.pid, &p->fds[i], link);

		write_line(w, "fd", record_fd_keys, &f);
	}
	for (i = 0; i < p->task_n; i++) {
		const struct task *task = &p->tasks[i];
		struct record_task t = { p->id.pid, *task,
					 { task->has_since, task->since_ns } };

		write_line(w, "task", record_task_keys, &t);
	}
	if (!p->environ_n)
		return;
	fprintf(w->out, "environ pid=%d", (int)p->id.pid);
	for (i = 0; i < p->environ_n; i++)
		write_environ_entry(w, p->environ[i]);
	fputc('\n', w->out);
}

int record_write(const struct snapshot *s, FILE *out)
{
	struct writer w = { s, out, arena_new(0) };
	size_t i;

	fputs(RECORD_FIRST_LINE "\n", out);
	write_line(&w, "machine", record_machine_keys, s);
	for (i = 0; i < s->process_n; i++)
		write_process(&w, &s->processes[i]);
	for (i = 0; i < s->socket_n; i++)
		write_line(&w, "socket", record_socket_keys, &s->sockets[i]);
	for (i = 0; i < s->same_n; i++)
		write_line(&w, "same", record_same_keys, &s->same[i]);
	for (i = 0; i < s->pidfile_n; i++)
		write_line(&w, "pidfile", record_pidfile_keys, &s->pidfiles[i]);
	for (i = 0; i < s->series_n; i++)
		write_line(&w, "series", record_series_keys, &s->series[i]);
	fputs(RECORD_LAST_LINE "\n", out);
	arena_free(w.scratch);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
