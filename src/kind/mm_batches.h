/* SPDX-License-Identifier: Apache-2.0 */
/* mm_batches.h - which pages of a tree go where in the pages file.
 *
 * A unit is at most 512 pages of one chunk, which is what a checksum covers; a
 * batch is what one read from the task and one write to the file move. Batches
 * of one size keep the buffer in the CPU's cache between the two. mm_scan.c finds
 * the pages, mm_select.c lays all of it out, mm_copy.c moves them.
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

/* Whether process_vm_readv(2) may read the pages: see mm_copy.c. */
enum pinning { PIN_UNKNOWN, PIN_MAY, PIN_MUST_NOT };
struct copy_run {
	struct page_run at;
	enum pinning pin;
};

struct batch {
	struct process *process;
	struct copy_run *runs;
	size_t n_runs, pages;
	struct unit *units;
	size_t n_units;
	uint64_t offset;
};

struct vma_chunks { Chunk **list; size_t n; };

/* A part of a process: some of its VMAs, or a piece of one; the runs that matter,
 * ascending, and what pagemap says of the pages of each. NULL: it was not asked. */
struct scanned {
	struct arena *mem;
	struct process *process;
	bool much;			/* the process has a lot of memory */
	size_t first_vma, end_vma;
	uint64_t start, end;		/* of the piece; else 0 and UINT64_MAX */
	struct page_run *runs;
	size_t n;
	const uint64_t **entries;
	size_t n_entries;		/* n, or 0 */
};

struct mm_copy {
	struct arena *mem;
	struct tree *tree;
	struct scanned *scanned;	/* parts of the processes, in their order */
	size_t n_scanned;
	size_t *slices;			/* with which part each begins; one more for the end */
	struct vma_chunks **chunks;	/* by process, by VMA */
	struct batch *batches;
	size_t n_batches;
	size_t batch_pages;		/* of one: fewer than BATCH_PAGES, so that a small tree has work for all threads */
	uint64_t pages;
	struct frames *frames;		/* NULL: no pages are looked for that processes share */
	Chunk **shared;			/* whose pages are another chunk's, too */
	size_t n_shared;
	const struct pages_file *to;
	uint64_t mapped;		/* bytes, from 0 on, that go to what is mapped of it */
};

/* Private memory, of which pages may have to be saved. */
bool mm_has_contents(const struct process *p, size_t i);

/* Room for the checksums of a chunk that has all its pages. -ENOMEM or 0. */
int mm_make_checksums(struct arena *a, Chunk *chunk);

/* Fills in c->scanned: -errno, quiet. */
int mm_scan(struct mm_copy *c);
