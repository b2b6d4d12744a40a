/* SPDX-License-Identifier: Apache-2.0 */
/* fd_eventfd_blocked.c - a child blocked in reading an eventfd that it shares wakes up when its parent writes, with no error. */
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	uint64_t value = 5;
	pid_t child;
	int fd;

	test_init(argc, argv);
	fd = must(eventfd(0, 0));
	child = test_fork();
	if (!child) {
		check(must(read(fd, &value, 8)) == 8 && value == 7, "child: read %llu", (unsigned long long)value);
		_exit(0);
	}
	wait_syscall(child, SYS_read);
	test_daemon();
	test_waitsig();
	value = 7;
	bytes_write(fd, &value, 8);
	test_reap(child, 0);
	pass();
}
