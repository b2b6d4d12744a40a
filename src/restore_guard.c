/* SPDX-License-Identifier: Apache-2.0 */
/* restore_guard.c - who ends a restored tree, should ckpt die while it lets go of it.
 *
 * Tasks die with ckpt until PTRACE_O_EXITKILL is taken away, which goes task by
 * task. The guard is a process that sleeps until ckpt dies or dismisses it. In
 * the former case it kills what ckpt had let go, and removes the pid file. What
 * it needs to know is in a page that both share; one store there is the commit.
 */
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "guard.h"

struct guarded {
	atomic_bool committed;
	atomic_size_t n;	/* of the first n processes, tasks may outlive ckpt */
};

/* Children first: who sees others die shall not have the time to do anything
 * about it. Processes that were not let go are dead by now: their pids are not
 * looked at. */
static void watch(const struct restore *r, struct guarded *shared, int ckpt)
{
	struct pollfd end = { .fd = ckpt, .events = POLLIN };

	setsid();	/* what kills ckpt's process group is not meant for this */
	while (poll(&end, 1, -1) != 1)
		;
	if (!atomic_load(&shared->committed)) {
		for (size_t i = atomic_load(&shared->n); i-- > 0;)
			kill(r->tree.list[i]->pid, SIGKILL);
		pidfile_remove(r);
	}
	_exit(0);
}

static pid_t clone_guard(const struct restore *r, struct guarded *shared, int ckpt)
{
	struct clone_args args = { .flags = CLONE_FILES };
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		watch(r, shared, ckpt);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pid;
}

int guard_start(const struct restore *r, struct guard *ret)
{
	struct guarded *shared = mmap(NULL, ARCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	autoclose ckpt = FAULTY(FAULT_OPEN, (int)syscall(SYS_pidfd_open, getpid(), 0));
	int nice = getpriority(PRIO_PROCESS, 0), err;
	pid_t pid = -1;

	if (ckpt >= 0 && shared != MAP_FAILED) {
		/* Tasks that ckpt let go run until the guard does: it comes first. */
		setpriority(PRIO_PROCESS, 0, -20);
		pid = clone_guard(r, shared, ckpt);
	}
	if (pid > 0) {
		*ret = (struct guard){ .pid = pid, .nice = nice, .ckpt = take_fd(&ckpt), .shared = shared };
		return 0;
	}
	err = errno;
	setpriority(PRIO_PROCESS, 0, nice);
	if (shared != MAP_FAILED)
		munmap(shared, ARCH_PAGE);
	return -err;
}

void guard_let_go(struct guard *g, size_t n)
{
	atomic_store(&g->shared->n, n);
}

void guard_commit(struct guard *g)
{
	atomic_store(&g->shared->committed, true);
}

void guard_end(struct guard *g)
{
	kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	setpriority(PRIO_PROCESS, 0, g->nice);
	close(g->ckpt);
	munmap(g->shared, ARCH_PAGE);
}
