/* SPDX-License-Identifier: Apache-2.0 */
/* load.h - a checkpoint in memory, with every reference checked.
 *
 * After load_checkpoint() has returned 0, each id in any message refers to an
 * object that is there, so `c->creds[task->creds]` needs no check; counts,
 * lengths, addresses and offsets are in bounds and in order, and pids are
 * unique; together, the chunks hold no more pages than the pages file. What
 * only a kind knows (paths, modes, contents) is the kind's to
 * check. Messages are the arena's; the image stays the caller's and open.
 *
 * Ids begin at 1 and are at most the number of records in their part. Arrays
 * by id have NULL at 0 and at ids that are not in use.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "files.pb-c.h"
#include "image.h"
#include "inventory.pb-c.h"
#include "mm.pb-c.h"
#include "tree.pb-c.h"

struct where;

/* Never NULL where the message is there: Task.regs; of the inventory: cpu,
 * frozen_at, options, figures. */
struct loaded_process {
	Process *msg;
	struct loaded_process *parent;	/* NULL: the root */
	Task *leader;			/* NULL: a zombie */
	Task **tasks;			/* in the order of the file */
	size_t n_tasks;
	size_t index;			/* in checkpoint.order */
};

/* Private memory, of which pages may have been saved: what is shared is its file's, and
 * the kernel makes the contents of the others. */
bool vma_has_contents(const Vma *v);

/* One of the two letters that VmFlags of smaps has. */
bool vma_has_flag(const Vma *v, const char *two);

struct loaded_vma {
	Vma *msg;
	Chunk **chunks;			/* without the one of zero pages */
	size_t n_chunks;
	bool odd;			/* the second, fourth, ... of neighbours that are kept apart */
};

struct loaded_mm {
	Mm *msg;
	struct loaded_vma *vmas;	/* ascending */
	size_t n_vmas;
	X86Context *x86;
};

struct checkpoint {
	struct image *image;
	const Inventory *inventory;
	int pages_fd;			/* the image's; -1: no page is saved */
	uint64_t pages_size;

	/* In the order of the file: the root first, a parent before its children. */
	struct loaded_process **order;
	size_t n_order;
	size_t n_tasks;

	/* By id. Each array of a part has as many elements as its n_*_ids says. */
	size_t n_tree_ids;
	struct loaded_process **processes;
	Task **tasks;
	Sighand **sighands;
	Fs **fss;
	Creds **creds;

	size_t n_mm_ids;
	struct loaded_mm **mms;

	size_t n_file_ids;
	FileObject **objects;
	Description **descriptions;
	DescriptorTable **tables;
};

/* -EBADMSG: it contradicts itself; -ENOTSUP: it needs what this ckpt does not
 * have; *why says which record and what is wrong with it. */
int load_checkpoint(struct arena *a, struct image *i, struct checkpoint *ret, const char **why);

/* Say why a function of image.h, or load_checkpoint(), failed; with strerror
 * only where it adds to the sentence. Returns err. */
int load_fail(const struct where *w, int err, const char *why);
