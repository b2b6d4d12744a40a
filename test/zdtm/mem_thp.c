/* SPDX-License-Identifier: Apache-2.0 */
/* mem_thp.c - memory that asked for huge pages: contents, the flag, and the small-page parts around it. */
#include "vma.h"

#define HUGE (2UL << 20)

int main(int argc, char **argv)
{
	char *mem, *some;

	test_init(argc, argv);
	mem = map_anon(5 * HUGE + PAGE, PROT_READ | PROT_WRITE, 0);
	if (madvise(mem, 3 * HUGE, MADV_HUGEPAGE) < 0)
		skip("no transparent huge pages: %s", strerror(errno));
	test_datagen(mem, 5 * HUGE + PAGE, 1);
	/* Here a huge page is broken: a hole and a protection boundary in its middle. */
	some = (char *)(((uintptr_t)mem + HUGE - 1) & ~(HUGE - 1));
	must(madvise(some + 5 * PAGE, PAGE, MADV_DONTNEED));
	must(mprotect(some + 9 * PAGE, PAGE, PROT_READ));
	check(vma_flag(mem, "hg"), "MADV_HUGEPAGE shows no flag");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_flag(mem, "hg") && !vma_flag(mem + 4 * HUGE, "hg"), "the flag moved");
	for (size_t i = 0; i < PAGE; i++)
		check(!some[5 * PAGE + i], "dropped page is not zero");
	/* Generated from the start of mem on; put the hole back, and the whole must be as it was. */
	must(mprotect(some + 9 * PAGE, PAGE, PROT_READ | PROT_WRITE));
	check(test_datachk(mem, some + 5 * PAGE - mem, 1) < 0, "data before the hole changed");
	char *copy = map_anon(5 * HUGE + PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(copy, 5 * HUGE + PAGE, 1);
	memset(copy + (some - mem) + 5 * PAGE, 0, PAGE);
	check(!memcmp(copy, mem, 5 * HUGE + PAGE), "data after the hole changed");
	pass();
}
