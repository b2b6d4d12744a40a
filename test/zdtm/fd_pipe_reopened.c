/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe_reopened.c - a pipe opened again through /proc/self/fd, for reading and writing at once, is the same pipe. */
#include <stdio.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct stat a, b;
	char path[64];
	int p[2], both, flags;

	test_init(argc, argv);
	must(pipe(p));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	both = must(open(path, O_RDWR | O_NONBLOCK));
	flags = must(fcntl(both, F_GETFL));
	bytes_write(both, "one", 3);
	must(close(p[1]));
	test_daemon();
	test_waitsig();
	check(must(fcntl(both, F_GETFL)) == flags, "flags were %#o, now %#o", flags, fcntl(both, F_GETFL));
	must(fstat(p[0], &a));
	must(fstat(both, &b));
	check(a.st_ino == b.st_ino, "they are two pipes");
	bytes_write(both, "two", 3);
	bytes_expect(p[0], "onet", 4);
	bytes_expect(both, "wo", 2);
	pass();
}
