/* SPDX-License-Identifier: Apache-2.0 */
/* obst_deleted.c - obstacle: an open file that was removed. */
/* zdtm: obstacle=fd.deleted */
#include "obst.h"

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	records_make("data", 5);
	fd = file_open("data", O_RDONLY);
	must(unlink(test_path("data")));
	test_daemon();
	test_waitsig();
	record_expect(fd, 0);
	pass();
}
