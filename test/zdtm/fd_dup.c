/* SPDX-License-Identifier: Apache-2.0 */
/* fd_dup.c - duplicated descriptors share offset and flags; a second open of the same file does not. */
#include "files.h"

int main(int argc, char **argv)
{
	int a, b, other;

	test_init(argc, argv);
	records_make("data", 20);
	a = file_open("data", O_RDWR);
	b = must(fcntl(a, F_DUPFD, 200));
	other = file_open("data", O_RDWR);
	record_expect(a, 0);
	record_expect(other, 0);
	test_daemon();
	test_waitsig();
	record_expect(b, 1);
	record_expect(a, 2);
	record_expect(other, 1);
	must(lseek(b, 10 * RECORD, SEEK_SET));
	record_expect(a, 10);
	must(fcntl(b, F_SETFL, O_APPEND));
	check(must(fcntl(a, F_GETFL)) & O_APPEND, "flags are not shared");
	check(!(must(fcntl(other, F_GETFL)) & O_APPEND), "flags are shared with another open file");
	must(close(a));
	record_expect(b, 11);
	pass();
}
