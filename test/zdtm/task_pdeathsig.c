/* SPDX-License-Identifier: Apache-2.0 */
/* task_pdeathsig.c - signals at a parent's death, of a child and of its second thread: kept, and sent. */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "files.h"

static uint32_t *got;

static void count(int sig)
{
	__atomic_fetch_add(got, sig, __ATOMIC_RELEASE);
}

static void *run(void *arg)
{
	must(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	for (;;)
		pause();
	return arg;
}

static void grandchild(void)
{
	sigset_t urgent;

	must(prctl(PR_SET_PDEATHSIG, SIGUSR2));
	test_thread_in(SYS_pause, run, NULL);
	sigemptyset(&urgent);
	sigaddset(&urgent, SIGUSR1);
	sigaddset(&urgent, SIGUSR2);
	must(sigprocmask(SIG_UNBLOCK, &urgent, NULL));
	for (;;)
		pause();
}

static void child(long ready)
{
	pid_t pid = test_fork();

	if (!pid)
		grandchild();
	wait_syscall(pid, SYS_pause);
	bytes_write((int)ready, &pid, sizeof(pid));
	test_waitsig();
}

int main(int argc, char **argv)
{
	pid_t middle, pid;
	int ready[2], sig;

	test_init(argc, argv);
	got = test_shared(sizeof(*got));
	signal(SIGUSR1, count);
	signal(SIGUSR2, count);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1));
	must(pipe(ready));
	middle = test_child(child, ready[1]);
	must(read(ready[0], &pid, sizeof(pid)));
	test_daemon();
	test_waitsig();
	check(!__atomic_load_n(got, __ATOMIC_ACQUIRE), "a signal was sent while the parent lived");
	must(prctl(PR_GET_PDEATHSIG, &sig));
	check(!sig, "the root has a signal: %d", sig);
	test_end(middle);
	while (__atomic_load_n(got, __ATOMIC_ACQUIRE) != SIGUSR1 + SIGUSR2)
		sched_yield();
	must(kill(pid, SIGKILL));
	test_reap(pid, SIGKILL);
	pass();
}
