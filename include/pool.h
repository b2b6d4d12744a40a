/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - the same work on many items, by a few threads.
 *
 * Workers do I/O, checksums and copying; none of them traces (ptrace(2) binds
 * a tracee to one thread) or prints.
 */
#pragma once
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#define POOL_THREADS_MAX 8u

/* Work that is going on: from pool_begin() to pool_end(). */
struct pool {
	atomic_size_t next;
	atomic_int result;
	size_t n;
	int (*work)(void *context, size_t i);
	void *context;
	pthread_t thread[POOL_THREADS_MAX];
	unsigned threads;
};

/* Begin to call work(context, i) for each i below n, on at most `threads`
 * threads, the caller's included, which goes on with other things meanwhile:
 * signals that end a command stay the caller's. */
void pool_begin(struct pool *p, size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context);

/* Take part in it, and return when all is done: the first negative result;
 * items after it may not have been worked on. Before each item of its own the
 * calling thread asks stop(of), unless NULL: a negative answer ends the work of
 * all threads, and is the result. */
int pool_end(struct pool *p, int (*stop)(void *of), void *of);

/* Both in one. */
int pool_each(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context);
int pool_each_until(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context,
		    int (*stop)(void *of), void *of);

unsigned pool_threads(void);	/* as many as there are CPUs for this process, at most POOL_THREADS_MAX */
