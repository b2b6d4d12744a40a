/* SPDX-License-Identifier: Apache-2.0 */
/* plan_sim.h - carries a plan out on a model of the kernel and compares the result.
 *
 * The model knows nothing of the planner: each step is made if the kernel would
 * make it (kernel/fork.c, kernel/sys.c) and refused otherwise. ckpt's session
 * and group have number 0.
 */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena.h"
#include "plan.h"

#define SIM_MAX_CHECKED 2000	/* above, the tests that look at everybody are left out */

struct sim_proc {
	bool made, exited, reaped;
	bool leads;		/* a session */
	uint32_t parent;
	pid_t sid, pgid;
	size_t table;		/* 0: the common one */
};

struct sim {
	const struct plan *plan;
	struct sim_proc *procs;
	size_t n_tables;
	bool may_exit;		/* all is made */
};

#define SIM_REFUSE(cond, step, why) do {					\
	if (cond)								\
		fail_msg("step %zu: op %d of node %u on %u: %s", (step),		\
			 s->plan->steps[step].op, s->plan->steps[step].actor,	\
			 s->plan->steps[step].node, (why));			\
} while (0)

/* Is the number a process, a group or a session of someone not reaped? */
static inline bool sim_in_use(const struct sim *s, pid_t pid, bool as_pid, bool as_group)
{
	if (s->plan->n_nodes > SIM_MAX_CHECKED)
		return false;
	for (size_t i = 0; i < s->plan->n_nodes; i++) {
		const struct sim_proc *p = &s->procs[i];

		if (!p->made || p->reaped)
			continue;
		if (as_pid && (s->plan->nodes[i].pid == pid || p->sid == pid))
			return true;
		if (as_group && p->pgid == pid)
			return true;
	}
	return false;
}

static inline void sim_clone(struct sim *s, size_t k)
{
	const struct plan_step *step = &s->plan->steps[k];
	struct sim_proc *new = &s->procs[step->node], *maker;

	SIM_REFUSE(new->made, k, "made twice");
	SIM_REFUSE(sim_in_use(s, s->plan->nodes[step->node].pid, true, true), k, "EEXIST: pid in use");
	new->made = true;
	if (step->actor == PLAN_CKPT) {
		SIM_REFUSE(step->node || step->as_sibling, k, "ckpt makes only the root");
		new->parent = PLAN_CKPT;
		return;
	}
	maker = &s->procs[step->actor];
	new->parent = step->as_sibling ? maker->parent : step->actor;
	SIM_REFUSE(new->parent == PLAN_CKPT, k, "a sibling of the root");
	SIM_REFUSE(s->procs[new->parent].exited, k, "its parent has exited");
	new->sid = maker->sid;
	new->pgid = maker->pgid;
	new->table = maker->table;
}

static inline void sim_setsid(struct sim *s, size_t k)
{
	uint32_t actor = s->plan->steps[k].actor;
	struct sim_proc *p = &s->procs[actor];
	pid_t pid = s->plan->nodes[actor].pid;

	SIM_REFUSE(p->leads, k, "EPERM: leads a session");
	SIM_REFUSE(p->pgid == pid || sim_in_use(s, pid, false, true), k, "EPERM: the group exists");
	p->leads = true;
	p->sid = p->pgid = pid;
}

static inline void sim_setpgid(struct sim *s, size_t k)
{
	uint32_t actor = s->plan->steps[k].actor;
	struct sim_proc *p = &s->procs[actor];
	pid_t pgid = s->plan->steps[k].pgid;
	bool found = pgid == s->plan->nodes[actor].pid;

	SIM_REFUSE(p->leads, k, "EPERM: leads a session");
	SIM_REFUSE(pgid <= 0, k, "no number that a plan can know");
	for (size_t i = 0; !found && i < s->plan->n_nodes; i++) {
		const struct sim_proc *member = &s->procs[i];

		found = member->made && !member->reaped && member->pgid == pgid;
		SIM_REFUSE(found && member->sid != p->sid, k, "EPERM: in another session");
	}
	SIM_REFUSE(!found, k, "EPERM: no such group");
	p->pgid = pgid;
}

static inline void sim_exit(struct sim *s, size_t k)
{
	uint32_t actor = s->plan->steps[k].actor;
	const struct plan_node *node = &s->plan->nodes[actor];

	SIM_REFUSE(!node->helper && !node->zombie, k, "only helpers and zombies exit");
	for (size_t i = 0; i < s->plan->n_nodes && s->plan->n_nodes <= SIM_MAX_CHECKED; i++) {
		SIM_REFUSE(!s->procs[i].made, k, "exits before all are made");
		SIM_REFUSE(s->procs[i].parent == actor && !s->procs[i].reaped, k, "has children");
		SIM_REFUSE(node->zombie && s->plan->nodes[i].helper && !s->procs[i].reaped, k,
			   "a zombie before a helper");
	}
	s->procs[actor].exited = true;
	s->may_exit = true;
}

