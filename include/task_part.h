/* SPDX-License-Identifier: Apache-2.0 */
/* task_part.h - what every task or process has one of, one row per part.
 *
 * A part asks for remote calls in a dump and takes their results, or reads
 * /proc and ptrace alone; at a restore it queues the calls that put its state
 * back. Dump and restore of a part stand side by side in src/kind/task_*.c.
 */
#pragma once
#include "arena.h"
#include "model.h"
#include "obstacles.h"
#include "say.h"

/* When a restore puts a part in place, after memory, files and threads are
 * there; every task finishes a stage before the next begins. */
enum stage {
	STAGE_TASK,
	STAGE_CREDS,		/* rights go away */
	STAGE_LAST,		/* what a change of credentials resets */
};

struct task_part {
	const char *name;
	bool leader_only;
	enum stage stage;

	/* Optional: read what /proc tells into the messages. Several threads do
	 * this and the checks, side by side, each for tasks of its own. -errno, not said. */
	int (*look)(struct arena *a, struct task *t);

	/* Optional: add what cannot be saved, from facts of /proc and ptrace.
	 * -errno, not said: ckpt itself could not tell. */
	int (*check)(struct arena *a, struct task *t, struct obstacles *list);

	/* Optional: queue calls. At most PART_CALLS calls and PART_BYTES bytes. */
	int (*ask)(struct task *t, struct answer *to);

	/* Fill in the message; `list` for what only the answers tell. With
	 * t->silent nothing was asked. */
	int (*take)(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list);

	/* Optional: queue the calls that put it back. */
	int (*put)(struct task *t);
};
#define PART_CALLS 70
#define PART_BYTES 3072

extern const struct task_part *const task_parts[];	/* NULL-terminated, at most PART_MAX */

/* remote_ask() for a part that puts something back: REQUIRED, no result. */
#define PUT(t, nr, ...) remote_ask((t), REMOTE_REQUIRED, 0, (nr), REMOTE_ARGS(__VA_ARGS__))

/* Ids, groups and capabilities as /proc/PID/status tells them; securebits are left 0. */
int creds_from_status(struct arena *a, const struct proc_status *s, Creds **ret);

/* What the kernel does not know of is unlimited. */
void own_limits(struct rlimit ret[RLIM_NLIMITS]);

/* What ckpt itself has, namespaces in the order of task_refused.c. -errno. */
int own_facts(struct own_facts *ret);

/* The same namespaces by an iterator of bpf_iter_read_tasks() for ckpt itself. */
void own_spaces(struct tree *tree, int iter);

/* Once, while it stands still, if an iterator tells: p->own_spaces and p->alike. */
void compare_tasks(struct arena *a, struct process *p);

/* Opens the links of a task's namespaces, which are read when it stands still, if no
 * iterator tells of them. After own_facts() and own_spaces(); before other threads read of the task. */
void keep_namespaces(const struct task *t);
