/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - a counter that threads take items from. */
#include <sched.h>
#include <signal.h>

#include "cleanup.h"
#include "cpus.h"
#include "pool.h"

static void work_on(struct pool *p, int (*stop)(void *of), void *of)
{
	for (;;) {
		size_t i = atomic_fetch_add(&p->next, 1);
		int expected = 0, r;

		if (i >= p->n || atomic_load(&p->result) < 0)
			return;
		r = stop ? stop(of) : 0;
		if (r == 0)
			r = p->work(p->context, i);
		if (r < 0)
			atomic_compare_exchange_strong(&p->result, &expected, r);
	}
}

static void *worker(void *pool)
{
	work_on(pool, NULL, NULL);
	return NULL;
}

unsigned pool_threads(void)
{
	cpu_set_t set;
	int n;

	CPU_ZERO(&set);
	n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
	return MIN((unsigned)MAX(n, 1), POOL_THREADS_MAX);
}

/* Not on the caller's CPU, where a thread that has just been made could wait for
 * milliseconds before the kernel moves it. */
static void place_elsewhere(pthread_attr_t *attr)
{
	cpu_set_t set;

	if (cpus_but_here(&set))
		pthread_attr_setaffinity_np(attr, sizeof(set), &set);
}

void pool_begin(struct pool *p, size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context)
{
	pthread_attr_t attr;
	sigset_t all, old;

	*p = (struct pool){ .n = n, .work = work, .context = context };
	if (pthread_attr_init(&attr) != 0)
		return;
	place_elsewhere(&attr);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (p->threads + 1 < MIN(threads, POOL_THREADS_MAX) && p->threads + 1 < n)
		if (pthread_create(&p->thread[p->threads], &attr, worker, p) == 0)
			p->threads++;
		else
			break;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
}

int pool_end(struct pool *p, int (*stop)(void *of), void *of)
{
	work_on(p, stop, of);
	for (unsigned i = 0; i < p->threads; i++)
		pthread_join(p->thread[i], NULL);
	return atomic_load(&p->result);
}

int pool_each_until(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context,
		    int (*stop)(void *of), void *of)
{
	struct pool p;

	pool_begin(&p, n, threads, work, context);
	return pool_end(&p, stop, of);
}

int pool_each(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context)
{
	return pool_each_until(n, threads, work, context, NULL, NULL);
}
