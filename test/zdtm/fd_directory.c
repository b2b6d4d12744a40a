/* SPDX-License-Identifier: Apache-2.0 */
/* fd_directory.c - a directory read half-way goes on where it was, and is still good for openat and fchdir. */
#include <dirent.h>
#include <stdio.h>
#include "files.h"

enum { FILES = 60, SOME = 160 };	/* SOME bytes of entries per call */

/* Reads entries until the end or `max` of them; their numbers (-1 for dots) in order. */
static size_t list(int fd, int *found, size_t max)
{
	_Alignas(struct dirent64) char buf[sizeof(struct dirent64)];
	size_t n = 0;
	ssize_t len;

	while (n < max && (len = must(getdents64(fd, buf, SOME))) > 0)
		for (ssize_t at = 0; at < len; n++) {
			struct dirent64 *entry = (struct dirent64 *)(buf + at);

			check(n < FILES + 2, "the directory has too many entries");
			if (sscanf(entry->d_name, "file%d", &found[n]) != 1)
				found[n] = -1;
			at += entry->d_reclen;
		}
	return n;
}

int main(int argc, char **argv)
{
	int all[FILES + 2], some[FILES + 2], fd;
	size_t n, before;
	char name[32];

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	for (int i = 0; i < FILES; i++) {
		snprintf(name, sizeof(name), "dir/file%d", i);
		records_make(name, 1);
	}
	fd = file_open("dir", O_RDONLY | O_DIRECTORY);
	n = list(fd, all, FILES + 3);
	check(n == FILES + 2, "the directory has %zu entries", n);
	must(close(fd));
	fd = file_open("dir", O_RDONLY | O_DIRECTORY);
	before = list(fd, some, 20);
	check(before >= 20 && before < 40, "read %zu entries", before);
	test_daemon();
	test_waitsig();
	n = before + list(fd, some + before, FILES + 3 - before);
	check(n == FILES + 2, "%zu entries in all, %zu of them before", n, before);
	check(!memcmp(all, some, sizeof(all)), "the entries are not those of an undisturbed reader");
	must(close(must(openat(fd, "file7", O_RDONLY))));
	must(fchdir(fd));
	must(access("file8", F_OK));
	pass();
}
