/* SPDX-License-Identifier: Apache-2.0 */
/* fd_many.c - 5,000 open files, each with an offset of its own. */
#include <stdio.h>
#include <sys/resource.h>
#include "files.h"

enum { FILES = 5000 };

int main(int argc, char **argv)
{
	struct rlimit limit;
	static int fd[FILES];
	char name[32];

	test_init(argc, argv);
	must(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_max < FILES + 100)
		skip("RLIMIT_NOFILE is at most %lu", (unsigned long)limit.rlim_max);
	if (limit.rlim_cur < FILES + 100) {
		limit.rlim_cur = limit.rlim_max;
		must(setrlimit(RLIMIT_NOFILE, &limit));
	}
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "file%u", i);
		fd[i] = file_open(name, O_RDWR | O_CREAT);
		record_write(fd[i], i);
		record_write(fd[i], i + 1);
		must(lseek(fd[i], i % 2 * RECORD, SEEK_SET));
	}
	test_daemon();
	test_waitsig();
	for (unsigned i = 0; i < FILES; i++)
		record_expect(fd[i], i + i % 2);
	pass();
}
