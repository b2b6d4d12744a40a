/* SPDX-License-Identifier: Apache-2.0 */
/* fd_opath_symlink.c - an O_PATH descriptor of a symbolic link itself. */
#include "files.h"

int main(int argc, char **argv)
{
	char target[64] = { };
	struct stat st;
	int fd;

	test_init(argc, argv);
	must(symlink("nowhere/at all", test_path("link")));
	fd = file_open("link", O_PATH | O_NOFOLLOW);
	test_daemon();
	test_waitsig();
	must(fstat(fd, &st));
	check(S_ISLNK(st.st_mode), "mode is now %#o", st.st_mode);
	must(readlinkat(fd, "", target, sizeof(target) - 1));
	check(!strcmp(target, "nowhere/at all"), "link says '%s'", target);
	pass();
}
