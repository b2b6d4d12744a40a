/* SPDX-License-Identifier: Apache-2.0 */
/* obst_pty_master.c - obstacle: the master side of a pseudoterminal. */
/* zdtm: obstacle=fd.pty-master */
#include <stdlib.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int slave;
	long fd;

	test_init(argc, argv);
	fd = need(posix_openpt(O_RDWR | O_NOCTTY), "no pseudoterminals");
	must(grantpt(fd));
	must(unlockpt(fd));
	slave = must(open(ptsname(fd), O_RDWR | O_NOCTTY));
	bytes_write(slave, "typed", 5);
	test_daemon();
	test_waitsig();
	bytes_expect(fd, "typed", 5);
	pass();
}
