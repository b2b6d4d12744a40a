/* SPDX-License-Identifier: Apache-2.0 */
/* obst_memfd_mapped.c - obstacle: a mapped memfd whose descriptor is closed. */
/* zdtm: obstacle=mm.memfd */
#include "obst.h"

int main(int argc, char **argv)
{
	char *mem;
	int fd;

	test_init(argc, argv);
	fd = must(memfd_create("test", 0));
	must(ftruncate(fd, PAGE));
	mem = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	test_datagen(mem, PAGE, 1);
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	pass();
}
