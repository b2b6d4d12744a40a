/* SPDX-License-Identifier: Apache-2.0 */
/* obst_epoll_stale.c - obstacle: an epoll that watches an eventfd which only a process outside the tree has open. */
/* zdtm: obstacle=fd.epoll-stale */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "obst.h"

static void hold(int fd)
{
	(void)fd;
	/* Until the namespace ends. */
	pause();
}

int main(int argc, char **argv)
{
	struct epoll_event got;
	int ep, event;

	test_init(argc, argv);
	ep = must(epoll_create1(0));
	event = must(eventfd(1, 0));
	must(epoll_ctl(ep, EPOLL_CTL_ADD, event, &(struct epoll_event){ .events = EPOLLIN, .data.u64 = 5 }));
	outsider(hold, event);
	must(close(event));
	test_daemon();
	test_waitsig();
	check(must(epoll_wait(ep, &got, 1, 0)) == 1 && got.data.u64 == 5, "the item is lost");
	pass();
}
