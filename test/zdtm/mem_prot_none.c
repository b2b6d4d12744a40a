/* SPDX-License-Identifier: Apache-2.0 */
/* mem_prot_none.c - data behind PROT_NONE, anonymous and copied from a file, is there when it is opened again. */
#include <fcntl.h>
#include <signal.h>
#include "vma.h"

enum { PAGES = 8 };

static char *file_copy(void)
{
	int fd = must(open(test_path("data"), O_RDWR | O_CREAT, 0600));
	char *mem;

	must(ftruncate(fd, PAGES * PAGE));
	mem = must(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	must(close(fd));
	return mem;
}

static void check_closed(char *mem)
{
	check(touch_read(mem) == SIGSEGV, "PROT_NONE page can be read");
	must(mprotect(mem, PAGES * PAGE, PROT_READ | PROT_WRITE));
	for (size_t i = 0; i < PAGES; i += 2)
		check(test_datachk(mem + i * PAGE, PAGE, i) < 0, "page %zu changed", i);
	for (size_t i = 1; i < PAGES; i += 2)
		check(!mem[i * PAGE], "page %zu is not zero", i);
}

int main(int argc, char **argv)
{
	char *mem[2];

	test_init(argc, argv);
	mem[0] = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	mem[1] = file_copy();
	for (size_t m = 0; m < 2; m++) {
		for (size_t i = 0; i < PAGES; i += 2)
			test_datagen(mem[m] + i * PAGE, PAGE, i);
		must(mprotect(mem[m], PAGES * PAGE, PROT_NONE));
	}
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check_closed(mem[0]);
	check_closed(mem[1]);
	pass();
}
