/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll_nested.c - an epoll that watches an epoll that watches a pipe. */
#include <sys/epoll.h>
#include "files.h"

static void watch(int ep, int fd, uint64_t data)
{
	must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = EPOLLIN, .data.u64 = data }));
}

static void expect(int ep, uint64_t data)
{
	struct epoll_event got[2];
	int n = must(epoll_wait(ep, got, 2, 0));

	check(n == 1 && got[0].data.u64 == data, "%d events, the first for %llu, not one for %llu", n,
	      (unsigned long long)got[0].data.u64, (unsigned long long)data);
}

int main(int argc, char **argv)
{
	int outer, inner, p[2];

	test_init(argc, argv);
	outer = must(epoll_create1(0));
	inner = must(epoll_create1(0));
	must(pipe(p));
	watch(outer, inner, 1);
	watch(inner, p[0], 2);
	test_daemon();
	test_waitsig();
	check(must(epoll_wait(outer, &(struct epoll_event){ 0 }, 1, 0)) == 0, "an event for an empty pipe");
	bytes_write(p[1], "x", 1);
	expect(outer, 1);
	expect(inner, 2);
	pass();
}
