/* SPDX-License-Identifier: Apache-2.0 */
/* obst_droppable.c - obstacle: memory that the kernel may drop (MAP_DROPPABLE). */
/* zdtm: obstacle=mm.droppable */
#include "obst.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

int main(int argc, char **argv)
{
	char *mem;

	test_init(argc, argv);
	mem = need_map(PAGE, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_DROPPABLE, -1, "no droppable memory");
	mem[0] = 1;
	test_daemon();
	test_waitsig();
	check(vma_flag(mem, "dp"), "it is no longer droppable");
	check(mem[0] == 1 || mem[0] == 0, "data changed");
	pass();
}
