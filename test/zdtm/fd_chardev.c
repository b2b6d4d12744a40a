/* SPDX-License-Identifier: Apache-2.0 */
/* fd_chardev.c - null, zero, full, random and urandom: which is which, and their flags. */
#include "files.h"

static const struct { const char *path; int flags; } devices[] = {
	{ "/dev/null", O_RDWR | O_APPEND }, { "/dev/zero", O_RDONLY | O_NONBLOCK }, { "/dev/full", O_RDWR },
	{ "/dev/random", O_RDONLY }, { "/dev/urandom", O_RDONLY | O_CLOEXEC },
};
enum { DEVICES = sizeof(devices) / sizeof(*devices) };

int main(int argc, char **argv)
{
	struct stat st[DEVICES], now;
	int fd[DEVICES], flags[DEVICES];
	char buf[64], zero[64] = { };

	test_init(argc, argv);
	for (size_t i = 0; i < DEVICES; i++) {
		fd[i] = must(open(devices[i].path, devices[i].flags));
		flags[i] = must(fcntl(fd[i], F_GETFL));
		must(fstat(fd[i], &st[i]));
	}
	test_daemon();
	test_waitsig();
	for (size_t i = 0; i < DEVICES; i++) {
		must(fstat(fd[i], &now));
		check(now.st_rdev == st[i].st_rdev, "%s is now device %#llx", devices[i].path,
		      (unsigned long long)now.st_rdev);
		check(must(fcntl(fd[i], F_GETFL)) == flags[i], "%s: flags changed", devices[i].path);
	}
	check(must(read(fd[0], buf, 64)) == 0 && must(write(fd[0], buf, 64)) == 64, "null is not null");
	memset(buf, 1, 64);
	check(must(read(fd[1], buf, 64)) == 64 && !memcmp(buf, zero, 64), "zero is not zero");
	check(write(fd[2], buf, 1) < 0 && errno == ENOSPC, "full is not full");
	check(must(read(fd[3], buf, 1)) == 1, "random gives nothing");
	check(must(read(fd[4], buf, 64)) == 64 && memcmp(buf, zero, 64), "urandom gives zeros");
	pass();
}
