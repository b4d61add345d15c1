/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * judge() forks workers from this thread; they read, write into shared memory and end, and
 * take no lock that another thread may have held.  They die with the thread that forked
 * them, not with the process (PR_SET_PDEATHSIG), so this one lives until all is over.
 */
#include "cmd/top_scan.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "cmd/top_thread.h"
#include "model/follow.h"

#define NS_PER_S UINT64_C(1000000000)
#define EVERY_LEAST_NS NS_PER_S		/* where we choose it */
#define EVERY_MOST_NS (60 * NS_PER_S)
#define BUDGET_PERCENT 3		/* of one core */
#define LATELY 4			/* scans */
/* A verdict may stand when nothing has changed for longer than any of its rules waits (a slow
 * parent has six seconds, who is young the minimum age).  But not for ever, for not everything shows in a refresh: the far
 * end of a TCP socket, a control group, a file that is deleted, that nothing grows any more.
 * Where judging is dear it is done so often only that it takes half a percent of one core. */
#define SETTLED_NS (10 * NS_PER_S)
#define STANDS_LEAST_NS (60 * NS_PER_S)
#define STANDS_MOST_NS (300 * NS_PER_S)
#define STANDS_COSTS 200
#define STOP_NS (400 * NS_PER_S / 1000)

struct sight {
	struct verdicts v;
	atomic_int keepers;
};

struct spent { uint64_t at_ns, cpu_ns; };

struct scanner {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wish;
	int wake;

	/* under the lock */
	struct question first, q;
	pid_t pid;			/* q.pids, unless it is the first question */
	unsigned generation;		/* of q */
	uint64_t delay_ns;
	bool now, stop;
	struct scanned news;
	bool has_news;
	bool untaken;			/* the latest verdict: it may be gone from the news */

	/* the thread's own */
	struct live_kept *kept;
	struct sight *previous;
	struct spent spent[LATELY];	/* of the whole program, before the latest scans */
	unsigned spent_n;
	uint64_t cost_ns;		/* smoothed */
	unsigned turn;			/* looks */
	unsigned judged;		/* generation of the question that `previous` answers */
	uint64_t judged_ns, changed_ns;	/* when it was; when anything was last seen to change */
	uint64_t judging_ns;		/* what it cost */
};

/* --- sights --- */

const struct verdicts *sight_verdicts(const struct sight *s)
{
	return &s->v;
}

struct sight *sight_keep(struct sight *s)
{
	atomic_fetch_add(&s->keepers, 1);
	return s;
}

void sight_drop(void *sight)
{
	struct sight *s = sight;

	if (!s || atomic_fetch_sub(&s->keepers, 1) > 1)
		return;
	verdicts_free(&s->v);
	free(s);
}

/* --- time --- */

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_of(int who)
{
	struct rusage u;

	if (getrusage(who, &u))
		return 0;
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * NS_PER_S +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000;
}

/* Percent of one core since the look before the last few, and remembers this one.  The first
 * look was right at the start, which says nothing. */
static double spend(struct scanner *s)
{
	struct spent now = { clock_ns(CLOCK_MONOTONIC), cpu_of(RUSAGE_SELF) + cpu_of(RUSAGE_CHILDREN) };
	struct spent *oldest = &s->spent[s->spent_n % LATELY];
	double percent = -1;

	if (s->spent_n > 1) {
		const struct spent *since = s->spent_n < LATELY ? &s->spent[0] : oldest;

		if (now.at_ns > since->at_ns)
			percent = 100.0 * (double)(now.cpu_ns - since->cpu_ns) /
				  (double)(now.at_ns - since->at_ns);
	}
	*oldest = now;
	s->spent_n++;
	return percent;
}

static uint64_t every_for(uint64_t delay_ns, uint64_t cost_ns)
{
	uint64_t every_ns = cost_ns * 100 / BUDGET_PERCENT;

	if (delay_ns)
		return delay_ns < FOLLOW_LEAST_NS ? FOLLOW_LEAST_NS : delay_ns;
	return every_ns < EVERY_LEAST_NS ? EVERY_LEAST_NS :
		every_ns > EVERY_MOST_NS ? EVERY_MOST_NS : every_ns;
}

