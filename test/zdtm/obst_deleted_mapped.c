/* SPDX-License-Identifier: Apache-2.0 */
/* obst_deleted_mapped.c - obstacle: a mapped file that was removed. */
/* zdtm: obstacle=mm.deleted */
#include "obst.h"

int main(int argc, char **argv)
{
	char *mem;
	int fd;

	test_init(argc, argv);
	fd = file_open("data", O_RDWR | O_CREAT);
	must(ftruncate(fd, PAGE));
	mem = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	must(close(fd));
	test_datagen(mem, PAGE, 1);
	must(unlink(test_path("data")));
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	pass();
}
