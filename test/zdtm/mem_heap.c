/* SPDX-License-Identifier: Apache-2.0 */
/* mem_heap.c - the heap: contents, end, and that it grows and shrinks where it ended. */
#include "vma.h"

enum { SIZE = 1 << 20, MORE = 256 << 10 };

int main(int argc, char **argv)
{
	char *start, *end, *more;

	test_init(argc, argv);
	maps_save();	/* for its malloc: the heap below must exist */
	start = must(sbrk(SIZE));
	end = must(sbrk(100));
	test_datagen(start, SIZE + 100, 1);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(sbrk(0) == end + 100, "break was %p, now %p", end + 100, sbrk(0));
	check(test_datachk(start, SIZE + 100, 1) < 0, "heap changed");
	more = must(sbrk(MORE));
	check(more == end + 100, "heap grew at %p, not at %p", more, end + 100);
	for (size_t i = 0; i < MORE; i++)
		check(!more[i], "new heap is not zero at %zu", i);
	test_datagen(more, MORE, 2);
	check(test_datachk(start, SIZE + 100, 1) < 0 && test_datachk(more, MORE, 2) < 0, "heap changed as it grew");
	must(brk(start));
	check(sbrk(0) == start, "heap did not shrink");
	pass();
}
