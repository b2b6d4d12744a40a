/* SPDX-License-Identifier: Apache-2.0 */
/* vfork.c - a task that does not stop before its child lets it.
 *
 * The parent in vfork(2) waits in the kernel until the child has called execve
 * or has ended, which a stopped child never does: it is let go once more.
 */
#include <errno.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "io.h"
#include "vfork.h"

#define USUAL_NS 2000000	/* in which other tasks stop, as a rule */

bool vfork_waits(const struct task *t)
{
	struct proc_syscall call;

	return proc_read_syscall(t->tree->mem, t->dir, &call) == 0 && !call.running &&
	       (call.nr == SYS_vfork || call.nr == SYS_clone || call.nr == SYS_clone3);
}

static bool shares_memory(const struct process *a, const struct process *b)
{
	return a != b && syscall(SYS_kcmp, a->pid, b->pid, KCMP_VM, 0, 0) == 0;
}

static int let_go(struct process *child, bool *ret_again)
{
	EACH_TASK(t, child) {
		int r = t->tracee && t->tracee->running ? tracee_settle(t->tracee) : 0;

		if (r < 0 && r != -ESRCH)
			return r;
		tracee_release(t->tracee);
		t->tracee = NULL;
		*ret_again = true;
	}
	return 0;
}

static int let_children_go(const struct process *parent, const struct tree *tree, bool *ret_again)
{
	EACH_PROCESS(p, tree) {
		int r = shares_memory(parent, p) ? let_go(p, ret_again) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int vfork_settle(struct task *t, bool *ret_again)
{
	struct waits *w = t->tracee->waits;
	int64_t whole = w->deadline_ns;

	for (int64_t patience = USUAL_NS;; patience *= 2) {
		int64_t soon = io_now_ns(CLOCK_MONOTONIC) + patience;
		bool last = whole && whole <= soon;
		int r;

		w->deadline_ns = last ? whole : soon;
		r = tracee_settle(t->tracee);
		w->deadline_ns = whole;
		if (r != -ETIMEDOUT || last)
			return r;
		if (vfork_waits(t))
			r = let_children_go(t->process, t->tree, ret_again);
		if (r < 0 && r != -ETIMEDOUT)
			return r;
	}
}
