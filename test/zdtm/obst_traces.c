/* SPDX-License-Identifier: Apache-2.0 */
/* obst_traces.c - obstacle: a child is the tracer of a process outside of the tree, which would lose it. */
/* zdtm: obstacle=task.traces */
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "obst.h"

static uint32_t *traced;

static void be_traced(int arg)
{
	(void)arg;
	__atomic_store_n(traced, getpid(), __ATOMIC_RELEASE);
	for (;;)
		pause();
}

static void trace(long pid)
{
	must(ptrace(PTRACE_SEIZE, pid, NULL, NULL));
	test_waitsig();
	check(task_status(pid, "TracerPid", 10) == (uint64_t)getpid(), "it is not traced any more");
	must(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL));
	must(waitpid(pid, NULL, __WALL));
	must(ptrace(PTRACE_DETACH, pid, NULL, 0));
}

int main(int argc, char **argv)
{
	pid_t pid, child;

	test_init(argc, argv);
	traced = test_shared(sizeof(*traced));
	outsider(be_traced, 0);
	while (!(pid = __atomic_load_n(traced, __ATOMIC_ACQUIRE)))
		sched_yield();
	wait_syscall(pid, SYS_pause);
	child = test_child(trace, pid);
	test_daemon();
	test_waitsig();
	test_end(child);
	must(kill(pid, SIGKILL));
	pass();
}
