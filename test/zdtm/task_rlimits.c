/* SPDX-License-Identifier: Apache-2.0 */
/* task_rlimits.c - soft and hard resource limits, each different. */
#include <sys/resource.h>
#include "zdtm.h"

static struct rlimit before[RLIM_NLIMITS];

static rlim_t below(rlim_t limit, rlim_t n)
{
	return limit < n ? limit : n;
}

int main(int argc, char **argv)
{
	struct rlimit now;

	test_init(argc, argv);
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		rlim_t n = 1000000000 + 4096 * i;

		must(getrlimit(i, &now));
		/* These two also tell how many descriptors and processes a restore may use. */
		if (i == RLIMIT_NOFILE || i == RLIMIT_NPROC)
			n = 900 + i;
		now.rlim_cur = below(now.rlim_cur, n);
		now.rlim_max = i % 3 ? below(now.rlim_max, n + 77) : now.rlim_max;
		must(setrlimit(i, &now));
		must(getrlimit(i, &before[i]));
	}
	test_daemon();
	test_waitsig();
	for (int i = 0; i < RLIM_NLIMITS; i++) {
		must(getrlimit(i, &now));
		check(now.rlim_cur == before[i].rlim_cur, "limit %d: soft was %lu, is %lu", i, before[i].rlim_cur,
		      now.rlim_cur);
		check(now.rlim_max == before[i].rlim_max, "limit %d: hard was %lu, is %lu", i, before[i].rlim_max,
		      now.rlim_max);
	}
	pass();
}
