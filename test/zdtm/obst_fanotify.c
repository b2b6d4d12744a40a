/* SPDX-License-Identifier: Apache-2.0 */
/* obst_fanotify.c - obstacle: a fanotify group with a mark. */
/* zdtm: obstacle=fd.fanotify */
#include <sys/fanotify.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char buf[4096];
	long fd;

	test_init(argc, argv);
	must(mkdir(test_path("dir"), 0755));
	fd = need(fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_NONBLOCK, O_RDONLY), "no fanotify");
	need(fanotify_mark(fd, FAN_MARK_ADD, FAN_CREATE | FAN_ONDIR, AT_FDCWD, test_path("dir")), "cannot mark");
	test_daemon();
	test_waitsig();
	records_make("dir/data", 1);
	check(must(read(fd, buf, sizeof(buf))) > 0, "no event");
	pass();
}
