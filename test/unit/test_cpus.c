/* SPDX-License-Identifier: Apache-2.0 */
/* test_cpus.c - where a thread runs, and when: as ever, after all that was done to it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "cpus.h"

static cpu_set_t allowed(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return set;
}

static void another_cpu(void **state)
{
	const cpu_set_t all = allowed();
	cpu_set_t others, now;

	(void)state;
	if (!cpus_but_here(&others)) {
		assert_int_equal(CPU_COUNT(&all), 1);
		skip();
	}
	assert_int_equal(CPU_COUNT(&others), CPU_COUNT(&all) - 1);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		assert_true(!CPU_ISSET(i, &others) || CPU_ISSET(i, &all));
	cpus_step_aside();
	now = allowed();
	assert_true(CPU_EQUAL(&now, &all));
}

/* With one CPU there is none to go to. */
static void one_cpu(void **state)
{
	const cpu_set_t all = allowed();
	cpu_set_t one, others, now;

	(void)state;
	CPU_ZERO(&one);
	for (size_t i = 0; i < CPU_SETSIZE && !CPU_COUNT(&one); i++)
		if (CPU_ISSET(i, &all))
			CPU_SET(i, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	assert_false(cpus_but_here(&others));
	cpus_step_aside();
	now = allowed();
	assert_true(CPU_EQUAL(&now, &one));
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

static void *policies(void *turn)
{
	static int seen[2];

	seen[0] = sched_getscheduler(0);
	cpus_line_up(turn);
	seen[1] = sched_getscheduler(0);
	return seen;
}

static void first_and_back(int policy)
{
	struct cpus_turn t;
	pthread_t thread;
	int nice, *seen;

	assert_int_equal(sched_setscheduler(0, policy, &(struct sched_param){ 0 }), 0);
	nice = getpriority(PRIO_PROCESS, 0);
	cpus_turn_begin(&t);
	cpus_go_first(&t, true);
	cpus_go_first(&t, true);
	if (!t.first)
		skip();		/* takes CAP_SYS_NICE, or RLIMIT_RTPRIO */
	assert_int_equal(sched_getscheduler(0), SCHED_FIFO);
	assert_int_equal(pthread_create(&thread, NULL, policies, &t), 0);
	assert_int_equal(pthread_join(thread, (void **)&seen), 0);
	assert_int_equal(seen[0], SCHED_FIFO);
	assert_int_equal(seen[1], policy);
	cpus_go_first(&t, false);
	cpus_go_first(&t, false);
	assert_int_equal(sched_getscheduler(0), policy);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), nice);
}

static void first(void **state)
{
	const int was = sched_getscheduler(0);

	(void)state;
	first_and_back(SCHED_BATCH);
	first_and_back(SCHED_OTHER);
	assert_int_equal(sched_setscheduler(0, was, &(struct sched_param){ 0 }), 0);
}

/* Who is a real-time task already stays what it is. */
static void real_time(void **state)
{
	struct cpus_turn t;

	(void)state;
	if (sched_setscheduler(0, SCHED_RR, &(struct sched_param){ .sched_priority = 2 }) < 0)
		skip();
	cpus_turn_begin(&t);
	cpus_go_first(&t, true);
	assert_int_equal(sched_getscheduler(0), SCHED_RR);
	cpus_line_up(&t);
	assert_int_equal(sched_getscheduler(0), SCHED_RR);
	cpus_go_first(&t, false);
	assert_int_equal(sched_getscheduler(0), SCHED_RR);
	assert_int_equal(sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){ 0 }), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_cpu),
		cmocka_unit_test(one_cpu),
		cmocka_unit_test(first),
		cmocka_unit_test(real_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
