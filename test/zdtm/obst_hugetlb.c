/* SPDX-License-Identifier: Apache-2.0 */
/* obst_hugetlb.c - obstacle: memory of the huge page pool. */
/* zdtm: obstacle=mm.hugetlb */
#include "obst.h"

int main(int argc, char **argv)
{
	unsigned char there;
	char *mem;

	test_init(argc, argv);
	/* Not touched, so that it works with an empty pool. */
	mem = need_map(2UL << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1,
		       "no huge pages");
	test_daemon();
	test_waitsig();
	must(mincore(mem, PAGE, &there));
	check(vma_flag(mem, "ht") && !there, "the mapping changed");
	pass();
}
