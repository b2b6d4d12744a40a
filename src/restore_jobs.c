/* SPDX-License-Identifier: Apache-2.0 */
/* restore_jobs.c - processes that were in a job-control stop.
 *
 * The stop is made while ckpt still holds the tasks: so that it is complete
 * before any of them could run, and so that a parent who had been told of it
 * is not told again. Remote calls work in it all the same, and when ckpt lets
 * go the tasks are in state T (ptrace(2), "Group-stop").
 */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "remote.h"
#include "restore_state.h"

static int to_group_stop(struct tracee *t, int sig)
{
	int err = tracee_resume(t, PTRACE_CONT, sig);

	while (err == 0) {
		err = tracee_wait(t);
		if (err < 0 || t->at == STOP_GROUP)
			return err;
		err = tracee_resume(t, PTRACE_CONT, t->at == STOP_SIGNAL ? t->signal : 0);
	}
	return err;
}

/* The first task that runs takes the signal off the queue; the others join. */
static int stop_process(struct restore *r, struct process *p)
{
	int err = kill(p->pid, SIGSTOP) < 0 ? -errno : 0;

	EACH_TASK(t, p)
		if (err == 0)
			err = to_group_stop(t->tracee, 0);
	return err < 0 ? fail(&r->at, err, "cannot stop process %d", p->pid) : 0;
}

/* The parent is made to wait for it, and to forget the SIGCHLD. */
static int tell_parent(struct restore *r, const struct process *p)
{
	struct tracee *parent = p->parent ? leader(p->parent)->tracee : NULL;
	const uint64_t set = 1ull << (SIGCHLD - 1);
	const struct timespec now = { 0 };

	if (!parent)
		return 0;
	if (!p->image->stop_untold)
		remote_ask(parent, 0, 0, SYS_wait4, REMOTE_ARGS((uint64_t)p->pid, 0, WUNTRACED | WNOHANG | __WALL, 0));
	remote_ask(parent, 0, 0, SYS_rt_sigtimedwait,
		   REMOTE_ARGS(remote_push(parent, &set, 8).va, 0, remote_push(parent, &now, 16).va, 8));
	return restore_run_all(r, &parent, 1, "tell the parent of a stopped process");
}

int restore_jobs(struct restore *r)
{
	EACH_PROCESS(p, &r->tree) {
		int err;

		if (p->zombie || !p->image->stopped)
			continue;
		r->at.pid = p->pid;
		err = stop_process(r, p);
		if (err == 0)
			err = tell_parent(r, p);
		if (err < 0)
			return err;
	}
	return 0;
}
