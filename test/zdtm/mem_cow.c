/* SPDX-License-Identifier: Apache-2.0 */
/* mem_cow.c - three generations that share pages by copy-on-write: each has its own view, before and after more writes. */
#include <sys/syscall.h>
#include "vma.h"

enum { PAGES = 60, GENERATIONS = 3 };

/* After it was forked, generation g > 0 wrote each page whose number modulo GENERATIONS + 1 is g. */
static uint32_t seed_of(size_t page, uint32_t generation)
{
	uint32_t writer = page % (GENERATIONS + 1);

	return writer && writer <= generation ? writer * 1000 + page : page;
}

static void check_view(const char *mem, uint32_t generation)
{
	for (size_t i = 0; i < PAGES; i++)
		check(test_datachk(mem + i * PAGE, PAGE, seed_of(i, generation)) < 0, "generation %u: page %zu changed",
		      generation, i);
}

int main(int argc, char **argv)
{
	uint32_t generation = 0;
	pid_t child = 0;
	char *mem;

	test_init(argc, argv);
	mem = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
	for (size_t i = 0; i < PAGES; i++)
		test_datagen(mem + i * PAGE, PAGE, i);
	while (generation + 1 < GENERATIONS && !(child = test_fork())) {
		generation++;
		for (size_t i = generation; i < PAGES; i += GENERATIONS + 1)
			test_datagen(mem + i * PAGE, PAGE, generation * 1000 + i);
	}
	if (child)
		wait_syscall(child, SYS_futex);
	if (!generation)
		test_daemon();
	test_waitsig();
	check_view(mem, generation);
	/* What this one writes now must not show in its child, which looks afterwards, nor the other way round. */
	for (size_t i = 0; i < PAGES; i++)
		test_datagen(mem + i * PAGE, PAGE, 5000 + generation);
	if (child)
		test_end(child);
	for (size_t i = 0; i < PAGES; i++)
		check(test_datachk(mem + i * PAGE, PAGE, 5000 + generation) < 0,
		      "generation %u: a child's write shows in page %zu", generation, i);
	if (generation)
		_exit(0);
	pass();
}
