/* SPDX-License-Identifier: Apache-2.0 */
/* mem_big.c - 96 MiB in three mappings, with a hole after every seventh page. */
#include "vma.h"

enum { AREAS = 3, PAGES = 8192 };

static bool hole(size_t page)
{
	return page % 8 == 7;
}

int main(int argc, char **argv)
{
	char *area[AREAS];

	test_init(argc, argv);
	for (size_t a = 0; a < AREAS; a++) {
		area[a] = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
		must(madvise(area[a], PAGES * PAGE, a ? MADV_NORMAL : MADV_SEQUENTIAL));
		for (size_t i = 0; i < PAGES; i++)
			if (!hole(i))
				test_datagen(area[a] + i * PAGE, PAGE, a * PAGES + i);
	}
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	for (size_t a = 0; a < AREAS; a++) {
		/* A huge page that the kernel chose to give would fill the holes. */
		check(vma_kb(area[a], "AnonHugePages") || vma_kb(area[a], "Rss") <= PAGES / 8 * 7 * PAGE / 1024,
		      "area %zu: holes are filled", a);
		for (size_t i = 0; i < PAGES; i++)
			if (!hole(i))
				check(test_datachk(area[a] + i * PAGE, PAGE, a * PAGES + i) < 0,
				      "area %zu: page %zu changed", a, i);
			else
				check(!area[a][i * PAGE], "area %zu: hole %zu is not zero", a, i);
	}
	pass();
}
