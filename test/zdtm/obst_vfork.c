/* SPDX-License-Identifier: Apache-2.0 */
/* obst_vfork.c - obstacle: a thread in vfork, whose child has not called execve yet. */
/* zdtm: obstacle=task.shares-memory */
#include <signal.h>
#include <sys/syscall.h>
#include "obst.h"

static uint32_t child;

static void *run(void *arg)
{
	pid_t pid = vfork();

	if (!pid) {
		__atomic_store_n(&child, getpid(), __ATOMIC_RELEASE);
		futex_wake(&child, 1);
		for (;;)
			syscall(SYS_pause);
	}
	must(pid);
	test_reap(pid, SIGKILL);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	test_init(argc, argv);
	thread = test_thread(run, NULL);
	event_wait(&child);
	wait_syscall(child, SYS_pause);
	test_daemon();
	test_waitsig();
	must(kill(child, SIGKILL));
	test_join(thread);
	pass();
}
