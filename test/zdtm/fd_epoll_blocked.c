/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll_blocked.c - a child blocked in epoll_wait sees the next event and no EINTR. */
#include <sys/epoll.h>
#include <sys/syscall.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct epoll_event got;
	int ep, p[2];
	pid_t child;

	test_init(argc, argv);
	ep = must(epoll_create1(0));
	must(pipe(p));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &(struct epoll_event){ .events = EPOLLIN, .data.u64 = 9 }));
	child = test_fork();
	if (!child) {
		check(must(epoll_wait(ep, &got, 1, -1)) == 1 && got.data.u64 == 9, "child: a wrong event");
		bytes_expect(p[0], "x", 1);
		_exit(0);
	}
#ifdef SYS_epoll_wait
	wait_syscall(child, SYS_epoll_wait);
#else
	wait_syscall(child, SYS_epoll_pwait);
#endif
	test_daemon();
	test_waitsig();
	bytes_write(p[1], "x", 1);
	test_reap(child, 0);
	pass();
}
