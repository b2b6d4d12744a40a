/* SPDX-License-Identifier: Apache-2.0 */
/* obst_hugetlbfs.c - obstacle: a file of the huge page pool. */
/* zdtm: obstacle=fd.hugetlbfs */
#include <sys/mount.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	test_init(argc, argv);
	must(mkdir(test_path("fs"), 0755));
	need(mount("none", test_path("fs"), "hugetlbfs", 0, NULL), "cannot mount hugetlbfs");
	fd = file_open("fs/data", O_RDWR | O_CREAT);
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(st.st_size == 0, "the size changed");
	must(umount2(test_path("fs"), MNT_DETACH));
	pass();
}
