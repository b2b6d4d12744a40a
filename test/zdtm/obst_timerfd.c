/* SPDX-License-Identifier: Apache-2.0 */
/* obst_timerfd.c - obstacle: an armed timerfd. */
/* zdtm: obstacle=fd.timerfd */
#include <sys/timerfd.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct itimerspec hour = { .it_value.tv_sec = 3600 }, left;
	int fd;

	test_init(argc, argv);
	fd = must(timerfd_create(CLOCK_MONOTONIC, 0));
	must(timerfd_settime(fd, 0, &hour, NULL));
	test_daemon();
	test_waitsig();
	must(timerfd_gettime(fd, &left));
	check(left.it_value.tv_sec > 0, "the timer is not armed");
	pass();
}
