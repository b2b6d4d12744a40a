/* SPDX-License-Identifier: Apache-2.0 */
/* fd_high.c - descriptors with high numbers, up to the highest that RLIMIT_NOFILE allows. */
#include <sys/resource.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct rlimit limit;
	int fd, last, p[2];

	test_init(argc, argv);
	must(getrlimit(RLIMIT_NOFILE, &limit));
	if (limit.rlim_cur < 1002)
		skip("RLIMIT_NOFILE is only %lu", (unsigned long)limit.rlim_cur);
	last = limit.rlim_cur - 1;
	records_make("data", 10);
	fd = file_open("data", O_RDONLY);
	must(dup2(fd, 1000));
	must(pipe(p));
	must(dup2(p[0], last));
	must(close(p[0]));
	bytes_write(p[1], "high", 4);
	record_expect(fd, 0);
	test_daemon();
	test_waitsig();
	record_expect(1000, 1);
	record_expect(fd, 2);
	bytes_expect(last, "high", 4);
	check(fcntl(1001, F_GETFD) < 0 && fcntl(last - 1, F_GETFD) < 0, "other descriptors are open");
	pass();
}
