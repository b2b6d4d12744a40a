/* SPDX-License-Identifier: Apache-2.0 */
/* static.c - the smallest program: its memory and its blocked futex call survive. */
#include "zdtm.h"

static char data[3 * 4096], bss_zero[4096];

int main(int argc, char **argv)
{
	test_init(argc, argv);
	test_datagen(data, sizeof(data), 1);
	test_daemon();
	test_waitsig();
	check(test_datachk(data, sizeof(data), 1) < 0, "data changed");
	for (size_t i = 0; i < sizeof(bss_zero); i++)
		check(!bss_zero[i], "bss is no longer zero at %zu", i);
	pass();
}
