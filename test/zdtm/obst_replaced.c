/* SPDX-License-Identifier: Apache-2.0 */
/* obst_replaced.c - obstacle: an open file over which another one was mounted. */
/* zdtm: obstacle=fd.replaced */
#include <stdio.h>
#include <sys/mount.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char other[4096];
	int fd;

	test_init(argc, argv);
	records_make("data", 5);
	records_make("other", 1);
	fd = file_open("data", O_RDONLY);
	snprintf(other, sizeof(other), "%s", test_path("other"));
	need(mount(other, test_path("data"), NULL, MS_BIND, NULL), "cannot mount");
	test_daemon();
	test_waitsig();
	must(lseek(fd, 4 * RECORD, SEEK_SET));
	record_expect(fd, 4);
	must(umount2(test_path("data"), MNT_DETACH));
	pass();
}
