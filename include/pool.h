/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - the same work on many items, by a few threads.
 *
 * Workers do I/O, checksums and copying; none of them traces (ptrace(2) binds
 * a tracee to one thread) or prints.
 */
#pragma once
#include <stddef.h>

/* Call work(context, i) for each i below n, on at most `threads` threads, the
 * caller's included; signals that end a command stay the caller's. Returns the
 * first negative result; items after it may not have been worked on. */
int pool_each(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context);

/* Likewise. Before each item of its own the calling thread asks stop(context):
 * a negative answer ends the work of all threads, and is the result. */
int pool_each_until(size_t n, unsigned threads, int (*work)(void *context, size_t i), void *context,
		    int (*stop)(void *context));

unsigned pool_threads(void);	/* as many as there are CPUs for this process, at most 8 */
