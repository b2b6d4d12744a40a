/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll_modes.c - epoll: edge-triggered, one-shot (armed and spent) and exclusive items. */
#include <sys/epoll.h>
#include "files.h"

static void control(int ep, int op, int fd, uint32_t events)
{
	must(epoll_ctl(ep, op, fd, &(struct epoll_event){ .events = events, .data.u64 = fd }));
}

/* How many events there are, which are all of this descriptor. */
static int count(int ep, int fd)
{
	struct epoll_event got[8];
	int n = must(epoll_wait(ep, got, 8, 0));

	for (int i = 0; i < n; i++)
		check(got[i].data.u64 == (uint64_t)fd, "event for %llu, not for %d", (unsigned long long)got[i].data.u64, fd);
	return n;
}

int main(int argc, char **argv)
{
	int edge, once, excl, ep, spent[2], armed[2], e[2], x[2];

	test_init(argc, argv);
	must(pipe(spent) | pipe(armed) | pipe(e) | pipe(x));
	ep = must(epoll_create1(0));
	edge = must(epoll_create1(0));
	once = must(epoll_create1(0));
	excl = must(epoll_create1(0));
	control(edge, EPOLL_CTL_ADD, e[0], EPOLLIN | EPOLLET);
	control(once, EPOLL_CTL_ADD, armed[0], EPOLLIN | EPOLLONESHOT);
	control(ep, EPOLL_CTL_ADD, spent[0], EPOLLIN | EPOLLONESHOT);
	control(excl, EPOLL_CTL_ADD, x[0], EPOLLIN | EPOLLEXCLUSIVE);
	bytes_write(spent[1], "x", 1);
	check(count(ep, spent[0]) == 1 && count(ep, spent[0]) == 0, "one shot was not one");
	test_daemon();
	test_waitsig();
	check(count(ep, spent[0]) == 0, "a spent item fires again");
	control(ep, EPOLL_CTL_MOD, spent[0], EPOLLIN);
	check(count(ep, spent[0]) == 1, "a spent item cannot be armed");
	bytes_write(armed[1], "x", 1);
	check(count(once, armed[0]) == 1 && count(once, armed[0]) == 0, "an armed item does not fire once");
	bytes_write(e[1], "x", 1);
	check(count(edge, e[0]) == 1 && count(edge, e[0]) == 0, "an edge-triggered item does not fire once per edge");
	bytes_write(e[1], "x", 1);
	check(count(edge, e[0]) == 1 && count(edge, e[0]) == 0, "an edge-triggered item fires for one edge only");
	bytes_write(x[1], "x", 1);
	check(count(excl, x[0]) == 1 && count(excl, x[0]) == 1, "an exclusive item is not level-triggered");
	/* Exclusive items cannot be modified (epoll_ctl(2)); so it is still one. */
	check(epoll_ctl(excl, EPOLL_CTL_MOD, x[0], &(struct epoll_event){ .events = EPOLLIN }) < 0 && errno == EINVAL,
	      "an exclusive item is none any more");
	pass();
}
