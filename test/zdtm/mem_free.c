/* SPDX-License-Identifier: Apache-2.0 */
/* mem_free.c - MADV_FREE: each page is what it was or zero, and what was written afterwards stays. */
#include "vma.h"

enum { PAGES = 32 };

int main(int argc, char **argv)
{
	static const char zero[PAGE];
	char *mem;

	test_init(argc, argv);
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; i < PAGES; i++)
		test_datagen(mem + i * PAGE, PAGE, i);
	must(madvise(mem, PAGES * PAGE, MADV_FREE));
	for (size_t i = 0; i < PAGES; i += 2)
		test_datagen(mem + i * PAGE, PAGE, 100 + i);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	for (size_t i = 0; i < PAGES; i++) {
		char *page = mem + i * PAGE;

		if (i % 2 == 0)
			check(test_datachk(page, PAGE, 100 + i) < 0, "page %zu was written again and changed", i);
		else
			check(test_datachk(page, PAGE, i) < 0 || !memcmp(page, zero, PAGE),
			      "page %zu is neither what it was nor zero", i);
	}
	pass();
}
