/* SPDX-License-Identifier: Apache-2.0 */
/* mem_sparse.c - few pages in 64 GiB without reservation: contents, flag, and no other page appears. */
#include "vma.h"

#define SIZE (64UL << 30)
#define STEP (5UL << 30)

int main(int argc, char **argv)
{
	size_t n = 0;
	char *mem;

	test_init(argc, argv);
	mem = map_anon(SIZE, PROT_READ | PROT_WRITE, MAP_NORESERVE);
	for (size_t at = 3 * PAGE; at < SIZE; at += STEP, n++)
		test_datagen(mem + at, PAGE, at / PAGE);
	check(vma_flag(mem, "nr"), "MAP_NORESERVE shows no flag");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_flag(mem, "nr"), "MAP_NORESERVE is lost");
	check(vma_kb(mem, "Rss") <= n * PAGE / 1024, "pages appeared");
	for (size_t at = 3 * PAGE; at < SIZE; at += STEP) {
		check(test_datachk(mem + at, PAGE, at / PAGE) < 0, "page at %#zx changed", at);
		check(!page_there(mem + at - PAGE) && !page_there(mem + at + PAGE), "neighbour of %#zx is there", at);
	}
	pass();
}
