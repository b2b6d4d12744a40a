/* SPDX-License-Identifier: Apache-2.0 */
/* mem_many_vmas.c - 5,000 VMAs with alternating protections. */
#include <signal.h>
#include "vma.h"

enum { PAGES = 5000 };

int main(int argc, char **argv)
{
	char *mem;

	test_init(argc, argv);
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; i < PAGES; i++)
		test_datagen(mem + i * PAGE, 64, i);
	for (size_t i = 0; i < PAGES; i += 2)
		must(mprotect(mem + i * PAGE, PAGE, i % 4 ? PROT_READ : PROT_READ | PROT_EXEC));
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	for (size_t i = 0; i < PAGES; i++)
		check(test_datachk(mem + i * PAGE, 64, i) < 0, "page %zu changed", i);
	check(touch_write(mem) == SIGSEGV && touch_write(mem + PAGE) == 0, "protection changed");
	pass();
}