/* --- the thread --- */

/* That one stands says nothing to who has not taken it yet. */
static void hand_over(struct scanner *s, struct scanned *news)
{
	s->untaken |= news->sight != NULL;
	if (news->stands && s->untaken) {
		news->sight = sight_keep(s->previous);
		news->stands = false;
	}
	if (s->has_news)
		sight_drop(s->news.sight);
	s->news = *news;
	s->has_news = true;
	thread_wake(s->wake);
}

static struct sight *look(const struct question *q, struct scanned *news)
{
	uint64_t before_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + cpu_of(RUSAGE_CHILDREN);
	struct sight *sight = calloc(1, sizeof(*sight));

	if (!sight)
		abort();
	news->err = judge(q, &sight->v, news->error, sizeof(news->error));
	news->stands = !news->err && sight->v.stands;
	if (news->err || news->stands) {
		free(sight);
		sight = NULL;
	} else {
		atomic_store(&sight->keepers, 1);
	}
	news->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) + cpu_of(RUSAGE_CHILDREN) - before_ns;
	return sight;
}

static uint64_t stands_for(uint64_t judging_ns)
{
	uint64_t ns = judging_ns * STANDS_COSTS;

	return ns < STANDS_LEAST_NS ? STANDS_LEAST_NS : ns > STANDS_MOST_NS ? STANDS_MOST_NS : ns;
}

/* Who was too young when it was judged is no longer, though nothing has happened to it. */
static uint64_t settled_after(const struct policy *policy)
{
	return SETTLED_NS + policy->min_age_ns;
}

static bool may_stand(const struct scanner *s, unsigned generation)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	return s->previous && s->judged == generation && !s->now &&
	       now_ns - s->changed_ns >= settled_after(&s->first.policy) && now_ns - s->judged_ns < stands_for(s->judging_ns);
}

/* A new verdict, or that the one before stands. */
static void conclude(struct scanner *s, const struct question *q, unsigned generation,
		     struct sight *sight, struct scanned *news)
{
	uint64_t now_ns = clock_ns(CLOCK_MONOTONIC);

	if (news->stands)
		news->at_ns = clock_ns(CLOCK_BOOTTIME);
	if (!sight)
		return;
	if (q->may_stand || s->judged != generation || !s->previous)
		s->changed_ns = now_ns;
	s->judged_ns = now_ns;
	s->judging_ns = news->cpu_ns;
	s->judged = generation;
	sight_drop(s->previous);
	s->previous = sight;
	news->sight = sight_keep(sight);
}

/* One scan, with the lock held, which is given away meanwhile. */
static void scan(struct scanner *s)
{
	struct scanned news = { .sight = NULL };
	struct question q = s->q;
	pid_t pid = s->pid;
	unsigned generation = s->generation;
	struct sight *sight;

	q.may_stand = may_stand(s, generation);
	q.turn = ++s->turn;
	q.kept = s->kept;
	s->now = false;
	pthread_mutex_unlock(&s->lock);
	if (pid) {
		q.pids = &pid;
		q.pid_n = 1;
	}
	q.previous = s->previous ? s->previous->v.snapshot : NULL;
	sight = look(&q, &news);
	news.cpu_percent = spend(s);
	/* the first scan of all looks twice: no measure for the others */
	s->cost_ns = s->cost_ns && q.previous ? (s->cost_ns * 3 + news.cpu_ns) / 4 : news.cpu_ns;
	conclude(s, &q, generation, sight, &news);
	pthread_mutex_lock(&s->lock);
	news.every_ns = every_for(s->delay_ns, s->cost_ns);
	news.adaptive = !s->delay_ns;
	if (generation == s->generation && !s->stop)
		hand_over(s, &news);
	else
		sight_drop(news.sight);
}

