/* SPDX-License-Identifier: Apache-2.0 */
/* tree_freeze.c - stopping a live tree, and letting it go. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "model.h"
#include "say.h"
#include "vfork.h"

#define ROUNDS_MAX 1000		/* of looking for new threads and children */
#define UNSETTLED_LIMIT_NS 200000000ll
#define STOP_LIMIT_NS 3000000000ll	/* a task in vfork does not stop before its child lets it */

static int attach_failed(const struct tree *tree, const struct task *t, int err, const struct where *from)
{
	struct where at = *from;
	struct proc_status status;

	at.pid = t->tid;
	if (err == -EPERM && proc_read_status(tree->mem, t->dir, &status) == 0) {
		if (status.tracer)
			return fail(&at, 0, "already traced by process %d (task.traced); a debugger and ckpt cannot hold it both",
				    status.tracer);
		if (status.state == 'Z')
			return fail(&at, 0, "the first thread of this process has ended while others run "
				    "(task.leader-exited); such a process cannot be saved yet");
	}
	return fail(&at, err, "cannot stop the task");
}

/* 1: it has ended meanwhile, which is nobody's fault. */
static int attach(struct tree *tree, struct task *t, const struct where *at)
{
	struct proc_stat stat;
	int r = tracee_attach(t->tid, &tree->waits, &t->tracee);
	int looked = r == -EPERM ? proc_read_stat(tree->mem, t->dir, &stat) : 0;

	if (r == -ESRCH || looked == -ESRCH || looked == -ENOENT)
		return 1;
	if (r == -EPERM && looked == 0 && stat.state == 'Z' && stat.threads <= 1)
		return 1;
	return r < 0 ? attach_failed(tree, t, r, at) : 0;
}

static void drop_task(struct task *t)
{
	struct process *p = t->process;

	for (size_t i = 0; i < p->n_tasks; i++) {
		if (p->tasks[i] != t)
			continue;
		memmove(&p->tasks[i], &p->tasks[i + 1], (p->n_tasks - i - 1) * sizeof(*p->tasks));
		p->n_tasks--;
		break;
	}
	proc_close(t->dir);
	tracee_free(t->tracee);
	t->tracee = NULL;
	/* Its parent is stopped and does not reap it: not to be found again as new.
	 * Should it not tell, it is found and dropped once more. */
	if (p->n_tasks == 0 && proc_read_stat(t->tree->mem, p->dir, &p->stat) == 0)
		p->zombie = p->stat.state == 'Z' && p->stat.threads <= 1;
}

static int settle_failed(struct tree *tree, const struct task *t, int err, const struct where *from)
{
	struct where at = *from;

	at.pid = t->tid;
	if (err == -EINTR)
		return fail(&at, 0, "interrupted by signal %d", tree->waits.signal);
	if (err == -ETIMEDOUT && vfork_waits(t))
		return fail(&at, 0, "the task waits in vfork for a child that shares its memory (task.shares-memory); "
			    "try again when the child has called execve");
	if (err == -ETIMEDOUT)
		return fail(&at, 0, "the task does not stop: it is busy in the kernel; try again later");
	return fail(&at, err, "the task does not stop");
}

/* 1: it has ended meanwhile. */
static int settle(struct tree *tree, struct task *t, const struct where *at, bool *ret_again)
{
	int r = vfork_settle(t, ret_again);

	if (r == -ESRCH)
		return 1;
	if (r < 0)
		return settle_failed(tree, t, r, at);
	r = t->tracee ? early_solve(t) : 0;
	if (r == -ESRCH)
		return 1;
	if (r == 0 || r == -EINTR || r == -ETIMEDOUT)
		return r < 0 ? settle_failed(tree, t, r, at) : 0;
	return fail(&(struct where){ .phase = at->phase, .pid = t->tid, .fd = -1 }, r,
		    "cannot tell which call the task sleeps in");
}

static int stop(struct tree *tree, struct task *t, const struct where *at, bool *ret_again)
{
	int r = attach(tree, t, at);

	return r == 0 && early_is_delicate(t) ? settle(tree, t, at, ret_again) : r;
}

/* Stop all that is known and not stopped yet. Children first: a parent in
 * vfork waits for its child, which may be in vfork as well. */
static int stop_known(struct tree *tree, const struct where *at, bool *ret_again)
{
	int r = 0;

	for (size_t i = 0; i < tree->n; i++) {
		struct process *p = tree->list[i];

		for (size_t j = 0; r >= 0 && j < p->n_tasks;) {
			struct task *t = p->tasks[j];

			r = t->tracee ? 0 : stop(tree, t, at, ret_again);
			if (r == 1)
				drop_task(t);
			else
				j++;
		}
		if (r < 0)
			return r;
	}
	for (size_t i = tree->n; i > 0; i--) {
		struct process *p = tree->list[i - 1];

		for (size_t j = 0; j < p->n_tasks;) {
			struct task *t = p->tasks[j];

			r = t->tracee && t->tracee->running ? settle(tree, t, at, ret_again) : 0;
			if (r < 0)
				return r;
			if (r == 1)
				drop_task(t);
			else
				j++;
		}
	}
	return 0;
}

