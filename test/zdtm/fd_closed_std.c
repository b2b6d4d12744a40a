/* SPDX-License-Identifier: Apache-2.0 */
/* fd_closed_std.c - a program that has closed its standard input: number 0 stays free. */
#include "files.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	records_make("data", 5);
	must(close(0));
	test_daemon();
	test_waitsig();
	check(fcntl(0, F_GETFD) < 0 && errno == EBADF, "descriptor 0 is open");
	check(file_open("data", O_RDONLY) == 0, "the lowest free number is not 0");
	record_expect(0, 0);
	pass();
}
