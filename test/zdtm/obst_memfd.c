/* SPDX-License-Identifier: Apache-2.0 */
/* obst_memfd.c - obstacle: an open memfd with contents. */
/* zdtm: obstacle=fd.memfd */
#include "obst.h"

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("test", MFD_CLOEXEC));
	bytes_write(fd, "in memory", 9);
	must(lseek(fd, 3, SEEK_SET));
	test_daemon();
	test_waitsig();
	bytes_expect(fd, "memory", 6);
	pass();
}
