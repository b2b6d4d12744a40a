/* SPDX-License-Identifier: Apache-2.0 */
/* task_coredump_filter.c - which memory a core file would have, other than what ckpt has itself. */
#include <stdio.h>
#include "zdtm.h"

static void filter(const char *mode, unsigned *value)
{
	FILE *f = fopen("/proc/self/coredump_filter", mode);

	if (!f)
		skip("no coredump filter: %s", strerror(errno));
	check(*mode == 'r' ? fscanf(f, "%x", value) == 1 : fprintf(f, "%#x\n", *value) > 0, "coredump_filter fails");
	check(fclose(f) == 0, "coredump_filter: %s", strerror(errno));
}

int main(int argc, char **argv)
{
	unsigned value, now;

	test_init(argc, argv);
	filter("r", &value);
	value ^= 4;
	filter("w", &value);
	test_daemon();
	test_waitsig();
	filter("r", &now);
	check(now == value, "the filter was %#x, now %#x", value, now);
	pass();
}
