/* SPDX-License-Identifier: Apache-2.0 */
/* fd_append.c - writes through O_APPEND go to the end, wherever the offset is, and without it they do not. */
#include "files.h"

int main(int argc, char **argv)
{
	int append, plain;

	test_init(argc, argv);
	records_make("data", 10);
	append = file_open("data", O_WRONLY | O_APPEND);
	plain = file_open("data", O_RDWR | O_APPEND);
	must(fcntl(plain, F_SETFL, 0));
	must(lseek(append, 2 * RECORD, SEEK_SET));
	must(lseek(plain, 4 * RECORD, SEEK_SET));
	test_daemon();
	test_waitsig();
	record_write(append, 1000);
	record_write(plain, 1001);
	record_expect_at("data", 10, 1000);
	record_expect_at("data", 2, 2);
	record_expect_at("data", 4, 1001);
	check(must(lseek(append, 0, SEEK_CUR)) == 11 * RECORD, "the offset is not at the end");
	pass();
}
