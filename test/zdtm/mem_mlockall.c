/* SPDX-License-Identifier: Apache-2.0 */
/* mem_mlockall.c - after mlockall(MCL_FUTURE) also mappings made after a restore are locked. */
#include "vma.h"

enum { PAGES = 4 };

int main(int argc, char **argv)
{
	char *old, *fresh;

	test_init(argc, argv);
	old = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(old, PAGES * PAGE, 1);
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
		skip("cannot lock all memory: %s", strerror(errno));
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_flag(old, "lo") && vma_flag(old, "lf"), "MCL_CURRENT: the flags changed");
	check(test_datachk(old, PAGES * PAGE, 1) < 0, "data changed");
	fresh = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	check(vma_flag(fresh, "lo") && vma_flag(fresh, "lf"), "MCL_FUTURE is forgotten");
	must(munlockall());
	fresh = map_anon(PAGES * PAGE, PROT_READ, 0);
	check(!vma_flag(fresh, "lo"), "munlockall does nothing");
	pass();
}
