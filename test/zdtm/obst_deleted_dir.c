/* SPDX-License-Identifier: Apache-2.0 */
/* obst_deleted_dir.c - obstacle: an open directory that was removed. */
/* zdtm: obstacle=fd.deleted */
#include "obst.h"

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	fd = file_open("dir", O_RDONLY | O_DIRECTORY);
	must(rmdir(test_path("dir")));
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(S_ISDIR(st.st_mode) && st.st_nlink == 0, "it is another directory");
	pass();
}
