/* SPDX-License-Identifier: Apache-2.0 */
/* cpus.c - which CPU ckpt is on, and whether others wait for it. */
#include "cpus.h"

bool cpus_but_here(cpu_set_t *ret)
{
	int here = sched_getcpu();

	CPU_ZERO(ret);
	if (here < 0 || sched_getaffinity(0, sizeof(*ret), ret) < 0)
		return false;
	CPU_CLR((size_t)here, ret);
	return CPU_COUNT(ret) > 0;
}

void cpus_step_aside(void)
{
	cpu_set_t all, others;

	if (sched_getaffinity(0, sizeof(all), &all) < 0 || !cpus_but_here(&others))
		return;
	sched_setaffinity(0, sizeof(others), &others);
	sched_setaffinity(0, sizeof(all), &all);
}

static bool set_policy(int policy, int priority)
{
	return sched_setscheduler(0, policy, &(struct sched_param){ .sched_priority = priority }) == 0;
}

void cpus_turn_begin(struct cpus_turn *t)
{
	int policy = sched_getscheduler(0);

	*t = (struct cpus_turn){ .policy = policy, .ours = policy == SCHED_OTHER || policy == SCHED_BATCH || policy == SCHED_IDLE };
}

void cpus_go_first(struct cpus_turn *t, bool first)
{
	if (!t->ours || t->first == first)
		return;
	if (first)
		t->first = set_policy(SCHED_FIFO, 1);
	else
		t->first = !set_policy(t->policy, 0);
}

void cpus_line_up(const struct cpus_turn *t)
{
	if (t->ours)
		set_policy(t->policy, 0);
}
