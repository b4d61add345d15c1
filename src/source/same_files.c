/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kcmp(2): are two descriptors one open file description?  Equal link texts are not enough:
 * two processes that open one path have two descriptions; inherited or passed ones are one.
 */
#include "source/live.h"

#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

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

void live_same_files(struct snapshot *s, const struct same_file *pairs, size_t n)
{
	struct pairs *w = arena_calloc(s->arena, 1, sizeof(*w));
	uint64_t start_ns = live_clock_ns();
	struct work work = { .item = pair_item, .context = w, .n = n };
	struct work_result result;

	if (!n)
		return;
	*w = (struct pairs){ .s = s, .pairs = live_copy(s, pairs, n, sizeof(*pairs)),
			     .same = arena_alloc(s->arena, n) };
	live_work(s, &work, &result);
	for (size_t i = 0; i < n; i++) {
		if (w->same[i])
			*(struct same_file *)arena_push(s->arena, &s->same, &s->same_n,
							&s->same_room, sizeof(pairs[i])) = pairs[i];
	}
	snapshot_sort(s);
	s->coverage.objects_cut |= result.cut || result.stalled;
	s->coverage.took_ns += live_clock_ns() - start_ns;
}
