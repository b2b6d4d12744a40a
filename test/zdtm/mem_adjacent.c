/* SPDX-License-Identifier: Apache-2.0 */
/* mem_adjacent.c - two neighbours alike in everything that maps shows, which the kernel did not merge, stay two. */
#include "vma.h"

int main(int argc, char **argv)
{
	char *mem;

	test_init(argc, argv);
	/*
	 * Pages 0 and 2 get anon_vmas of their own, as nothing compatible is next to them when they are
	 * first written; opening page 1 joins it to one of them, and the other cannot follow.
	 */
	mem = map_anon(3 * PAGE, PROT_READ | PROT_WRITE, 0);
	must(mprotect(mem + PAGE, PAGE, PROT_READ));
	test_datagen(mem, PAGE, 1);
	test_datagen(mem + 2 * PAGE, PAGE, 2);
	must(mprotect(mem + PAGE, PAGE, PROT_READ | PROT_WRITE));
	check(vma_kb(mem, "Size") < 3 * PAGE / 1024, "the kernel merged what this test needs apart");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(mem, PAGE, 1) < 0 && test_datachk(mem + 2 * PAGE, PAGE, 2) < 0, "data changed");
	pass();
}
