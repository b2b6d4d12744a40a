/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll.c - epoll: what is ready at the checkpoint, what gets ready later, 64 bits of data each. */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include "files.h"

static void watch(int ep, int fd, uint32_t events, uint64_t data)
{
	must(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &(struct epoll_event){ .events = events, .data.u64 = data }));
}

/* One event is there, and it is this. */
static void expect(int ep, uint32_t events, uint64_t data)
{
	struct epoll_event got[8];
	int n = must(epoll_wait(ep, got, 8, 0));

	check(n == 1, "%d events, not 1", n);
	check(got[0].events == events && got[0].data.u64 == data, "event %#x for %#llx, not %#x for %#llx",
	      got[0].events, (unsigned long long)got[0].data.u64, events, (unsigned long long)data);
}

int main(int argc, char **argv)
{
	int ep, p[2], ev;
	char buf[8];

	test_init(argc, argv);
	ep = must(epoll_create1(EPOLL_CLOEXEC));
	must(pipe(p));
	ev = must(fcntl(must(eventfd(0, 0)), F_DUPFD, 100));
	watch(ep, p[0], EPOLLIN, 0xfedcba9876543210ULL);
	watch(ep, ev, EPOLLIN | EPOLLPRI, 0x8000000000000001ULL);
	watch(ep, p[1], EPOLLRDHUP, 3);
	bytes_write(p[1], "x", 1);
	test_daemon();
	test_waitsig();
	expect(ep, EPOLLIN, 0xfedcba9876543210ULL);
	bytes_expect(p[0], "x", 1);
	check(must(epoll_wait(ep, &(struct epoll_event){ 0 }, 1, 0)) == 0, "an event for an empty pipe");
	bytes_write(ev, &(uint64_t){ 1 }, 8);
	expect(ep, EPOLLIN, 0x8000000000000001ULL);
	must(read(ev, buf, 8));
	/* The number belongs to the item: it can be changed and removed. */
	must(epoll_ctl(ep, EPOLL_CTL_MOD, p[1], &(struct epoll_event){ .events = EPOLLOUT, .data.u64 = 4 }));
	expect(ep, EPOLLOUT, 4);
	must(epoll_ctl(ep, EPOLL_CTL_DEL, p[1], NULL));
	must(epoll_ctl(ep, EPOLL_CTL_DEL, ev, NULL));
	must(close(p[1]));
	expect(ep, EPOLLHUP, 0xfedcba9876543210ULL);
	pass();
}