/* When the next scan may begin: never so soon that the look before confirms nothing. */
static uint64_t next_ns(const struct scanner *s, uint64_t began_ns)
{
	uint64_t every_ns = s->now ? FOLLOW_LEAST_NS : every_for(s->delay_ns, s->cost_ns);
	uint64_t boot_ns = clock_ns(CLOCK_BOOTTIME), mono_ns = clock_ns(CLOCK_MONOTONIC);
	uint64_t at_ns = began_ns + every_ns, looked_ns;

	if (!s->previous)
		return at_ns;
	looked_ns = s->previous->v.snapshot->now_ns;
	looked_ns = looked_ns < boot_ns ? mono_ns - (boot_ns - looked_ns) : mono_ns;
	return at_ns > looked_ns + FOLLOW_LEAST_NS ? at_ns : looked_ns + FOLLOW_LEAST_NS;
}

static void *scanner_main(void *context)
{
	struct scanner *s = context;
	uint64_t began_ns;

	spend(s);
	s->kept = live_keep();
	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		unsigned generation = s->generation;

		began_ns = clock_ns(CLOCK_MONOTONIC);
		scan(s);
		/* another question waits for nothing: the look before is still a look */
		while (!s->stop) {
			uint64_t at_ns = generation == s->generation ? next_ns(s, began_ns) :
				next_ns(s, 0);
			struct timespec at = { .tv_sec = (time_t)(at_ns / NS_PER_S),
					       .tv_nsec = (long)(at_ns % NS_PER_S) };

			if (clock_ns(CLOCK_MONOTONIC) >= at_ns)
				break;
			pthread_cond_timedwait(&s->wish, &s->lock, &at);
		}
	}
	pthread_mutex_unlock(&s->lock);
	live_keep_end(s->kept);
	return NULL;
}

/* --- from the front --- */

int scanner_start(const struct question *q, uint64_t delay_ns, int wake, struct scanner **out)
{
	struct scanner *s = calloc(1, sizeof(*s));
	pthread_condattr_t monotonic;
	int err;

	if (!s)
		abort();
	s->first = s->q = *q;
	s->delay_ns = delay_ns;
	s->wake = wake;
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wish, &monotonic);
	pthread_condattr_destroy(&monotonic);
	err = thread_start(&s->thread, scanner_main, s);
	if (err) {
		free(s);
		return err;
	}
	*out = s;
	return 0;
}

void scanner_target(struct scanner *s, pid_t pid)
{
	pthread_mutex_lock(&s->lock);
	s->q = s->first;
	s->pid = pid;
	if (pid) {
		s->q.kind = TARGET_PID;
		s->q.pids = &s->pid;
		s->q.pid_n = 1;
	}
	s->generation++;
	pthread_cond_signal(&s->wish);
	pthread_mutex_unlock(&s->lock);
}

const struct question *scanner_question(const struct scanner *s)
{
	return &s->q;		/* only the front writes it */
}

void scanner_delay(struct scanner *s, uint64_t delay_ns)
{
	pthread_mutex_lock(&s->lock);
	s->delay_ns = delay_ns;
	pthread_cond_signal(&s->wish);
	pthread_mutex_unlock(&s->lock);
}

void scanner_now(struct scanner *s)
{
	pthread_mutex_lock(&s->lock);
	s->now = true;
	pthread_cond_signal(&s->wish);
	pthread_mutex_unlock(&s->lock);
}

bool scanner_take(struct scanner *s, struct scanned *out)
{
	bool has;

	pthread_mutex_lock(&s->lock);
	has = s->has_news;
	if (has) {
		*out = s->news;
		s->untaken &= !s->news.sight;
	}
	s->has_news = false;
	pthread_mutex_unlock(&s->lock);
	return has;
}

void scanner_stop(struct scanner *s)
{
	uint64_t at_ns = clock_ns(CLOCK_REALTIME) + STOP_NS;
	struct timespec at = { .tv_sec = (time_t)(at_ns / NS_PER_S),
			       .tv_nsec = (long)(at_ns % NS_PER_S) };

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_signal(&s->wish);
	pthread_mutex_unlock(&s->lock);
	if (pthread_timedjoin_np(s->thread, NULL, &at))
		return;
	if (s->has_news)
		sight_drop(s->news.sight);
	sight_drop(s->previous);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wish);
	free(s);
}
