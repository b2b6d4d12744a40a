/* SPDX-License-Identifier: Apache-2.0 */
/* fd_chmod.c - files that were opened when it was allowed, and now could not be. */
#include "files.h"

int main(int argc, char **argv)
{
	int in, out;

	test_init(argc, argv);
	records_make("source", 5);
	records_make("target", 5);
	in = file_open("source", O_RDONLY);
	out = file_open("target", O_WRONLY);
	must(fchmod(in, 0));
	must(fchmod(out, 0444));
	test_daemon();
	test_waitsig();
	record_expect(in, 0);
	record_write(out, 77);
	record_expect_at("target", 0, 77);
	pass();
}
