/* SPDX-License-Identifier: Apache-2.0 */
/* clone_files.c - a child that shares the descriptor table (CLONE_FILES) goes on sharing it. */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "zdtm.h"

enum { NEW = 77 };

int main(int argc, char **argv)
{
	pid_t pid;
	int fd;

	test_init(argc, argv);
	fd = must(open("/dev/null", O_WRONLY));
	pid = must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0));
	if (!pid) {
		test_waitsig();
		must(close(fd));
		must(dup2(STDIN_FILENO, NEW));
		_exit(0);
	}
	wait_syscall(pid, SYS_futex);
	test_daemon();
	test_waitsig();
	test_end(pid);
	check(fcntl(fd, F_GETFD) == -1, "the descriptor that the child closed is open");
	check(fcntl(NEW, F_GETFD) == 0, "the descriptor that the child made is not there");
	pass();
}
