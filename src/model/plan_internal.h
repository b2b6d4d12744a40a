/* SPDX-License-Identifier: Apache-2.0 */
/* plan_internal.h - what the parts of the planner share.
 *
 * check:  ids become indices; who leads which session and group.
 * birth:  in which session each node must be born, and who makes it.
 * files:  in which descriptor table each node must be born.
 * steps:  the makers form a tree; walking it from the root gives the steps.
 */
#pragma once
#include "arena.h"
#include "plan.h"

#define NOBODY UINT32_MAX	/* no node */
#define ANY UINT32_MAX		/* where a node is born does not matter */
#define OUTSIDE 0		/* index of ckpt's own session, and of its group */

/* Numbers in ascending order; an index in it stands for the number. */
struct ids {
	uint32_t *key;
	size_t n;
};

struct session {
	uint32_t leader;	/* NOBODY: outside, or dead and not yet played by a helper */
	bool dead;
};

struct group {
	uint32_t leader;	/* NOBODY: outside, or dead */
	uint32_t member;	/* the first node that ends in it, or NOBODY */
	uint32_t session;
	bool exists;		/* so far in the plan; it then has a member to its end */
};

/* Where a node ends, where it must be born, and where the plan has it so far. */
struct place {
	uint32_t session, group;
	uint32_t files;			/* NOBODY: a table of its own, or none */
	uint32_t need_session, need_files;	/* at birth, or ANY */
	bool need_group;		/* must be born in ckpt's group */
	bool unshares;			/* the first of its table: leaves the common one */
	uint32_t maker;
	uint32_t depth;			/* below the root; by makers once these are known */
	uint32_t now_session, now_group;
};

struct planner {
	struct arena *arena;
	struct plan_node *nodes;	/* room for every helper that can be needed */
	size_t n, n_given;
	struct place *places;
	struct ids pids, sids, pgids, tables;
	uint32_t *node_of;		/* by index in pids */
	struct session *sessions;
	struct group *groups;
	const char **why;
	size_t *ret_node;
};

/* A node that must be born where its maker is not known to be yet. */
struct plan_root {
	uint32_t key, depth, node;	/* key: index of a session or table */
};

/* Roots with one key are carried up until all hang from the same node. */
struct plan_climb {
	const struct plan_root *roots;	/* deepest first */
	size_t n_roots;
	uint32_t (*above)(const struct planner *p, uint32_t node);
	int (*raise)(struct planner *p, uint32_t node);	/* 1: what is above is a root now */
	uint32_t *level;		/* room for n_roots; in the end the siblings */
	size_t n_level;
};

int plan_check(struct planner *p);
int plan_births(struct planner *p);
int plan_makers(struct planner *p);
int plan_files(struct planner *p);
int plan_steps(struct planner *p, struct plan *ret);

int plan_climb(struct planner *p, struct plan_climb *c);
void plan_sort_roots(struct plan_root *roots, size_t n);
size_t plan_same_key(const struct plan_root *roots, size_t n);	/* how many from the first */

bool plan_leads(const struct planner *p, uint32_t node);	/* a session */
uint32_t plan_find(const struct ids *ids, uint32_t key);	/* index or NOBODY */
uint32_t plan_helper(struct planner *p, uint32_t parent, uint32_t session, uint32_t group,
		     pid_t pid);
int plan_fail(struct planner *p, uint32_t node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
