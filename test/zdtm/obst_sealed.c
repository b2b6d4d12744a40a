/* SPDX-License-Identifier: Apache-2.0 */
/* obst_sealed.c - obstacle: a sealed mapping (mseal). */
/* zdtm: obstacle=mm.sealed */
#include <sys/syscall.h>
#include "obst.h"

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

int main(int argc, char **argv)
{
	char *mem;

	test_init(argc, argv);
	mem = map_anon(PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(mem, PAGE, 1);
	need(syscall(SYS_mseal, mem, PAGE, 0), "no mseal");
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	check(munmap(mem, PAGE) < 0 && errno == EPERM, "the seal is broken");
	pass();
}
