/* SPDX-License-Identifier: Apache-2.0 */
/* mm_batches.h - which pages of a tree go where in the pages file.
 *
 * A unit is at most 512 pages of one chunk, which is what a checksum covers; a
 * batch is what one read from the task and one write to the file move. Batches
 * of one size keep the buffer in the CPU's cache between the two. mm_select.c
 * lays all of it out, mm_copy.c moves the pages.
 */
#pragma once
#include "arch.h"
#include "mm.h"
#include "pagemap.h"

#define BATCH_PAGES IMAGE_PAGES_PER_CHECKSUM
#define BATCH_RUNS 1000u		/* below IOV_MAX of process_vm_readv(2) */

struct unit {
	Chunk *chunk;
	size_t index;			/* which checksum of the chunk */
	size_t pages;
};

struct batch {
	struct process *process;
	struct page_run *runs;
	size_t n_runs, pages;
	struct unit *units;
	size_t n_units;
	uint64_t offset;
};

struct vma_chunks { Chunk **list; size_t n; };

/* The runs of a process that matter, ascending. */
struct scanned {
	struct arena *mem;
	struct page_run *runs;
	size_t n;
};

struct mm_copy {
	struct arena *mem;
	struct tree *tree;
	struct scanned *scanned;	/* by process */
	struct vma_chunks **chunks;	/* by process, by VMA */
	struct batch *batches;
	size_t n_batches;
	size_t batch_pages;		/* of one: fewer than BATCH_PAGES, so that a small tree has work for all threads */
	uint64_t pages;
	const struct pages_file *to;
	uint64_t mapped;		/* bytes, from 0 on, that go to what is mapped of it */
};
