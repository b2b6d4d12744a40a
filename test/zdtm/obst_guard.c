/* SPDX-License-Identifier: Apache-2.0 */
/* obst_guard.c - obstacle: guard pages (MADV_GUARD_INSTALL). */
/* zdtm: obstacle=mm.guard */
#include <signal.h>
#include "obst.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

int main(int argc, char **argv)
{
	char *mem;

	test_init(argc, argv);
	mem = map_anon(4 * PAGE, PROT_READ | PROT_WRITE, 0);
	test_datagen(mem, PAGE, 1);
	need(madvise(mem + PAGE, PAGE, MADV_GUARD_INSTALL), "no guard pages");
	test_daemon();
	test_waitsig();
	check(test_datachk(mem, PAGE, 1) < 0, "data changed");
	check(touch_read(mem + PAGE) == SIGSEGV && touch_read(mem + 2 * PAGE) == 0, "the guard page moved");
	pass();
}
