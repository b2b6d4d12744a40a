/* SPDX-License-Identifier: Apache-2.0 */
/* obst_orphans.c - obstacle: a stopped process outside of the tree, in a process group that the tree's end would orphan. */
/* zdtm: flags=kills obstacle=task.orphans */
#include <signal.h>
#include <sys/syscall.h>
#include "obst.h"

static uint32_t *stopped;

static void job(long arg)
{
	pid_t child;

	(void)arg;
	must(setpgid(0, 0));
	child = test_fork();
	if (!child) {
		if (!test_fork()) {
			while (getppid() != 1)
				sched_yield();
			__atomic_store_n(stopped, getpid(), __ATOMIC_RELEASE);
			must(raise(SIGSTOP));
			_exit(0);
		}
		_exit(0);
	}
	test_reap(child, 0);
	test_waitsig();
}

int main(int argc, char **argv)
{
	pid_t pid, child;

	test_init(argc, argv);
	stopped = test_shared(sizeof(*stopped));
	child = test_child(job, 0);
	while (!(pid = __atomic_load_n(stopped, __ATOMIC_ACQUIRE)))
		sched_yield();
	wait_state(pid, 'T');
	test_daemon();
	test_waitsig();
	wait_state(pid, 'T');
	must(kill(pid, SIGKILL));
	test_end(child);
	pass();
}
