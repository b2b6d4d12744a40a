/* SPDX-License-Identifier: Apache-2.0 */
/* task_no_new_privs.c - no_new_privs, which a thread has and its process has not. */
#include <sys/prctl.h>
#include <sys/syscall.h>
#include "zdtm.h"

static uint32_t done;

static void *run(void *arg)
{
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	event_wait(&done);
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "the thread lost no_new_privs");
	return arg;
}

static void child(long arg)
{
	(void)arg;
	must(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	test_waitsig();
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, "the child lost no_new_privs");
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	test_init(argc, argv);
	thread = test_thread_in(SYS_futex, run, NULL);
	pid = test_child(child, 0);
	test_daemon();
	test_waitsig();
	check(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "the first thread has no_new_privs");
	event_set(&done);
	test_join(thread);
	test_end(pid);
	pass();
}