/* 1: its zombie was reaped, or its parent is gone and it has a new one. */
static int look_at_end(const struct tree *tree, struct process *p)
{
	int r = proc_read_stat(tree->mem, p->dir, &p->stat);

	if (r == 0 && p->stat.state != 'Z')
		return 1;
	if (r == 0)
		r = proc_read_status(tree->mem, p->dir, &p->status);
	if (r == 0)
		p->zombie = true;
	return r == -ENOENT || r == -ESRCH ? 1 : r;
}

/* Processes that ended while we were at it: zombies, or gone for good. */
static int settle_ends(struct tree *tree, const struct where *at)
{
	size_t kept = 0;

	for (size_t i = 0; i < tree->n; i++) {
		struct process *p = tree->list[i];

		int r = p->zombie || p->n_tasks == 0 ? look_at_end(tree, p) : 0;

		if (r < 0)
			return fail(at, r, "cannot look at process %d, which has ended", p->pid);
		if (r == 1 && !p->parent)
			return fail(at, 0, "process %d ended before it could be stopped", p->pid);
		if (r == 1)
			continue;
		p->index = (uint32_t)kept;
		tree->list[kept++] = p;
	}
	tree->n = kept;
	return kept && !tree->list[0]->zombie ? 0 :
		fail(at, 0, "the process ended before it could be stopped");
}

int tree_freeze(struct tree *tree, const struct where *at)
{
	int64_t whole = tree->waits.deadline_ns;
	size_t more = 1;
	int r = 0;

	tree->frozen_at_ns = io_now_ns(CLOCK_MONOTONIC);
	tree->waits.deadline_ns = tree->frozen_at_ns + STOP_LIMIT_NS;
	if (whole && whole < tree->waits.deadline_ns)
		tree->waits.deadline_ns = whole;
	for (unsigned round = 0; r == 0 && more; round++) {
		bool again = false;

		if (round > ROUNDS_MAX)
			return fail(at, 0, "the tree makes new tasks faster than they can be stopped");
		r = stop_known(tree, at, &again);
		if (r == 0) {
			r = tree_list(tree, &more);
			if (r < 0)
				fail(at, r, "cannot list the tasks of the tree");
			more += again;
		}
	}
	tree->waits.deadline_ns = whole;
	return r < 0 ? r : settle_ends(tree, at);
}

/* Tasks that have not stopped yet may wait for one that has (vfork): these come
 * after all others. One that still does not stop is let go by our own end. */
static void release_unsettled(struct tree *tree)
{
	int64_t end = io_now_ns(CLOCK_MONOTONIC) + UNSETTLED_LIMIT_NS;

	EACH_PROCESS(p, tree)
		EACH_TASK(t, p) {
			if (!t->tracee)
				continue;
			tree->waits = (struct waits){ .deadline_ns = end, .ignore_signals = true };
			if (tracee_settle(t->tracee) == 0 || t->tracee->gone)
				tracee_release(t->tracee);
			else
				tracee_free(t->tracee);
			t->tracee = NULL;
		}
}

static void close_remotes(struct tree *tree)
{
	struct remote **list = FAULTY_ALLOC(calloc(tree->n, sizeof(*list)));
	size_t n = 0;

	EACH_PROCESS(p, tree) {
		if (p->remote && list)
			list[n++] = p->remote;
		else if (p->remote)
			remote_close(&p->remote, 1);
		p->remote = NULL;
	}
	remote_close(list, n);
	free(list);
}

void tree_release(struct tree *tree)
{
	tree->waits.patient = true;
	EACH_PROCESS(p, tree)
		EACH_TASK(t, p)
			if (t->tracee && t->tracee->settled)
				tracee_catch(t->tracee);
	close_remotes(tree);
	/* Else the first that is let go may run in ckpt's place, before the others are. */
	cpus_go_first(&tree->turn, true);
	EACH_PROCESS(p, tree)
		EACH_TASK(t, p)
			if (t->tracee && t->tracee->settled) {
				tracee_release(t->tracee);
				t->tracee = NULL;
			}
	cpus_go_first(&tree->turn, false);
	release_unsettled(tree);
	tree->released_at_ns = io_now_ns(CLOCK_MONOTONIC);
}

void tree_close(struct tree *tree)
{
	EACH_PROCESS(p, tree) {
		EACH_TASK(t, p)
			proc_close(t->dir);
		if (p->pidfd >= 0)
			close(p->pidfd);
		bpf_iter_close(p->iter);
		proc_close(p->dir);
	}
}
