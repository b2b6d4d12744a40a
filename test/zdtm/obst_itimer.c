/* SPDX-License-Identifier: Apache-2.0 */
/* obst_itimer.c - obstacle: an interval timer. */
/* zdtm: obstacle=task.itimer */
#include <sys/time.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct itimerval hour = { .it_value.tv_sec = 3600, .it_interval.tv_sec = 5 }, left;

	test_init(argc, argv);
	must(setitimer(ITIMER_REAL, &hour, NULL));
	test_daemon();
	test_waitsig();
	must(getitimer(ITIMER_REAL, &left));
	check(left.it_value.tv_sec > 0 && left.it_interval.tv_sec == 5, "the timer changed");
	pass();
}
