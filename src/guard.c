/* SPDX-License-Identifier: Apache-2.0 */
/* guard.c - who ends a tree, should ckpt die in the midst of letting it go, or of killing it.
 *
 * The guard is a process that sleeps until ckpt dies or dismisses it. In the
 * former case it does what it was made for. What it needs to know is in a page
 * that both share.
 */
#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
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
	atomic_size_t n;
};

static void watch(const struct guard_job *job, struct guarded *shared, int ckpt)
{
	struct pollfd end = { .fd = ckpt, .events = POLLIN };

	setsid();	/* what kills ckpt's process group is not meant for this */
	while (poll(&end, 1, -1) != 1)
		;
	if (!atomic_load(&shared->committed))
		job->at_death(job->context, atomic_load(&shared->n));
	_exit(0);
}

static pid_t clone_guard(const struct guard_job *job, struct guarded *shared, int ckpt)
{
	struct clone_args args = { .flags = CLONE_FILES };
	sigset_t all, old;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid == 0)
		watch(job, shared, ckpt);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	/* What is to die runs until the guard does. Nice values count within a
	 * session only (sched(7), "The autogroup feature"). Not every caller may. */
	if (pid > 0)
		sched_setscheduler(pid, SCHED_FIFO, &(struct sched_param){ .sched_priority = 1 });
	return pid;
}

int guard_start(const struct guard_job *job, struct guard *ret)
{
	struct guarded *shared = mmap(NULL, ARCH_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	autoclose ckpt = FAULTY(FAULT_OPEN, (int)syscall(SYS_pidfd_open, getpid(), 0));
	int nice = getpriority(PRIO_PROCESS, 0), err;
	pid_t pid = -1;

	if (ckpt >= 0 && shared != MAP_FAILED) {
		setpriority(PRIO_PROCESS, 0, -20);
		pid = clone_guard(job, shared, ckpt);
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

void guard_set(struct guard *g, size_t n)
{
	atomic_store(&g->shared->n, n);
}

void guard_commit(struct guard *g)
{
	atomic_store(&g->shared->committed, true);
}

void guard_end(struct guard *g)
{
	if (!g->pid)
		return;
	kill(g->pid, SIGKILL);
	while (waitpid(g->pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	setpriority(PRIO_PROCESS, 0, g->nice);
	close(g->ckpt);
	munmap(g->shared, ARCH_PAGE);
	g->pid = 0;
}
