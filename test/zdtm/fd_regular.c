/* SPDX-License-Identifier: Apache-2.0 */
/* fd_regular.c - one file opened in many ways: access mode, status flags and offset of each. */
#include "files.h"

enum { RECORDS = 100 };

static const struct { const char *name; int flags, set; off_t pos; } ways[] = {
	{ "read", O_RDONLY, 0, 10 * RECORD },
	{ "write", O_WRONLY, 0, 20 * RECORD },
	{ "both", O_RDWR, 0, 30 * RECORD },
	{ "append", O_RDWR | O_APPEND, 0, 40 * RECORD },
	{ "append, set later", O_RDWR, O_APPEND, 50 * RECORD },
	{ "nonblock", O_RDONLY | O_NONBLOCK, 0, 0 },
	{ "nonblock, set later", O_RDONLY, O_NONBLOCK, 1 },
	{ "sync", O_WRONLY | O_SYNC, 0, 60 * RECORD },
	{ "dsync", O_WRONLY | O_DSYNC, 0, 60 * RECORD },
	{ "noatime", O_RDONLY | O_NOATIME, 0, 60 * RECORD },
	{ "nofollow", O_RDONLY | O_NOFOLLOW, 0, 70 * RECORD },
	{ "at the end", O_RDONLY, 0, RECORDS * RECORD },
	{ "5 GiB beyond the end", O_RDWR, 0, 5LL << 30 },
	/* A restore must not create or truncate. */
	{ "created", O_RDWR | O_CREAT, 0, 3 * RECORD },
};
enum { WAYS = sizeof(ways) / sizeof(*ways) };

static void check_access(size_t i, int fd)
{
	int mode = ways[i].flags & O_ACCMODE;
	char c;

	if (mode == O_RDONLY)
		check(write(fd, "x", 1) < 0 && errno == EBADF, "%s: can be written", ways[i].name);
	if (mode == O_WRONLY)
		check(read(fd, &c, 1) < 0 && errno == EBADF, "%s: can be read", ways[i].name);
	else if (ways[i].pos % RECORD == 0 && ways[i].pos < RECORDS * RECORD)
		record_expect(fd, ways[i].pos / RECORD);
	else if (ways[i].pos >= RECORDS * RECORD)
		check(must(read(fd, &c, 1)) == 0, "%s: not at the end", ways[i].name);
}

int main(int argc, char **argv)
{
	int fd[WAYS], flags[WAYS];

	test_init(argc, argv);
	records_make("data", RECORDS);
	for (size_t i = 0; i < WAYS; i++) {
		fd[i] = file_open("data", ways[i].flags);
		flags[i] = must(fcntl(fd[i], F_GETFL));
		if (ways[i].set)
			must(fcntl(fd[i], F_SETFL, flags[i] | ways[i].set));
		flags[i] = must(fcntl(fd[i], F_GETFL));
		must(lseek(fd[i], ways[i].pos, SEEK_SET));
	}
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < WAYS; i++) {
		int now = must(fcntl(fd[i], F_GETFL));
		off_t pos = must(lseek(fd[i], 0, SEEK_CUR));

		check(now == flags[i], "%s: flags were %#o, now %#o", ways[i].name, flags[i], now);
		check(pos == ways[i].pos, "%s: offset was %lld, now %lld", ways[i].name, (long long)ways[i].pos,
		      (long long)pos);
	}
	for (size_t i = 0; i < WAYS; i++)
		check_access(i, fd[i]);
	pass();
}
