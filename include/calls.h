/* SPDX-License-Identifier: Apache-2.0 */
/* calls.h - system calls that a dump interrupts, and the time they had left. */
#pragma once
#include "model.h"
#include "obstacles.h"

/* What the image records of the call that task t was stopped in. *ret NULL: it
 * was in none, or in one that needs nothing but to be made again. */
int calls_interrupted(struct arena *a, struct task *t, struct obstacles *list, InterruptedCall **ret);

/* The call that restart_syscall(2) goes on with, if that is where t is; else, or
 * if nothing tells, 0. -errno: its memory cannot be read. */
long calls_restarted(const struct task *t);

/* Where a timed call takes its timeout from when it is made anew. */
enum call_timeout {
	TIMEOUT_NONE,		/* none, infinite, absolute, or kept up to date by the kernel */
	TIMEOUT_MS,		/* an int of milliseconds in argument `arg` */
	TIMEOUT_TIMESPEC,	/* argument `arg` points to a struct timespec */
};
struct call_timing {
	enum call_timeout how;
	unsigned arg;
	uint64_t ns;		/* the whole of it */
	int err;		/* -errno: its memory cannot be read; else 0 */
};
struct call_timing calls_timing(const struct tracee *t, long nr, const uint64_t arg[6]);

/* Let the interrupted call in t->regs, which the kernel would start anew in
 * full, go on with what remains of its timeout. Changes t->regs, and at most
 * 16 bytes below the red zone of its stack. */
int calls_shorten(struct tracee *t, const InterruptedCall *call);
