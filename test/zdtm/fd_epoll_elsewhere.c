/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll_elsewhere.c - an epoll that watches a pipe of which only another process has a descriptor. */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct epoll_event got;
	pid_t child;
	int ep, p[2];

	test_init(argc, argv);
	ep = must(epoll_create1(EPOLL_CLOEXEC));
	must(pipe(p));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &(struct epoll_event){ .events = EPOLLIN, .data.u64 = 5 }));
	child = test_fork();
	if (!child) {
		must(close(ep));
		test_waitsig();
		bytes_expect(p[0], "x", 1);
		_exit(0);
	}
	must(close(p[0]));
	wait_syscall(child, SYS_futex);
	test_daemon();
	test_waitsig();
	bytes_write(p[1], "x", 1);
	check(must(epoll_wait(ep, &got, 1, 0)) == 1 && got.data.u64 == 5, "the item is lost");
	test_end(child);
	pass();
}
