/* SPDX-License-Identifier: Apache-2.0 */
/* tree_leader_exited.c - obstacle: a process whose first thread has ended while another goes on. */
/* zdtm: obstacle=task.leader-exited */
#include <signal.h>
#include "zdtm.h"

static pid_t pid, tid;

static void *run(void *arg)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	tid = gettid();
	wait_state(pid, 'Z');
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	test_daemon();
	test_waitsig();
	check(getpid() == pid, "pid was %d, is %d", pid, getpid());
	check(gettid() == tid, "tid was %d, is %d", tid, gettid());
	wait_state(pid, 'Z');
	pass();
	return arg;
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	pid = getpid();
	test_thread(run, NULL);
	pthread_exit(NULL);
}
