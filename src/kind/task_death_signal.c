/* SPDX-License-Identifier: Apache-2.0 */
/* task_death_signal.c - the signal that a task gets when its parent ends (PR_SET_PDEATHSIG). */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>

#include "cleanup.h"
#include "proc.h"
#include "task_part.h"

static int ask(struct task *t, struct answer *to)
{
	to->room = remote_push(t->tracee, NULL, 8);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_PDEATHSIG, to->room.va));
	return to->call < 0 ? to->call : 0;
}

/* It is a thread that is the parent, and at its end the signal is sent. A
 * restore makes all children by the first threads of their parents. 1, 0, or -errno. */
static int is_child_of_leader(struct arena *a, const struct process *p)
{
	const struct process *parent = p->parent;
	pid_t *pids;
	size_t n = 0;
	int r = !parent || parent->zombie ? 0 : proc_list_task_children(a, leader(parent)->dir, &pids, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = pids[i] == p->pid;
	return r;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	int sig, r;

	if (t->silent)
		return 0;
	if (remote_result(t->tracee, from->call) < 0)
		return (int)remote_result(t->tracee, from->call);
	memcpy(&sig, remote_view(t->tracee, from->room), sizeof(sig));
	t->image->death_signal = (uint32_t)sig;
	r = sig ? is_child_of_leader(a, t->process) : 1;
	if (r == 0)
		obstacle(list, "task.pdeathsig", AT_PID(t->tid), "Save a larger part of the tree; or let the program call prctl(PR_SET_PDEATHSIG, 0).",
			 "the task has a parent-death signal, and its parent is %s", t->process->parent ?
			 "a thread that is not the first of its process" : "outside the tree");
	return MIN(r, 0);
}

/* A change of ids takes it away, so it comes after that. */
static int put(struct task *t)
{
	return t->image->death_signal && PUT(t->tracee, SYS_prctl, PR_SET_PDEATHSIG, t->image->death_signal) < 0 ? -ENOSPC : 0;
}

const struct task_part death_signal_part = {
	.name = "parent-death signal", .stage = STAGE_LAST, .ask = ask, .take = take, .put = put,
};
