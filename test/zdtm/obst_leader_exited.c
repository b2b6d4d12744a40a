/* SPDX-License-Identifier: Apache-2.0 */
/* obst_leader_exited.c - obstacle: a process whose first thread has exited. */
/* zdtm: obstacle=task.leader-exited */
#include <signal.h>
#include "obst.h"

static void *run(void *arg)
{
	sigset_t set;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	check(!pthread_sigmask(SIG_UNBLOCK, &set, NULL), "cannot unblock SIGTERM");
	wait_state(getpid(), 'Z');
	test_daemon();
	test_waitsig();
	check(gettid() != getpid(), "the first thread is back");
	pass();
}

int main(int argc, char **argv)
{
	test_init(argc, argv);
	test_thread(run, NULL);
	pthread_exit(NULL);
}
