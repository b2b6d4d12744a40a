/* SPDX-License-Identifier: Apache-2.0 */
/* obst_opath.c - obstacle: a symbolic link open as a mere location (O_PATH). */
/* zdtm: obstacle=fd.o-path */
#include "obst.h"

int main(int argc, char **argv)
{
	char target[64] = { };
	int fd;

	test_init(argc, argv);
	must(symlink("nowhere/at all", test_path("link")));
	fd = file_open("link", O_PATH | O_NOFOLLOW);
	test_daemon();
	test_waitsig();
	must(readlinkat(fd, "", target, sizeof(target) - 1));
	check(!strcmp(target, "nowhere/at all"), "link says '%s'", target);
	pass();
}
