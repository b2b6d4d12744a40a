/* SPDX-License-Identifier: Apache-2.0 */
/* mem_moved.c - pages that mremap has swapped: neighbours whose offsets do not follow each other. */
#include "vma.h"

enum { PAGES = 4 };

int main(int argc, char **argv)
{
	char *mem, *spare;

	test_init(argc, argv);
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	spare = map_anon(2 * PAGE, PROT_NONE, 0);
	for (size_t i = 0; i < PAGES; i++)
		test_datagen(mem + i * PAGE, PAGE, i);
	must(mremap(mem + PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, spare));
	must(mremap(mem + 2 * PAGE, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, mem + PAGE));
	must(mremap(spare, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, mem + 2 * PAGE));
	check(vma_kb(mem, "Size") == 4, "the kernel merged what this test needs apart");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(test_datachk(mem, PAGE, 0) < 0 && test_datachk(mem + PAGE, PAGE, 2) < 0 &&
	      test_datachk(mem + 2 * PAGE, PAGE, 1) < 0 && test_datachk(mem + 3 * PAGE, PAGE, 3) < 0, "data changed");
	pass();
}
