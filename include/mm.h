/* SPDX-License-Identifier: Apache-2.0 */
/* mm.h - address spaces: their layout and their contents. All functions speak. */
#pragma once
#include "files.h"
#include "image.h"
#include "load.h"
#include "model.h"
#include "obstacles.h"

/* Dump, before the freeze, if iters_open() has an iterator for ckpt itself: mm_collect()
 * may read maps instead of smaps. */
int mm_learn(struct tree *tree, int iter);

/* Dump: read p->vmas and begin p->mm; name what cannot be saved, make the messages. */
int mm_collect(struct arena *a, struct process *p, const struct where *at);
int mm_check(struct arena *a, struct process *p, struct files *files, struct obstacles *list);

/* Dump: contents of all address spaces of the tree into the pages file, and
 * the records of the mm part. The tree is stopped until mm_copy() returns:
 * -EINTR or -ETIMEDOUT, without a word, when a signal or the time limit ends it. */
struct mm_copy;
struct pages_file {
	int fd;
	unsigned char *mapped;		/* its first mapped_len bytes, to which pages are copied at once; or NULL */
	uint64_t mapped_len;		/* 0: all pages are written */
	bool staged;			/* what is mapped is other memory, and is written to the file later */
};
int mm_select(struct arena *a, struct tree *tree, struct mm_copy **ret);
int mm_copy(struct mm_copy *c, const struct pages_file *to);
int mm_write(struct mm_copy *c, struct image_part *part);
uint64_t mm_copy_pages(const struct mm_copy *c);
bool mm_copy_shares(const struct mm_copy *c);	/* some pages are those of several processes */
uint64_t mm_copy_mapped(const struct mm_copy *c);	/* bytes that went to what is mapped, from 0 on; those behind are in the file */

/* Restore: protection keys, of the leader, before anything is mapped and when
 * all is there; calls are asked for. -errno, not said. */
struct tracee;
int mm_keys_begin(struct tracee *t, const struct loaded_mm *mm);
int mm_keys_end(struct tracee *t, const struct loaded_mm *mm);

/* The memory's key is to be given by pkey_mprotect(2); the kernel does not by itself. */
bool mm_key_is_explicit(const struct loaded_mm *mm, const Vma *v);
