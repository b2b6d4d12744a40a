/* SPDX-License-Identifier: Apache-2.0 */
/* obst_tmpfile.c - obstacle: a file that never had a name (O_TMPFILE). */
/* zdtm: obstacle=fd.deleted */
#include "obst.h"

int main(int argc, char **argv)
{
	long fd;

	test_init(argc, argv);
	fd = need(open(test_path(""), O_TMPFILE | O_RDWR, 0600), "no O_TMPFILE");
	record_write(fd, 7);
	must(lseek(fd, 0, SEEK_SET));
	test_daemon();
	test_waitsig();
	record_expect(fd, 7);
	pass();
}
