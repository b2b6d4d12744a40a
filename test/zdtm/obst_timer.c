/* SPDX-License-Identifier: Apache-2.0 */
/* obst_timer.c - obstacle: a POSIX timer. */
/* zdtm: obstacle=task.timer */
#include <signal.h>
#include <time.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct itimerspec hour = { .it_value.tv_sec = 3600 }, left;
	struct sigevent none = { .sigev_notify = SIGEV_NONE };
	timer_t timer;

	test_init(argc, argv);
	must(timer_create(CLOCK_MONOTONIC, &none, &timer));
	must(timer_settime(timer, 0, &hour, NULL));
	test_daemon();
	test_waitsig();
	must(timer_gettime(timer, &left));
	check(left.it_value.tv_sec > 0, "the timer is not armed");
	pass();
}
