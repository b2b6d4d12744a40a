/* SPDX-License-Identifier: Apache-2.0 */
/* single.h - one system call in each of many stopped tasks, side by side. */
#pragma once
#include <stddef.h>

#include "tracee.h"

struct single {
	struct tracee *t;
	struct user_regs_struct regs;	/* with which the task makes the call */
	long ret;			/* what it returned */
	int err;			/* 0, or -errno of the tracing: then there is no ret */
	bool masked;			/* everything is blocked already, for a call before it */
};

/* PTRACE_SYSCALL to the entry and to the exit, everything blocked meanwhile.
 * Those with an error already are passed over. Tasks are left in the exit stop,
 * with the registers and the mask of the call. Returns the first error. */
int single_run(struct single *list, size_t n);

/* As that, but they are interrupted on their way out, and left in the stop of
 * this: one in which the kernel still decides how an interrupted call goes on. */
int single_run_out(struct single *list, size_t n);

/* As tracee_to_signal_stop(), for many. */
void single_to_signal_stops(struct single *list, size_t n);
