/* SPDX-License-Identifier: Apache-2.0 */
/* fd_opath.c - O_PATH descriptors of a file and a directory: no access, but a place. */
#include <stdio.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct stat st[2], now;
	char path[64], c;
	int fd[2];

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	records_make("dir/data", 2);
	fd[0] = file_open("dir/data", O_PATH);
	fd[1] = file_open("dir", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 2; i++)
		must(fstat(fd[i], &st[i]));
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < 2; i++) {
		must(fstat(fd[i], &now));
		check(now.st_ino == st[i].st_ino && now.st_dev == st[i].st_dev, "descriptor %zu is of another inode", i);
		check(must(fcntl(fd[i], F_GETFL)) & O_PATH, "descriptor %zu is no longer O_PATH", i);
	}
	check(read(fd[0], &c, 1) < 0 && errno == EBADF, "O_PATH descriptor can be read");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[0]);
	record_expect(must(open(path, O_RDONLY)), 0);
	record_expect(must(openat(fd[1], "data", O_RDONLY)), 0);
	pass();
}
