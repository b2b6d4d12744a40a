/* SPDX-License-Identifier: Apache-2.0 */
/* obst_io_uring_mapped.c - obstacle: the rings of an io_uring whose descriptor is closed. */
/* zdtm: obstacle=mm.io_uring */
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct io_uring_params params = { };
	char *ring;
	long fd;

	test_init(argc, argv);
	fd = need(syscall(SYS_io_uring_setup, 4, &params), "no io_uring");
	ring = must(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING));
	must(close(fd));
	test_daemon();
	test_waitsig();
	check(*(uint32_t *)(ring + params.sq_off.ring_entries) == params.sq_entries, "the ring changed");
	pass();
}
