/* SPDX-License-Identifier: Apache-2.0 */
/* obst_secretmem_mapped.c - obstacle: secret memory (memfd_secret), mapped, its descriptor closed. */
/* zdtm: obstacle=mm.secretmem */
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	char *mem;
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_memfd_secret, 0), "no secret memory");
	must(ftruncate(fd, PAGE));
	mem = need_map(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, "cannot map secret memory");
	must(close(fd));
	test_datagen(mem, PAGE, 1);
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	pass();
}
