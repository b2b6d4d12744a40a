/* SPDX-License-Identifier: Apache-2.0 */
/* fd_odd_names.c - files whose names have spaces, newlines, backslashes, bytes that are no UTF-8, or look like deleted ones. */
#include "files.h"

static const char *const names[] = {
	"with space", "new\nline", "tab\tand \\012 backslash", "no utf-8 \xff\xfe", "\xe2\x82\xac",
	"looks (deleted)", " (deleted)", "pipe:[123]", "anon_inode:[eventpoll]", "%s%n", "-t", "\"quoted'",
};
enum { NAMES = sizeof(names) / sizeof(*names) };

int main(int argc, char **argv)
{
	struct stat st[NAMES], now;
	int fd[NAMES];

	test_init(argc, argv);
	for (size_t i = 0; i < NAMES; i++) {
		records_make(names[i], i + 2);
		fd[i] = file_open(names[i], O_RDONLY);
		must(fstat(fd[i], &st[i]));
		record_expect(fd[i], 0);
	}
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < NAMES; i++) {
		must(fstat(fd[i], &now));
		check(now.st_ino == st[i].st_ino, "'%s' is now another file", names[i]);
		record_expect(fd[i], 1);
	}
	pass();
}
