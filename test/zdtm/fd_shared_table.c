/* SPDX-License-Identifier: Apache-2.0 */
/* fd_shared_table.c - two processes with one descriptor table (CLONE_FILES): what one opens or closes, the other sees. */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "files.h"

static void run_child(int closed)
{
	test_waitsig();
	check(fcntl(closed, F_GETFD) < 0 && errno == EBADF, "child: descriptor that the parent closed is open");
	record_expect(300, 0);
	must(dup2(file_open("data", O_RDONLY), 301));
	_exit(0);
}

int main(int argc, char **argv)
{
	pid_t child;
	int fd;

	test_init(argc, argv);
	records_make("data", 20);
	fd = file_open("data", O_RDONLY);
	child = must(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
	if (!child)
		run_child(fd);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	must(dup2(fd, 300));
	must(close(fd));
	test_end(child);
	record_expect(301, 0);
	record_expect(300, 1);
	pass();
}
