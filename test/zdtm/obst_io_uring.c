/* SPDX-License-Identifier: Apache-2.0 */
/* obst_io_uring.c - obstacle: an io_uring. */
/* zdtm: obstacle=fd.io_uring */
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct io_uring_params params = { };
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_io_uring_setup, 4, &params), "no io_uring");
	test_daemon();
	test_waitsig();
	check(must(syscall(SYS_io_uring_enter, fd, 0, 0, 0, NULL, 0)) == 0, "the ring is gone");
	pass();
}
