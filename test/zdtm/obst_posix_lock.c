/* SPDX-License-Identifier: Apache-2.0 */
/* obst_posix_lock.c - obstacle: a file locked by its process (POSIX lock). */
/* zdtm: obstacle=fd.lock */
#include "obst.h"

int main(int argc, char **argv)
{
	struct flock lock = { .l_type = F_WRLCK, .l_start = 3, .l_len = 5 };
	pid_t child;
	int fd;

	test_init(argc, argv);
	records_make("data", 1);
	fd = file_open("data", O_RDWR);
	must(fcntl(fd, F_SETLK, &lock));
	test_daemon();
	test_waitsig();
	child = test_fork();
	if (!child) {
		must(fcntl(fd, F_GETLK, &lock));
		check(lock.l_type == F_WRLCK && lock.l_pid == getppid() && lock.l_len == 5, "the lock is lost");
		_exit(0);
	}
	test_reap(child, 0);
	pass();
}
