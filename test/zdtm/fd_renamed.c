/* SPDX-License-Identifier: Apache-2.0 */
/* fd_renamed.c - an open file that was renamed, and one whose directory was. */
#include <stdio.h>
#include "files.h"

int main(int argc, char **argv)
{
	int file, deep;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	records_make("data", 5);
	records_make("dir/data", 7);
	file = file_open("data", O_RDONLY);
	deep = file_open("dir/data", O_RDONLY);
	must(lseek(deep, 6 * RECORD, SEEK_SET));
	must(chdir(test_path("")));
	must(rename("data", "moved"));
	must(rename("dir", "moved dir"));
	/* What has the old name now is another file. */
	records_make("data", 1);
	test_daemon();
	test_waitsig();
	must(lseek(file, 4 * RECORD, SEEK_SET));
	record_expect(file, 4);
	record_expect(deep, 6);
	pass();
}
