/* SPDX-License-Identifier: Apache-2.0 */
/* fd_inherit.c - an open file shared by the first and the third generation; the second has closed its copy. */
#include <sys/syscall.h>
#include "files.h"

static void run_grandchild(int fd)
{
	test_waitsig();
	record_expect(fd, 1);
	_exit(0);
}

static void run_child(int fd, int ready)
{
	pid_t grandchild = test_fork();

	if (!grandchild) {
		must(close(ready));
		run_grandchild(fd);
	}
	wait_syscall(grandchild, SYS_futex);
	/* The number is taken by another open file of the same path. */
	must(dup2(file_open("data", O_RDONLY), fd));
	must(lseek(fd, 9 * RECORD, SEEK_SET));
	bytes_write(ready, "x", 1);
	test_waitsig();
	test_end(grandchild);
	record_expect(fd, 9);
	_exit(0);
}

int main(int argc, char **argv)
{
	int fd, ready[2];
	pid_t child;

	test_init(argc, argv);
	records_make("data", 20);
	fd = file_open("data", O_RDONLY);
	must(pipe(ready));
	child = test_fork();
	if (!child)
		run_child(fd, ready[1]);
	bytes_expect(ready[0], "x", 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	record_expect(fd, 0);
	test_end(child);
	record_expect(fd, 2);
	pass();
}
