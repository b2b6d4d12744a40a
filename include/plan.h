/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - in which order a tree of processes is made, so that every session,
 * process group and shared descriptor table comes out as it was.
 *
 * Pure: ids in, steps out; nothing is made here. A dump asks too, to find what
 * a restore could not rebuild. Rules (setsid(2), setpgid(2), clone(2)): a
 * session is entered only by birth or by setsid of a process that leads no
 * group; a group is entered only from within its session, while it has a
 * member; CLONE_PARENT gives the child its maker's parent, but its maker's
 * session, group and, with CLONE_FILES, descriptor table.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct arena;

#define PLAN_CKPT UINT32_MAX	/* ckpt itself, as actor or parent */

struct plan_node {
	pid_t pid;
	uint32_t parent;	/* index of a node before this one; PLAN_CKPT for the root, node 0 */
	pid_t sid, pgid;
	bool session_outside;	/* keeps the session it is born in, which is ckpt's (--shell-job) */
	bool pgrp_outside;	/* likewise the group */
	bool zombie;		/* exits at the end of the plan; has no descriptor table */
	bool helper;		/* made by the plan: plays a dead leader, gone at the end of it */
	uint32_t files;		/* descriptor table; processes with the same number share one; 0: zombie */
};

enum plan_op {
	PLAN_CLONE,		/* actor makes `node`; as_sibling: with CLONE_PARENT. Always with CLONE_FILES */
	PLAN_FILL,		/* actor's memory is made; whom it makes afterwards begins with it: inherit.h */
	PLAN_UNSHARE_FILES,	/* actor leaves the common table: it and its later children share another */
	PLAN_SETSID,		/* actor */
	PLAN_SETPGID,		/* actor joins or makes group `pgid` */
	PLAN_EXIT,		/* actor, a helper or zombie, ends */
	PLAN_REAP,		/* actor waits for helper `node` (never for zombies) */
};

struct plan_step {
	enum plan_op op;
	uint32_t actor, node;
	bool as_sibling;
	pid_t pgid;
};

struct plan {
	struct plan_node *nodes;	/* the caller's, then the helpers */
	size_t n_nodes;
	struct plan_step *steps;
	size_t n_steps;
};

/* -EINVAL: the tree cannot be rebuilt (or is no tree: a cycle, a parent that
 * comes after its child); *why is one sentence that names the process, and
 * *ret_node, if not NULL, its index; with any other error *why is NULL. `root_pid` conflicts (a helper that would
 * need a pid which the tree itself uses) are found here. */
int plan_tree(struct arena *a, const struct plan_node *nodes, size_t n,
	      struct plan *ret, const char **why, size_t *ret_node);
