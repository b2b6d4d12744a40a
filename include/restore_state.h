/* SPDX-License-Identifier: Apache-2.0 */
/* restore_state.h - what the phases of one restore share. */
#pragma once
#include "arena.h"
#include "load.h"
#include "model.h"
#include "plan.h"
#include "restore.h"
#include "say.h"
#include "stub.h"

struct processes {
	struct process **list;
	size_t n;
};

struct restore {
	struct arena *mem;
	const struct restore_options *opt;
	struct restore_result *result;
	struct where at;
	struct image *image;
	struct checkpoint ck;
	struct tree tree;
	struct processes live;		/* of the tree, without zombies */
	struct plan plan;
	struct tracee **actors;		/* by plan node; NULL: not made yet, or gone */
	bool *full;			/* by plan node: was born with memory that some process has */
	struct stub stub;
	int64_t pids_free_ns;		/* until then (CLOCK_MONOTONIC) a pid in use may come free */
	int self;			/* a pidfd of ckpt, until the first child is taken over */
	const Creds *own;		/* ckpt's own, which every task is born with */
	int *source;			/* by description id: its number in the common table; -1: none */
	int *mapped;			/* by object id, read-only; -1: not mapped by anyone */
	int *mapped_rw;			/* likewise, for shared writable mappings */
	uint32_t *needed_fd;		/* numbers that some process needs, ascending */
	size_t n_needed_fd;
	int next_fd;			/* below it, all that nobody needs are taken */
	int *opened;			/* by object id: a description of it that is open; -1: none */
	bool *linked;			/* by description id */
	int pidfile;			/* -1: none, or not yet */
	bool committed;
};

/* restore_load.c: everything that can be known before the first process. */
int restore_load(struct restore *r);
int restore_ready(struct restore *r);

/* restore_fit.c: is there room for it on this machine, and will its kernel take it? */
int restore_fits(struct restore *r);

/* restore_stub.c: r->stub, where no layout of the tree has anything. */
int restore_map_stub(struct restore *r);

/* All else is to be unmapped. Among the first calls that are asked of t: there is room. */
void restore_ask_unmap(const struct restore *r, struct tracee *t);

/* restore_open.c: descriptions and mapped files, in the common table. */
int restore_open(struct restore *r);
void restore_close_sources(struct restore *r);

/* restore_tree.c: processes, sessions, groups. */
int restore_tree(struct restore *r);
void restore_kill(struct restore *r);

/* A pid was taken, and nobody has it: true, a moment later, if it is worth another try. The kernel frees a pid a
 * little after its task is gone (release_task() of kernel/exit.c, Linux 6.15). */
bool restore_pid_comes_free(struct restore *r);

/* restore_mm.c: layouts and contents, of these processes or of all that have none yet. */
int restore_memory_of(struct restore *r, const struct processes *ps);
int restore_memory(struct restore *r);

/* restore_files.c: descriptor tables. */
int restore_files(struct restore *r);

/* restore_tasks.c: threads, then what each task has. */
int restore_threads(struct restore *r);
int restore_task_state(struct restore *r);

/* restore_jobs.c: processes that were in a job-control stop. */
int restore_jobs(struct restore *r);

/* restore_pidfile.c: written without a name, which it gets in the commit. */
int pidfile_write(struct restore *r);
int pidfile_link(const struct restore *r);
void pidfile_remove(const struct restore *r);	/* if it has a name */

/* restore_commit.c: last registers, and letting go. */
int restore_calls(struct restore *r);
int restore_commit(struct restore *r);

/* restore_run.c: run what was asked of these tasks and see that it worked; says which failed. */
int restore_run_all(struct restore *r, struct tracee **list, size_t n, const char *what);

/* As that, for the leaders of these processes that have been asked something. */
int restore_run_leaders(struct restore *r, const struct processes *ps, const char *what);
