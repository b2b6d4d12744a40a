/* SPDX-License-Identifier: Apache-2.0 */
/* cpus.h - where ckpt runs, and when: not in the way of others, and before them. */
#pragma once
#include <sched.h>
#include <stdbool.h>

/* The CPUs that the calling thread may use, but for the one that it is on; false:
 * there is no other, or none is known. */
bool cpus_but_here(cpu_set_t *ret);

/* To another CPU, if there is one. A task that a tracer has worked with last ran on the
 * tracer's CPU, as a rule; let go there, it takes that over for all of its time slice
 * (3 ms; nice values do not count between sessions: sched(7), "The autogroup feature"). */
void cpus_step_aside(void);

/* Whose turn it is on a machine where others want to run as well. */
struct cpus_turn {
	int policy;	/* ckpt's own */
	bool ours;	/* to be changed: not if it runs as a real-time task already */
	bool first;
};
void cpus_turn_begin(struct cpus_turn *t);

/* The calling thread, and those that it makes from now on, before all ordinary tasks
 * of the machine (SCHED_FIFO; the kernel leaves these a twentieth of the time), or as
 * ever. Not every caller may: then nothing changes. A nice value of -20 would do
 * within ckpt's session only (sched(7), "The autogroup feature"). */
void cpus_go_first(struct cpus_turn *t, bool first);

/* A thread that was made while ckpt went first: as ever. */
void cpus_line_up(const struct cpus_turn *t);
