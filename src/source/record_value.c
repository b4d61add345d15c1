/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One value of a record: each form has its bounds, and what does not fit them is refused,
 * never cut or wrapped.
 */
#include <limits.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"
#include "source/record_keys.h"


bool record_pid(struct text t, int *out)
{
	uint64_t value;

	if (text_u64(t, &value) < 0 || value > RECORD_PID_MOST)
		return false;
	*out = (int)value;
	return true;
}

static bool int_of(struct text t, int *out)
{
	int64_t value;

	if (text_i64(t, &value) < 0 || value < INT_MIN || value > INT_MAX)
		return false;
	*out = (int)value;
	return true;
}

static bool u64_below(struct text t, uint64_t most, uint64_t *out)
{
	uint64_t value;

	if (text_u64(t, &value) < 0 || value > most)
		return false;
	*out = value;
	return true;
}

bool record_bytes(struct arena *arena, struct text t, char **out, size_t *n)
{
	/* %00 would end a string early */
	return escape_undo_record(arena, t.at, t.n, out, n) == 0 && strlen(*out) == *n;
}

static bool state_of(struct arena *arena, struct text t, char *out)
{
	char *bytes;
	size_t n;

	if (!record_bytes(arena, t, &bytes, &n) || n != 1)
		return false;
	*out = bytes[0];
	return true;
}

/* Cuts the next part off a list. */
static struct text part_next(struct text *rest, char separator)
{
	const char *end = rest->n ? memchr(rest->at, separator, rest->n) : NULL;
	struct text part = { rest->at, end ? (size_t)(end - rest->at) : rest->n };

	rest->at += part.n + (end ? 1 : 0);
	rest->n -= part.n + (end ? 1 : 0);
	return part;
}

static bool facts_of(struct text t, uint32_t *mask)
{
	uint32_t found = 0;

	if (text_is(t, "none")) {
		*mask = 0;
		return true;
	}
	if (t.n && t.at[t.n - 1] == ',')
		return false;
	do {
		struct text name = part_next(&t, ',');
		int f = 0;

		while (f < FACT_N && !text_is(name, fact_name((enum fact)f)))
			f++;
		if (f == FACT_N)
			return false;
		found |= FACT_BIT(f);
	} while (t.n);
	*mask = found;
	return true;
}

static bool look_of(struct arena *arena, struct text t, struct look *l)
{
	return state_of(arena, part_next(&t, ':'), &l->state) &&
	       record_pid(part_next(&t, ':'), &l->ppid) &&
	       text_u64(part_next(&t, ':'), &l->cpu_ticks) == 0 &&
	       text_i64(part_next(&t, ':'), &l->read_bytes) == 0 &&
	       text_i64(part_next(&t, ':'), &l->written_bytes) == 0 &&
	       text_i64(part_next(&t, ':'), &l->fd_count) == 0 &&
	       text_u64(t, &l->at_ns) == 0 && l->at_ns;
}

static bool layout_of(struct text t, struct layout *l)
{
	return text_hex64(part_next(&t, ':'), &l->vdso) == 0 &&
	       text_hex64(part_next(&t, ':'), &l->phdr) == 0 &&
	       text_hex64(part_next(&t, ':'), &l->base) == 0 &&
	       text_hex64(part_next(&t, ':'), &l->entry) == 0 &&
	       text_hex64(t, &l->random) == 0;
}

static bool word_of(struct text t, const char *const *words, unsigned *out)
{
	unsigned i = 0;

	while (words[i] && !text_is(t, words[i]))
		i++;
	if (!words[i])
		return false;
	*out = i;
	return true;
}

static bool limit_of(struct text t, uint64_t *out)
{
	if (!text_is(t, "unlimited"))
		return text_u64(t, out) == 0;
	*out = LIMIT_UNLIMITED;
	return true;
}

static bool text_value(struct arena *arena, enum record_form form, struct text t, void *at)
{
	char *bytes;
	size_t n;

	if (!record_bytes(arena, t, &bytes, &n))
		return false;
	if (form == FORM_TEXT) {
		*(const char **)at = bytes;
		return true;
	}
	if (n >= sizeof(((struct process *)0)->comm))
		return false;
	memcpy(at, bytes, n + 1);
	return true;
}

static bool tcp_state_of(struct text t, uint8_t *out)
{
	uint64_t value;
	unsigned word;

	if (word_of(t, record_tcp_states, &word))
		value = word;
	else if (!u64_below(t, UINT8_MAX, &value))
		return false;
	*out = (uint8_t)value;
	return true;
}

static bool queue_of(struct text t, struct maybe_queue *out)
{
	uint64_t queued, capacity;

	if (!u64_below(part_next(&t, ':'), UINT32_MAX, &queued) ||
	    !u64_below(t, UINT32_MAX, &capacity))
		return false;
	*out = (struct maybe_queue){ true, (uint32_t)queued, (uint32_t)capacity };
	return true;
}

