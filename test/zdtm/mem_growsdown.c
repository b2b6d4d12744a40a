/* SPDX-License-Identifier: Apache-2.0 */
/* mem_growsdown.c - a MAP_GROWSDOWN mapping: its grown extent, and that it goes on growing. */
#include "vma.h"

enum { PAGES = 4, ROOM = 1024 };	/* the kernel keeps 256 pages below it free */

int main(int argc, char **argv)
{
	char *room, *mem;

	test_init(argc, argv);
	room = map_anon((ROOM + PAGES) * PAGE, PROT_NONE, 0);
	must(munmap(room, (ROOM + PAGES) * PAGE));
	mem = must(mmap(room + ROOM * PAGE, PAGES * PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0));
	test_datagen(mem, PAGE, 1);
	mem -= PAGE;
	test_datagen(mem, PAGE, 2);
	check(vma_flag(mem, "gd"), "MAP_GROWSDOWN shows no flag");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_flag(mem, "gd"), "the flag is lost");
	check(test_datachk(mem, PAGE, 2) < 0 && test_datachk(mem + PAGE, PAGE, 1) < 0, "data changed");
	check(touch_write(mem - PAGE) == 0, "it does not grow any more");
	test_datagen(mem - PAGE, PAGE, 3);
	check(test_datachk(mem - PAGE, PAGE, 3) < 0 && test_datachk(mem, PAGE, 2) < 0, "data changed as it grew");
	pass();
}
