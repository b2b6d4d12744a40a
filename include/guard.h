/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - who ends a tree, should ckpt die in the midst of letting it go, or of killing it.
 *
 *   guard_start()   guard_set() ...   guard_commit()   guard_end()
 *
 * Dies ckpt before guard_commit(), the guard does its job. Should the guard
 * die, nothing is lost.
 */
#pragma once
#include <stddef.h>
#include <sys/types.h>

struct guard_job {
	void (*at_death)(const void *context, size_t n);	/* n: as last set, 0 at first */
	const void *context;	/* as it is at guard_start(); descriptors are shared with ckpt's own */
};

struct guard {
	pid_t pid;		/* 0: none */
	int nice;		/* ckpt's own, for afterwards */
	int ckpt;		/* a pidfd of ckpt */
	struct guarded *shared;
};

int guard_start(const struct guard_job *job, struct guard *ret);	/* 0 or -errno */
void guard_set(struct guard *g, size_t n);	/* a single store */
void guard_commit(struct guard *g);		/* another: from here on the guard does nothing */
void guard_end(struct guard *g);
