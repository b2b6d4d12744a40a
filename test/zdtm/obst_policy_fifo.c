/* SPDX-License-Identifier: Apache-2.0 */
/* obst_policy_fifo.c - obstacle: the scheduling policy SCHED_FIFO. */
/* zdtm: obstacle=task.policy */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	struct sched_param param = { .sched_priority = 7 };

	test_init(argc, argv);
	need(sched_setscheduler(0, SCHED_FIFO, &param), "no real-time policy");
	test_daemon();
	test_waitsig();
	must(sched_getparam(0, &param));
	check(must(sched_getscheduler(0)) == SCHED_FIFO && param.sched_priority == 7, "the policy changed");
	pass();
}
