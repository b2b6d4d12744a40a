/* SPDX-License-Identifier: Apache-2.0 */
/* mem_madvise.c - the flags that madvise leaves on a mapping, each on one of its own, and its data. */
#include "vma.h"

enum { PAGES = 4 };

static const struct { const char *name, *flag; int advice; } kinds[] = {
	{ "no advice", "??", MADV_NORMAL },
	{ "MADV_DONTFORK", "dc", MADV_DONTFORK },
	{ "MADV_DONTDUMP", "dd", MADV_DONTDUMP },
	{ "MADV_WIPEONFORK", "wf", MADV_WIPEONFORK },
	{ "MADV_NOHUGEPAGE", "nh", MADV_NOHUGEPAGE },
	{ "MADV_HUGEPAGE", "hg", MADV_HUGEPAGE },
	{ "MADV_MERGEABLE", "mg", MADV_MERGEABLE },
	{ "MADV_SEQUENTIAL", "sr", MADV_SEQUENTIAL },
	{ "MADV_RANDOM", "rr", MADV_RANDOM },
};
enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

/* Each mapping has its own flag, if the kernel knows it, and none of the others. */
static void check_flags(char **mem, const bool *known, const char *when)
{
	for (size_t i = 0; i < KINDS; i++)
		for (size_t k = 1; k < KINDS; k++)
			check(vma_flag(mem[i], kinds[k].flag) == (i == k && known[k]), "%s: %s: flag %s is wrong",
			      when, kinds[i].name, kinds[k].flag);
}

int main(int argc, char **argv)
{
	char *mem[KINDS];
	bool known[KINDS];

	test_init(argc, argv);
	for (size_t i = 0; i < KINDS; i++) {
		mem[i] = map_anon(PAGES * PAGE, PROT_READ | PROT_WRITE, 0);
		test_datagen(mem[i], PAGES * PAGE, i);
		known[i] = madvise(mem[i], PAGES * PAGE, kinds[i].advice) == 0;
		check(known[i] || errno == EINVAL, "%s: %s", kinds[i].name, strerror(errno));
	}
	check_flags(mem, known, "before");
	maps_save();
	test_daemon();
	test_waitsig();
	maps_same();
	check_flags(mem, known, "after");
	for (size_t i = 0; i < KINDS; i++)
		check(test_datachk(mem[i], PAGES * PAGE, i) < 0, "%s: data changed", kinds[i].name);
	pass();
}
