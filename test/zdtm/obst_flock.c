/* SPDX-License-Identifier: Apache-2.0 */
/* obst_flock.c - obstacle: a file locked by flock. */
/* zdtm: obstacle=fd.lock */
#include <sys/file.h>
#include "obst.h"

int main(int argc, char **argv)
{
	int fd;

	test_init(argc, argv);
	records_make("data", 1);
	fd = file_open("data", O_RDWR);
	must(flock(fd, LOCK_EX));
	test_daemon();
	test_waitsig();
	check(flock(file_open("data", O_RDWR), LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK, "the lock is lost");
	pass();
}
