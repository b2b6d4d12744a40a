/* SPDX-License-Identifier: Apache-2.0 */
/* obst_hidden.c - obstacle: an open file in a directory over which a file system was mounted. */
/* zdtm: obstacle=fd.unreachable */
#include <sys/mount.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	records_make("dir/data", 5);
	fd = file_open("dir/data", O_RDONLY);
	need(mount("none", test_path("dir"), "tmpfs", 0, NULL), "cannot mount");
	test_daemon();
	test_waitsig();
	record_expect(fd, 0);
	must(umount2(test_path("dir"), MNT_DETACH));
	pass();
}