/* Who measures slopes may rely on time not going backwards. */
static bool samples_of(struct arena *arena, struct text t, struct samples *out)
{
	struct samples s = { NULL, 0, 0 };
	uint64_t last = 0;

	if (!t.n || t.at[t.n - 1] == ',')
		return false;
	do {
		struct text part = part_next(&t, ',');
		struct sample *sample = arena_push(arena, &s.list, &s.n, &s.room,
						   sizeof(*sample));

		if (text_u64(part_next(&part, ':'), &sample->at_ns) < 0 ||
		    text_i64(part, &sample->value) < 0 || sample->at_ns < last)
			return false;
		last = sample->at_ns;
	} while (t.n);
	*out = s;
	return true;
}

static bool more_value(struct arena *arena, enum record_form form, struct text t, void *at)
{
	struct maybe_u32 *u32 = at;
	struct maybe_u64 *u64 = at;
	int64_t number;
	uint64_t value;

	switch (form) {
	case FORM_TCP_STATE:
		return tcp_state_of(t, at);
	case FORM_WATCHED:
		if (text_i64(t, &number) < 0 || number < -1 || number > RECORD_PID_MOST)
			return false;
		*(pid_t *)at = (pid_t)number;
		return true;
	case FORM_MAYBE_U32:
		if (!u64_below(t, UINT32_MAX, &value))
			return false;
		*u32 = (struct maybe_u32){ true, (uint32_t)value };
		return true;
	case FORM_MAYBE_U64:
		if (text_u64(t, &value) < 0)
			return false;
		*u64 = (struct maybe_u64){ true, value };
		return true;
	case FORM_QUEUE:
		return queue_of(t, at);
	case FORM_SAMPLES:
		return samples_of(arena, t, at);
	default:
		return false;
	}
}

/* An enumeration is as wide as an int, and its list of words ends it. */
static bool enum_value(enum record_form form, struct text t, void *at)
{
	const char *const *words = form == FORM_CLOEXEC ? record_cloexecs :
				   form == FORM_DOING ? record_doings :
				   form == FORM_SERIES ? record_series_kinds :
				   form == FORM_MODE ? record_fd_modes :
				   form == FORM_FAMILY ? record_socket_families :
				   record_fd_kinds;
	unsigned word;

	if (!word_of(t, words, &word))
		return false;
	memcpy(at, &word, sizeof(word));
	return true;
}

_Static_assert(sizeof(enum fd_kind) == sizeof(unsigned) &&
	       sizeof(enum fd_mode) == sizeof(unsigned) &&
	       sizeof(enum socket_family) == sizeof(unsigned) &&
	       sizeof(enum fd_cloexec) == sizeof(unsigned) &&
	       sizeof(enum task_doing) == sizeof(unsigned) &&
	       sizeof(enum series_kind) == sizeof(unsigned), "enum_value");

bool record_value(struct arena *arena, enum record_form form, struct text t, void *at)
{
	struct same_file *place = at;
	uint64_t value;

	switch (form) {
	case FORM_FLAG:
		if (!u64_below(t, 1, &value))
			return false;
		*(bool *)at = value;
		return true;
	case FORM_STATE:
		return state_of(arena, t, at);
	case FORM_PORT:
		if (!u64_below(t, UINT16_MAX, &value))
			return false;
		*(uint16_t *)at = (uint16_t)value;
		return true;
	case FORM_FD:
		return int_of(t, at) && *(int *)at >= 0;
	case FORM_INT:
		return int_of(t, at);
	case FORM_PID:
		return record_pid(t, at);
	case FORM_ID:
	case FORM_U32:
		if (!u64_below(t, UINT32_MAX, &value))
			return false;
		*(uint32_t *)at = (uint32_t)value;
		return true;
	case FORM_AT:
	case FORM_U64:
		return text_u64(t, at) == 0;
	case FORM_MASK:
		return text_hex64(t, at) == 0;
	case FORM_LIMIT:
		return limit_of(t, at);
	case FORM_COUNT:
	case FORM_WALL:
		return text_i64(t, at) == 0;
	case FORM_TEXT:
	case FORM_COMM:
		return text_value(arena, form, t, at);
	case FORM_FACTS:
		return facts_of(t, at);
	case FORM_LOOK:
		return look_of(arena, t, at);
	case FORM_LAYOUT:
		return layout_of(t, at);
	case FORM_KIND:
	case FORM_GROWING_KIND:
	case FORM_MODE:
	case FORM_FAMILY:
	case FORM_CLOEXEC:
	case FORM_DOING:
	case FORM_SERIES:
		return enum_value(form, t, at);
	case FORM_TCP_STATE:
	case FORM_WATCHED:
	case FORM_MAYBE_U32:
	case FORM_MAYBE_U64:
	case FORM_QUEUE:
	case FORM_SAMPLES:
		return more_value(arena, form, t, at);
	case FORM_PLACE:
		return record_pid(part_next(&t, ':'), &place->a) && place->a > 0 &&
		       int_of(t, &place->a_fd) && place->a_fd >= 0;
	}
	return false;
}
