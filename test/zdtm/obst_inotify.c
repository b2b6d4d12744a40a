/* SPDX-License-Identifier: Apache-2.0 */
/* obst_inotify.c - obstacle: an inotify instance with a watch. */
/* zdtm: obstacle=fd.inotify */
#include <sys/inotify.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char buf[4096];
	int fd;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	fd = must(inotify_init1(IN_NONBLOCK));
	must(inotify_add_watch(fd, test_path("dir"), IN_CREATE));
	test_daemon();
	test_waitsig();
	records_make("dir/data", 1);
	check(must(read(fd, buf, sizeof(buf))) > 0, "no event");
	pass();
}
