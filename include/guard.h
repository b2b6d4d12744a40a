/* SPDX-License-Identifier: Apache-2.0 */
/* guard.h - who ends a restored tree, should ckpt die while it lets go of it.
 *
 *   guard_start()   guard_let_go() ...   guard_commit()   guard_end()
 *
 * Dies ckpt before guard_commit(), the guard kills the processes that were let
 * go, and removes the pid file. Should the guard die, nothing is lost.
 */
#pragma once
#include "restore_state.h"

struct guard {
	pid_t pid;
	int nice;		/* ckpt's own, for afterwards */
	int ckpt;		/* a pidfd of ckpt */
	struct guarded *shared;
};

/* r->tree and r->pidfile are as they will be. 0 or -errno. */
int guard_start(const struct restore *r, struct guard *ret);

void guard_let_go(struct guard *g, size_t n);	/* before anything of the n-th process is let go */
void guard_commit(struct guard *g);		/* from here on the tree outlives ckpt */
void guard_end(struct guard *g);
