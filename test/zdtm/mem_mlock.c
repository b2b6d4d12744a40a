/* SPDX-License-Identifier: Apache-2.0 */
/* mem_mlock.c - locked memory: mlock, mlock2 on fault, and how much is locked. */
#include "vma.h"

enum { PAGES = 4 };

int main(int argc, char **argv)
{
	uint64_t locked;
	char *all, *on_fault;

	test_init(argc, argv);
	all = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	on_fault = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(all, PAGE, 1);
	test_datagen(on_fault + PAGE, PAGE, 2);
	if (mlock(all, PAGES * PAGE) < 0 || mlock2(on_fault, PAGES * PAGE, MLOCK_ONFAULT) < 0)
		skip("cannot lock memory: %s", strerror(errno));
	locked = task_status(getpid(), "VmLck", 10);
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(task_status(getpid(), "VmLck", 10) == locked, "%llu KiB were locked, now %llu",
	      (unsigned long long)locked, (unsigned long long)task_status(getpid(), "VmLck", 10));
	check(vma_flag(all, "lo") && !vma_flag(all, "lf"), "mlock: the flags changed");
	check(vma_flag(on_fault, "lo") && vma_flag(on_fault, "lf"), "mlock2: the flags changed");
	for (size_t i = 0; i < PAGES; i++)
		check(page_entry(all + i * PAGE) & PM_PRESENT, "mlock: page %zu is not resident", i);
	check(!page_there(on_fault) && !page_there(on_fault + 2 * PAGE), "mlock2: untouched page is there");
	check(test_datachk(all, PAGE, 1) < 0 && test_datachk(on_fault + PAGE, PAGE, 2) < 0, "data changed");
	pass();
}
