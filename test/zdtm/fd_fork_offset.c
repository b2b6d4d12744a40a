/* SPDX-License-Identifier: Apache-2.0 */
/* fd_fork_offset.c - parent and child move one offset, under different descriptor numbers. */
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	pid_t child;
	int fd, p[2];

	test_init(argc, argv);
	records_make("data", 20);
	fd = file_open("data", O_RDONLY);
	must(pipe(p));
	record_expect(fd, 0);
	child = test_fork();
	if (!child) {
		int high = must(dup2(fd, 77));

		must(close(fd));
		record_expect(high, 1);
		bytes_write(p[1], "x", 1);
		test_waitsig();
		record_expect(high, 3);
		must(lseek(high, 15 * RECORD, SEEK_SET));
		_exit(0);
	}
	bytes_expect(p[0], "x", 1);
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	record_expect(fd, 2);
	test_end(child);
	record_expect(fd, 15);
	pass();
}
