/* SPDX-License-Identifier: Apache-2.0 */
/* mem_private.c - private anonymous memory: written pages come back, untouched and zero pages cost nothing. */
#include "vma.h"

enum { PAGES = 96 };

int main(int argc, char **argv)
{
	uint64_t written = 0;
	char *mem;

	test_init(argc, argv);
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; i < PAGES; i++) {
		if (i % 3 == 0 || i % 8 == 0) {
			test_datagen(mem + i * PAGE, PAGE, i);
			written++;
		} else if (i % 3 == 1) {
			check(!((volatile char *)mem)[i * PAGE], "fresh page is not zero");
		}
	}
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	/* The zero page does not count as resident. */
	check(vma_kb(mem, "Rss") <= written * PAGE / 1024, "%llu KiB resident, %llu pages were written",
	      (unsigned long long)vma_kb(mem, "Rss"), (unsigned long long)written);
	for (size_t i = 0; i < PAGES; i++) {
		char *page = mem + i * PAGE;

		if (i % 3 == 0 || i % 8 == 0) {
			check(test_datachk(page, PAGE, i) < 0, "page %zu changed", i);
			continue;
		}
		check(i % 3 == 1 || !page_there(page), "page %zu was never touched and is there", i);
		for (size_t k = 0; k < PAGE; k++)
			check(!page[k], "page %zu is not zero at %zu", i, k);
	}
	pass();
}
