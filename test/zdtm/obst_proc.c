/* SPDX-License-Identifier: Apache-2.0 */
/* obst_proc.c - obstacle: an open file of /proc, half read. */
/* zdtm: obstacle=fd.proc */
#include "obst.h"

int main(int argc, char **argv)
{
	char buf[64];
	int fd;

	test_init(argc, argv);
	fd = must(open("/proc/self/status", O_RDONLY));
	bytes_expect(fd, "Name:", 5);
	test_daemon();
	test_waitsig();
	check(must(read(fd, buf, sizeof(buf))) == sizeof(buf) && buf[0] == '\t', "it does not go on where it was");
	pass();
}
