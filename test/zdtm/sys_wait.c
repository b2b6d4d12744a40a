/* SPDX-License-Identifier: Apache-2.0 */
/* sys_wait.c - threads blocked in wait4 and waitid for children that end after the restore. */
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "zdtm.h"

static pid_t children[2];

static void *in_wait4(void *arg)
{
	int status;
	pid_t pid = waitpid(children[0], &status, 0);

	check(pid == children[0], "wait4: %d, %s", pid, strerror(errno));
	check(WIFEXITED(status) && WEXITSTATUS(status) == 40, "wait4: status %#x", status);
	return arg;
}

static void *in_waitid(void *arg)
{
	siginfo_t info = {};

	check(!waitid(P_PID, children[1], &info, WEXITED), "waitid: %s", strerror(errno));
	check(info.si_pid == children[1] && info.si_code == CLD_EXITED && info.si_status == 41,
	      "waitid: pid %d code %d status %d", info.si_pid, info.si_code, info.si_status);
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t threads[2];

	test_init(argc, argv);
	for (int i = 0; i < 2; i++) {
		children[i] = test_fork();
		if (!children[i]) {
			test_waitsig();
			_exit(40 + i);
		}
		wait_syscall(children[i], SYS_futex);
	}
	threads[0] = test_thread_in(SYS_wait4, in_wait4, NULL);
	threads[1] = test_thread_in(SYS_waitid, in_waitid, NULL);
	test_daemon();
	test_waitsig();
	for (int i = 0; i < 2; i++) {
		must(kill(children[i], SIGTERM));
		test_join(threads[i]);
	}
	pass();
}
