/* SPDX-License-Identifier: Apache-2.0 */
/* mem_readonly.c - memory made read-only after it was written, next to memory that never was writable, stays apart from it. */
#include <signal.h>
#include "vma.h"

enum { PAGES = 4 };

int main(int argc, char **argv)
{
	char *mem, *pure;

	test_init(argc, argv);
	/* Only the written half is accounted; the two have one protection but do not merge. */
	mem = map_anon(2 * PAGES * PAGE, PROT_NONE, 0);
	pure = mem + PAGES * PAGE;
	must(mmap(mem, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	test_datagen(mem, (PAGES - 1) * PAGE, 7);
	must(mprotect(mem, PAGES * PAGE, PROT_READ));
	must(mmap(pure, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	check(vma_flag(mem, "ac") && !vma_flag(pure, "ac"), "accounting is not what this test is about");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_flag(mem, "ac") && !vma_flag(pure, "ac"), "accounting changed");
	check(test_datachk(mem, (PAGES - 1) * PAGE, 7) < 0, "data changed");
	check(!page_there(mem + (PAGES - 1) * PAGE), "untouched page is there");
	check(touch_write(mem) == SIGSEGV && touch_write(pure) == SIGSEGV, "read-only memory can be written");
	must(mprotect(mem, PAGES * PAGE, PROT_READ | PROT_WRITE));
	mem[1]++;
	mem[1]--;
	check(test_datachk(mem, (PAGES - 1) * PAGE, 7) < 0, "data changed by making it writable");
	pass();
}