static inline void sim_step(struct sim *s, size_t k)
{
	const struct plan_step *step = &s->plan->steps[k];
	struct sim_proc *p = step->actor == PLAN_CKPT ? NULL : &s->procs[step->actor];

	SIM_REFUSE(p && (!p->made || p->exited), k, "the actor does not live");
	SIM_REFUSE(!p && step->op != PLAN_CLONE, k, "not for ckpt");
	SIM_REFUSE(step->node >= s->plan->n_nodes, k, "no such node");
	SIM_REFUSE(s->may_exit && step->op != PLAN_EXIT && step->op != PLAN_REAP, k, "after an exit");
	switch (step->op) {
	case PLAN_CLONE:
		return sim_clone(s, k);
	case PLAN_FILL:		/* concerns no ids */
		return;
	case PLAN_UNSHARE_FILES:
		p->table = ++s->n_tables;
		return;
	case PLAN_SETSID:
		return sim_setsid(s, k);
	case PLAN_SETPGID:
		return sim_setpgid(s, k);
	case PLAN_EXIT:
		return sim_exit(s, k);
	case PLAN_REAP:
		SIM_REFUSE(!s->plan->nodes[step->node].helper, k, "only helpers are reaped");
		SIM_REFUSE(!s->procs[step->node].exited, k, "would wait for ever");
		SIM_REFUSE(s->procs[step->node].parent != step->actor, k, "ECHILD");
		s->procs[step->node].reaped = true;
		return;
	}
	fail_msg("step %zu: unknown operation", k);
}

static inline void sim_compare_node(const struct sim *s, const struct plan_node *node, size_t i)
{
	const struct sim_proc *p = &s->procs[i];

	if (!p->made || p->parent != node->parent)
		fail_msg("pid %d: made %d, parent %u instead of %u", node->pid, p->made, p->parent,
			 node->parent);
	if (p->exited != (node->zombie || node->helper) || p->reaped != node->helper)
		fail_msg("pid %d: exited %d, reaped %d", node->pid, p->exited, p->reaped);
	if (p->sid != (node->session_outside ? 0 : node->sid) ||
	    p->pgid != (node->pgrp_outside ? 0 : node->pgid))
		fail_msg("pid %d: session %d group %d", node->pid, p->sid, p->pgid);
}

static inline int sim_by_files(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return x[0] != y[0] ? (x[0] > y[0]) - (x[0] < y[0]) : (x[1] > y[1]) - (x[1] < y[1]);
}

/* Members of a shared table have it in common, and no other shared table is
 * that one. Who shares with nobody unshares later, wherever it was born. */
static inline void sim_compare_tables(const struct sim *s, const struct plan_node *nodes, size_t n)
{
	size_t (*use)[2] = calloc(n, sizeof(*use)), *owner, n_use = 0;

	owner = calloc(s->n_tables + 1, sizeof(*owner));
	assert_true(use && owner);
	for (size_t i = 0; i < n; i++) {
		if (nodes[i].zombie || !nodes[i].files)
			continue;
		use[n_use][0] = nodes[i].files;
		use[n_use++][1] = s->procs[i].table;
	}
	qsort(use, n_use, sizeof(*use), sim_by_files);
	for (size_t i = 1; i < n_use; i++) {
		if (use[i][0] != use[i - 1][0])
			continue;
		assert_int_equal(use[i][1], use[i - 1][1]);
		assert_int_not_equal(use[i][1], 0);
		assert_true(!owner[use[i][1]] || owner[use[i][1]] == use[i][0]);
		owner[use[i][1]] = use[i][0];
	}
	free(use);
	free(owner);
}

/* Carry the plan out; fails the test if the kernel would refuse a step or the
 * outcome is not what the n given nodes say. */
static inline void sim_run(const struct plan *plan, const struct plan_node *nodes, size_t n)
{
	struct sim s = { .plan = plan };

	assert_true(plan->n_nodes >= n);
	for (size_t i = 0; i < plan->n_nodes; i++)
		assert_int_equal(plan->nodes[i].helper, i >= n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(plan->nodes[i].pid, nodes[i].pid);
	s.procs = calloc(plan->n_nodes, sizeof(*s.procs));
	assert_non_null(s.procs);
	for (size_t k = 0; k < plan->n_steps; k++)
		sim_step(&s, k);
	for (size_t i = 0; i < plan->n_nodes; i++)
		sim_compare_node(&s, i < n ? &nodes[i] : &plan->nodes[i], i);
	sim_compare_tables(&s, nodes, n);
	free(s.procs);
}
