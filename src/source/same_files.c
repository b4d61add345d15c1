/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcmp(2): are two descriptors one open file description?  Equal link texts are not enough:
 * two processes that open one path have two descriptions; inherited or passed ones are one.
 */
#include "source/live.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/bpf.h"
#include "source/live_clock.h"
#include "source/live_work.h"

struct pairs {
	struct snapshot *s;
	const struct same_file *pairs;
	uint8_t *same;
};

static void pair_item(void *context, void *own, size_t item, struct ticket *t)
{
	struct pairs *w = context;
	const struct same_file *f = &w->pairs[item];
	long got = syscall(SYS_kcmp, f->a, f->b, KCMP_FILE, (unsigned long)f->a_fd,
			   (unsigned long)f->b_fd);

	(void)own;
	if (!ticket_claim(t))
		return;
	w->same[item] = got == 0;
}

static void add_same(struct snapshot *s, const struct same_file *pair)
{
	*(struct same_file *)arena_push(s->arena, &s->same, &s->same_n, &s->same_room,
					sizeof(*pair)) = *pair;
}

/* What the kernel's lists have answered already is not asked again. */
static const struct same_file *unanswered(struct snapshot *s, const struct same_file *pairs,
					  size_t *n)
{
	struct same_file *left;
	size_t kept = 0;

	if (!s->bpf)
		return pairs;
	left = arena_calloc(s->arena, *n, sizeof(*left));
	for (size_t i = 0; i < *n; i++) {
		int same = bpf_same_file(s, &pairs[i]);

		if (same > 0)
			add_same(s, &pairs[i]);
		if (same < 0)
			left[kept++] = pairs[i];
	}
	*n = kept;
	return left;
}

void live_same_files(struct snapshot *s, const struct same_file *pairs, size_t n)
{
	struct pairs *w = arena_calloc(s->arena, 1, sizeof(*w));
	uint64_t start_ns = live_clock_ns();
	struct work work = { .item = pair_item, .context = w };
	struct work_result result = { .done = 0 };

	if (!n)
		return;
	pairs = unanswered(s, pairs, &n);
	work.n = n;
	*w = (struct pairs){ .s = s, .pairs = live_copy(s, pairs, n, sizeof(*pairs)),
			     .same = arena_alloc(s->arena, n) };
	if (n)
		live_work(s, &work, &result);
	for (size_t i = 0; i < n; i++)
		if (w->same[i])
			add_same(s, &pairs[i]);
	snapshot_sort(s);
	s->coverage.objects_cut |= result.cut || result.stalled;
	s->coverage.took_ns += live_clock_ns() - start_ns;
}
