/* SPDX-License-Identifier: Apache-2.0 */
/* dump_end.c - the end of a tree whose checkpoint is safe. */
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <time.h>

#include "cleanup.h"
#include "dump_state.h"
#include "guard.h"

#define LINGER_MS 300		/* how long others have to reap what is dead */

/* Once more in those where it failed: there is no way back from here. */
static int run_surely(struct tracee *const *list, size_t n)
{
	return remote_run(list, n) < 0 ? remote_run(list, n) : 0;
}

/* The kernel writes into shared memory when a task dies: it marks robust
 * mutexes and clears clear_child_tid. The restored task still owns them. */
static int disarm(struct dump *d)
{
	struct tracee **list = NULL;
	size_t n = 0;
	int r = 0, err;

	EACH_PROCESS(p, &d->tree)
		EACH_TASK(t, p) {
			struct tracee **place;

			if (t->silent || (!t->image->robust_list && !t->image->clear_child_tid))
				continue;
			remote_ask(t->tracee, 0, 0, SYS_set_robust_list, REMOTE_ARGS(0, t->image->robust_list_len ? t->image->robust_list_len : 24));
			remote_ask(t->tracee, 0, 0, SYS_set_tid_address, REMOTE_ARGS(0));
			place = ARENA_ADD(d->mem, list, n);
			if (place) {
				*place = t->tracee;
				continue;
			}
			/* No memory for the list: this one by itself. */
			err = run_surely(&t->tracee, 1);
			r = r ?: err;
		}
	err = run_surely(list, n);
	return r ?: err;
}

/* A leader is to be waited for last: its end is told when all threads are gone. */
static void reap(struct process *p)
{
	for (size_t i = p->n_tasks; i-- > 0;) {
		struct tracee *t = p->tasks[i]->tracee;

		while (!t->gone) {
			t->running = true;
			if (tracee_wait(t) == 0)
				tracee_resume(t, PTRACE_CONT, 0);
		}
		tracee_free(t);
		p->tasks[i]->tracee = NULL;
	}
}

/* What stays behind does so because its parent does not wait for it: one for
 * all, as they have the same parent when theirs is dead. */
static void say_what_lingers(struct dump *d)
{
	struct where at = { .fd = -1 };
	struct proc_stat stat = { 0 };
	size_t n = 0;

	EACH_PROCESS(p, &d->tree)
		if (kill(p->pid, 0) == 0 && n++ == 0) {
			at.pid = p->pid;
			proc_read_stat(d->mem, p->dir, &stat);
		}
	if (n == 1)
		say(SAY_WARN, &at, "dead, but its parent %d has not waited for it: the pid cannot be taken again before that", stat.ppid);
	if (n > 1)
		say(SAY_WARN, &at, "dead, like %zu others of the tree, but its parent %d has not waited for it: "
		    "these pids cannot be taken again before that", n - 1, stat.ppid);
}

static void await_reaping(struct dump *d)
{
	struct timespec nap = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < LINGER_MS; i++) {
		bool there = false;

		EACH_PROCESS(p, &d->tree)
			there |= kill(p->pid, 0) == 0;
		if (!there)
			return;
		nanosleep(&nap, NULL);
	}
	say_what_lingers(d);
}

/* Of the guard, from the moment that there is no way back. */
static void kill_all(const void *dump, size_t no_way_back)
{
	const struct dump *d = dump;

	if (no_way_back)
		EACH_PROCESS(p, &d->tree)
			syscall(SYS_pidfd_send_signal, p->pidfd, SIGKILL, NULL, 0);
}

int dump_guard(struct dump *d)
{
	int r = guard_start(&(struct guard_job){ kill_all, d }, &d->guard);

	return r < 0 ? fail(&d->at, r, "cannot make a process that watches over the end of the tree") : 0;
}

/* A disarmed task must not live on, nor a part of the tree: should ckpt die
 * from here on, everything does. */
static void burn_bridges(struct dump *d)
{
	guard_set(&d->guard, true);
	EACH_PROCESS(p, &d->tree)
		EACH_TASK(t, p)
			tracee_set_options(t->tracee, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
}

int dump_kill(struct dump *d)
{
	int r;

	d->tree.waits.patient = true;
	burn_bridges(d);
	r = disarm(d);
	if (r < 0 && r != -ESRCH)
		say(SAY_WARN, &d->at, "robust mutexes in shared memory may be marked as their owners' deaths would mark them");
	EACH_PROCESS(p, &d->tree)
		if (!p->zombie)
			kill(p->pid, SIGKILL);
	EACH_PROCESS(p, &d->tree) {
		if (!p->zombie)
			reap(p);
		remote_abandon(p->remote);
		p->remote = NULL;
	}
	d->seized = false;
	guard_end(&d->guard);
	await_reaping(d);
	return 0;
}
