/* SPDX-License-Identifier: Apache-2.0 */
/* obst_timerslack.c - obstacle: another timer slack. */
/* zdtm: obstacle=task.timerslack */
#include <sys/prctl.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	need(prctl(PR_SET_TIMERSLACK, 123456, 0, 0, 0), "no timer slack");
	test_daemon();
	test_waitsig();
	check(must(prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0)) == 123456, "it is lost");
	pass();
}
