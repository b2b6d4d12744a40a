/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - a counter that threads take items from. */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "cleanup.h"
#include "pool.h"

#define THREADS_MAX 8u

struct pool {
	atomic_size_t next;
	atomic_int result;
	size_t n;
	int (*work)(void *context, size_t i);
	void *context;
};

static void work_on(struct pool *p, int (*stop)(void *context))
{
	for (;;) {
		size_t i = atomic_fetch_add(&p->next, 1);
		int expected = 0, r;

		if (i >= p->n || atomic_load(&p->result) < 0)
			return;
		r = stop ? stop(p->context) : 0;
		if (r == 0)
			r = p->work(p->context, i);
		if (r < 0)
			atomic_compare_exchange_strong(&p->result, &expected, r);
	}
}

static void *worker(void *pool)
{
	work_on(pool, NULL);
	return NULL;
}

unsigned pool_threads(void)
{
	cpu_set_t set;
	int n;

	CPU_ZERO(&set);
	n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	return MIN((unsigned)MAX(n, 1), THREADS_MAX);
}

int pool_each_until(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context,
		    int (*stop)(void *context))
{
	struct pool p = { .n = n, .work = work, .context = context };
	pthread_t thread[THREADS_MAX];
	unsigned started = 0;
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (started + 1 < MIN(threads, THREADS_MAX) && started + 1 < n)
		if (pthread_create(&thread[started], NULL, worker, &p) == 0)
			started++;
		else
			break;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	work_on(&p, stop);
	for (unsigned i = 0; i < started; i++)
		pthread_join(thread[i], NULL);
	return atomic_load(&p.result);
}

int pool_each(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context)
{
	return pool_each_until(n, threads, work, context, NULL);
}
