/* SPDX-License-Identifier: Apache-2.0 */
/* fd_cloexec.c - close-on-exec belongs to the descriptor, not to what it refers to. */
#include "files.h"

int main(int argc, char **argv)
{
	int fd[4];

	test_init(argc, argv);
	records_make("data", 10);
	fd[0] = file_open("data", O_RDONLY | O_CLOEXEC);
	fd[1] = must(dup(fd[0]));
	fd[2] = must(fcntl(fd[0], F_DUPFD_CLOEXEC, 100));
	fd[3] = file_open("data", O_RDONLY);
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < 4; i++)
		check(must(fcntl(fd[i], F_GETFD)) == (i % 2 ? 0 : FD_CLOEXEC), "descriptor %zu: close-on-exec is wrong", i);
	must(lseek(fd[2], 3 * RECORD, SEEK_SET));
	record_expect(fd[1], 3);
	record_expect(fd[3], 0);
	pass();
}
