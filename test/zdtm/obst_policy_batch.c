/* SPDX-License-Identifier: Apache-2.0 */
/* obst_policy_batch.c - obstacle: the scheduling policy SCHED_BATCH. */
/* zdtm: obstacle=task.policy */
#include <sched.h>
#include "obst.h"

int main(int argc, char **argv)
{
	test_init(argc, argv);
	must(sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ }));
	test_daemon();
	test_waitsig();
	check(must(sched_getscheduler(0)) == SCHED_BATCH, "the policy changed");
	pass();
}
