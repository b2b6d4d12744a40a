/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pdeathsig_thread.c - obstacle: a signal at the death of a parent who is not the first thread of its process. */
/* zdtm: obstacle=task.pdeathsig */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "obst.h"

static uint32_t done;
static pid_t child;

static void wait_here(void)
{
	sigset_t none;

	sigemptyset(&none);
	must(sigprocmask(SIG_SETMASK, &none, NULL));
	must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	test_waitsig();
}

static void *run(void *arg)
{
	pid_t pid = test_fork();

	if (!pid) {
		wait_here();
		_exit(0);
	}
	wait_syscall(pid, SYS_futex);
	__atomic_store_n(&child, pid, __ATOMIC_RELEASE);
	event_wait(&done);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	thread = test_thread(run, NULL);
	while (!__atomic_load_n(&child, __ATOMIC_ACQUIRE))
		sched_yield();
	test_daemon();
	test_waitsig();
	test_end(child);
	event_set(&done);
	test_join(thread);
	pass();
}
