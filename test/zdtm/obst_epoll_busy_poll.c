/* SPDX-License-Identifier: Apache-2.0 */
/* obst_epoll_busy_poll.c - obstacle: an epoll with busy-poll parameters. */
/* zdtm: obstacle=fd.epoll-busy-poll */
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include "obst.h"

/* struct epoll_params, EPIOCSPARAMS and EPIOCGPARAMS of linux/eventpoll.h (Linux 6.9). */
struct params {
	uint32_t busy_poll_usecs;
	uint16_t busy_poll_budget;
	uint8_t prefer_busy_poll;
	uint8_t pad;
};

int main(int argc, char **argv)
{
	struct params params = { .busy_poll_usecs = 50, .busy_poll_budget = 8 }, now = { };
	int ep;

	test_init(argc, argv);
	ep = must(epoll_create1(0));
	need(ioctl(ep, _IOW(0x8A, 0x01, struct params), &params), "no busy-poll parameters");
	test_daemon();
	test_waitsig();
	must(ioctl(ep, _IOR(0x8A, 0x02, struct params), &now));
	check(!memcmp(&now, &params, sizeof(now)), "the parameters changed");
	pass();
}
