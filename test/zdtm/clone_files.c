/* SPDX-License-Identifier: Apache-2.0 */
/* clone_files.c - two processes with one descriptor table (CLONE_FILES): what one opens or closes, the other sees. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "files.h"

enum { BY_PARENT = 300, BY_CHILD };

static void run_child(int of_parent, int of_child)
{
	int fd;

	test_waitsig();
	check(fcntl(of_parent, F_GETFD) == -1 && errno == EBADF, "child: the descriptor that the parent closed is open");
	record_expect(BY_PARENT, 0);
	fd = file_open("data", O_RDONLY);
	must(dup2(fd, BY_CHILD));
	must(close(fd));
	must(close(of_child));
	_exit(0);
}

int main(int argc, char **argv)
{
	int of_parent, of_child;
	pid_t child;

	test_init(argc, argv);
	records_make("data", 20);
	of_parent = file_open("data", O_RDONLY);
	of_child = file_open("data", O_RDONLY);
	child = must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, NULL, NULL, NULL, 0));
	if (!child)
		run_child(of_parent, of_child);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	must(dup2(of_parent, BY_PARENT));
	must(close(of_parent));
	test_end(child);
	check(fcntl(of_child, F_GETFD) == -1 && errno == EBADF, "the descriptor that the child closed is open");
	record_expect(BY_CHILD, 0);
	record_expect(BY_PARENT, 1);
	pass();
}
