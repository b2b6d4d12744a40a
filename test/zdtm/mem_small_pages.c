/* SPDX-License-Identifier: Apache-2.0 */
/* mem_small_pages.c - much memory that never becomes huge pages: with holes, beside its like, read-only, locked. */
#include <sys/wait.h>
#include "vma.h"

enum { LEFT, RIGHT, READ_ONLY, LOCKED, AREAS };
enum { PAGES = 1536 };

static bool hole(size_t area, size_t page)
{
	return area != LOCKED && page % 8 == 7;
}

static char *area_of(char *pair, char *others, size_t area)
{
	return area == LEFT ? pair : area == RIGHT ? pair + (PAGES + 1) * PAGE : others + (area - READ_ONLY) * PAGES * PAGE;
}

static char *map_small(size_t pages)
{
	char *mem = map_anon(pages * PAGE, PROT_READ | PROT_WRITE, 0);

	must(madvise(mem, pages * PAGE, MADV_NOHUGEPAGE));
	return mem;
}

static void look(char *pair, char *others)
{
	for (size_t a = 0; a < AREAS; a++)
		for (size_t i = 0; i < PAGES; i++) {
			char *page = area_of(pair, others, a) + i * PAGE;

			if (!hole(a, i))
				check(test_datachk(page, PAGE, a * PAGES + i) < 0, "area %zu: page %zu changed", a, i);
			else
				check(!*page, "area %zu: hole %zu is not zero", a, i);
		}
}

/* Pages are their owner's alone: a child that writes changes its own. */
static void write_in_child(char *pair, char *others)
{
	pid_t child = must(fork());
	int status;

	if (!child) {
		memset(area_of(pair, others, LEFT), 1, PAGES * PAGE);
		memset(area_of(pair, others, LOCKED), 1, PAGES * PAGE);
		_exit(0);
	}
	must(waitpid(child, &status, 0));
	check(status == 0, "a child cannot write to the memory");
	look(pair, others);
}

int main(int argc, char **argv)
{
	char *pair, *others;

	test_init(argc, argv);
	/* Two that look alike and are not merged: as in mem_adjacent. */
	pair = map_small(2 * PAGES + 1);
	must(mprotect(pair + PAGES * PAGE, PAGE, PROT_READ));
	others = map_small((AREAS - READ_ONLY) * PAGES);
	for (size_t a = 0; a < AREAS; a++)
		for (size_t i = 0; i < PAGES; i++)
			if (!hole(a, i))
				test_datagen(area_of(pair, others, a) + i * PAGE, PAGE, a * PAGES + i);
	must(mprotect(pair + PAGES * PAGE, PAGE, PROT_READ | PROT_WRITE));
	must(mprotect(area_of(pair, others, READ_ONLY), PAGES * PAGE, PROT_READ));
	if (mlock(area_of(pair, others, LOCKED), PAGES * PAGE) < 0)
		skip("no right to lock %zu KiB of memory", (size_t)PAGES * PAGE / 1024);
	check(vma_kb(pair, "Size") < (2 * PAGES + 1) * PAGE / 1024, "the kernel merged what this test needs apart");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check(vma_kb(pair, "Rss") < PAGES * PAGE / 1024, "holes are filled");
	look(pair, others);
	write_in_child(pair, others);
	pass();
}
