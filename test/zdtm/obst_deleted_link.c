/* SPDX-License-Identifier: Apache-2.0 */
/* obst_deleted_link.c - obstacle: an open file whose name was removed, while another name of it remains. */
/* zdtm: obstacle=fd.deleted */
#include <stdio.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char other[4096];
	int fd;

	test_init(argc, argv);
	records_make("data", 5);
	fd = file_open("data", O_RDONLY);
	snprintf(other, sizeof(other), "%s", test_path("other"));
	must(link(test_path("data"), other));
	must(unlink(test_path("data")));
	/* Another file has the name now. */
	records_make("data", 1);
	test_daemon();
	test_waitsig();
	record_expect(fd, 0);
	record_expect(fd, 1);
	pass();
}
