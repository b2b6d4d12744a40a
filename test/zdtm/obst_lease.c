/* SPDX-License-Identifier: Apache-2.0 */
/* obst_lease.c - obstacle: a lease on a file. */
/* zdtm: obstacle=fd.lease */
#include "obst.h"

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	records_make("data", 1);
	fd = file_open("data", O_RDONLY);
	need(fcntl(fd, F_SETLEASE, F_RDLCK), "no lease");
	test_daemon();
	test_waitsig();
	check(must(fcntl(fd, F_GETLEASE)) == F_RDLCK, "the lease is lost");
	pass();
}
