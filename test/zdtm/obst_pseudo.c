/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pseudo.c - obstacle: an open file of the tracing file system. */
/* zdtm: obstacle=fd.pseudo */
#include <sys/mount.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	test_init(argc, argv);
	must(mkdir(test_path("fs"), 0755));
	need(mount("none", test_path("fs"), "tracefs", 0, NULL), "cannot mount tracefs");
	fd = file_open("fs/README", O_RDONLY);
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	must(umount2(test_path("fs"), MNT_DETACH));
	pass();
}
