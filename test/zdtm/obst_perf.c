/* SPDX-License-Identifier: Apache-2.0 */
/* obst_perf.c - obstacle: a performance counter. */
/* zdtm: obstacle=fd.perf */
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr), .config = PERF_COUNT_SW_TASK_CLOCK, .exclude_kernel = 1,
		.exclude_hv = 1,
	};
	uint64_t count;
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0), "no performance counter");
	test_daemon();
	test_waitsig();
	check(must(read(fd, &count, sizeof(count))) == sizeof(count) && count > 0, "the counter does not count");
	pass();
}
