/* SPDX-License-Identifier: Apache-2.0 */
/* obst_ofd_lock.c - obstacle: a lock of an open file description. */
/* zdtm: obstacle=fd.lock */
#include "obst.h"

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 3, .l_len = 5 };
	int fd;

	test_init(argc, argv);
	records_make("data", 1);
	fd = file_open("data", O_RDWR);
	must(fcntl(fd, F_OFD_SETLK, &lock));
	test_daemon();
	test_waitsig();
	must(fcntl(file_open("data", O_RDWR), F_OFD_GETLK, &lock));
	check(lock.l_type == F_WRLCK && lock.l_start == 3 && lock.l_len == 5, "the lock is lost");
	pass();
}
