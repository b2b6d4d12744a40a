/* SPDX-License-Identifier: Apache-2.0 */
/* obst_affinity.c - obstacle: a thread that may run on one processor only. */
/* zdtm: obstacle=task.affinity */
#include <sched.h>
#include "obst.h"

static uint32_t ready, go;
static int only;

static void *run(void *arg)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(only, &set);
	must(sched_setaffinity(0, sizeof(set), &set));
	event_set(&ready);
	event_wait(&go);
	must(sched_getaffinity(0, sizeof(set), &set));
	check(CPU_COUNT(&set) == 1 && CPU_ISSET(only, &set), "the affinity changed");
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	cpu_set_t set;

	test_init(argc, argv);
	must(sched_getaffinity(0, sizeof(set), &set));
	if (CPU_COUNT(&set) < 2)
		skip("there is only one processor");
	while (!CPU_ISSET(only, &set))
		only++;
	thread = test_thread(run, NULL);
	event_wait(&ready);
	test_daemon();
	test_waitsig();
	event_set(&go);
	test_join(thread);
	pass();
}
