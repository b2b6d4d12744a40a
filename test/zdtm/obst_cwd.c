/* SPDX-License-Identifier: Apache-2.0 */
/* obst_cwd.c - obstacle: a current directory that was removed. */
/* zdtm: obstacle=task.cwd */
#include "obst.h"

int main(int argc, char **argv)
{
	char buf[4096];

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	must(chdir(test_path("dir")));
	must(rmdir(test_path("dir")));
	test_daemon();
	test_waitsig();
	check(!getcwd(buf, sizeof(buf)) && errno == ENOENT, "it is somewhere else");
	pass();
}
