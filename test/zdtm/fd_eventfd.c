/* SPDX-License-Identifier: Apache-2.0 */
/* fd_eventfd.c - eventfd: counters beyond 32 bits, semaphores, flags. */
#include <poll.h>
#include <sys/eventfd.h>
#include "files.h"

static uint64_t take(int fd)
{
	uint64_t value;

	check(must(read(fd, &value, 8)) == 8, "short read");
	return value;
}

int main(int argc, char **argv)
{
	static const uint64_t big = 0x123456789abcULL, most = UINT64_MAX - 1;
	int plain, full, sem, empty;

	test_init(argc, argv);
	plain = must(eventfd(0, 0));
	full = must(eventfd(0, EFD_NONBLOCK));
	sem = must(eventfd(3, EFD_SEMAPHORE | EFD_NONBLOCK));
	empty = must(eventfd(0, EFD_CLOEXEC));
	bytes_write(plain, &big, 8);
	bytes_write(full, &most, 8);
	test_daemon();
	test_waitsig();
	check(take(plain) == big, "the counter changed");
	check(write(full, &big, 8) < 0 && errno == EAGAIN, "the full counter has room, or blocking changed");
	check(take(full) == most, "the full counter changed");
	for (int i = 0; i < 3; i++)
		check(take(sem) == 1, "the semaphore is none");
	check(read(sem, &(uint64_t){ 0 }, 8) < 0 && errno == EAGAIN, "the semaphore's count changed");
	check(!fd_ready(empty, POLLIN), "the empty one is not");
	check(must(fcntl(empty, F_GETFD)) == FD_CLOEXEC, "close-on-exec is lost");
	pass();
}
