/* SPDX-License-Identifier: Apache-2.0 */
/* obst_itimer_virtual.c - obstacle: an interval timer that counts processor time. */
/* zdtm: obstacle=task.itimer */
#include <sys/time.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct itimerval hour = { .it_value.tv_sec = 3600 }, left;

	test_init(argc, argv);
	must(setitimer(ITIMER_PROF, &hour, NULL));
	test_daemon();
	test_waitsig();
	must(getitimer(ITIMER_PROF, &left));
	check(left.it_value.tv_sec > 0, "the timer is not armed");
	pass();
}
