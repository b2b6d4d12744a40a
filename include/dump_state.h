/* SPDX-License-Identifier: Apache-2.0 */
/* dump_state.h - what the phases of one dump share. */
#pragma once
#include "arena.h"
#include "dump.h"
#include "files.h"
#include "guard.h"
#include "image.h"
#include "mm.h"
#include "model.h"
#include "obstacles.h"
#include "say.h"

struct dump {
	struct arena *mem;
	const struct dump_options *opt;
	struct dump_result *result;
	struct where at;
	struct tree tree;
	struct obstacles obstacles;
	struct files *files;
	struct mm_copy *copy;
	struct image_writer *writer;
	struct pages_file pages;
	size_t xstate_max, xstate_plain, pkru_offset;	/* as arch.h says */
	struct others { struct proc_stat *list; size_t n; } others;	/* empty where nobody could be touched */
	struct slices *slices;	/* of dump_slices.c, while it is at work */
	struct guard guard;	/* pid 0: there is none */
	int nice;		/* ckpt's own, before the freeze */
	bool seized, committed;
};

/* dump_room.c: what would cost time in the freeze, because the kernel makes each page when it is touched first, is
 * made before it: memory for ckpt, and the pages file. All guesses; too little room is no error here. */
void dump_reserve_memory(const struct dump *d);
int dump_reserve_pages(struct dump *d);
int dump_write_staged(struct dump *d);		/* pages that were copied to memory, to their file */
void dump_unmap_pages(struct dump *d);

/* dump_tasks.c: facts of all tasks, then what only the tasks can tell. */
int dump_collect(struct dump *d);
int dump_task_state(struct dump *d);

/* dump_slices.c: call look() for every task, by several threads: it may read
 * /proc and ask from outside, allocate in `a` and add to `list`. The caller may
 * trace and ask the tasks meanwhile; its own obstacles come first. One at a
 * time; dump_tasks_end() does no harm when there is none. `beside_calls`: while the
 * tasks run, for which the other threads make room. */
typedef int look_fn(struct arena *a, struct task *t, struct obstacles *list);
int dump_tasks_begin(struct dump *d, look_fn *look, bool beside_calls);
int dump_tasks_end(struct dump *d);

/* dump_check.c: obstacles that these facts make. */
int dump_check(struct dump *d);

/* dump_outside.c: whom outside of the tree its end would touch; they are listed before the freeze. */
int dump_list_others(struct dump *d);
void dump_check_outside(struct dump *d);

/* dump_images.c: records of the tree, the inventory, the switch. */
int dump_write(struct dump *d);
int dump_commit(struct dump *d);

/* dump_end.c: what becomes of the tree when the checkpoint is safe. The guard, made before that, sees to it that all
 * of it dies when a part has. */
int dump_guard(struct dump *d);
int dump_kill(struct dump *d);
