/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll_closed.c - epoll goes on watching an open file under a number that was closed, as a duplicate survives. */
#include <sys/epoll.h>
#include "files.h"

int main(int argc, char **argv)
{
	struct epoll_event got;
	int ep, p[2], other[2], number, survivor;

	test_init(argc, argv);
	ep = must(epoll_create1(0));
	must(pipe(p) | pipe(other));
	number = p[0];
	must(epoll_ctl(ep, EPOLL_CTL_ADD, number, &(struct epoll_event){ .events = EPOLLIN, .data.u64 = 1ULL << 40 }));
	survivor = must(dup(number));
	/* Another open file takes the number. */
	must(dup2(other[0], number));
	test_daemon();
	test_waitsig();
	bytes_write(other[1], "x", 1);
	check(must(epoll_wait(ep, &got, 1, 0)) == 0, "the file that took the number is watched");
	bytes_write(p[1], "x", 1);
	check(must(epoll_wait(ep, &got, 1, 0)) == 1 && got.data.u64 == 1ULL << 40, "the duplicate is not watched");
	check(epoll_ctl(ep, EPOLL_CTL_DEL, number, NULL) < 0 && errno == ENOENT, "the number is watched");
	must(close(survivor));
	check(must(epoll_wait(ep, &got, 1, 0)) == 0, "it is watched after the last close");
	pass();
}
