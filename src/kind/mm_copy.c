/* SPDX-License-Identifier: Apache-2.0 */
/* mm_copy.c - page contents from stopped address spaces into the pages file. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "mm_batches.h"
#include "pool.h"

#define FEW_PAGES 4u
#define WORTH_A_THREAD 192u		/* pages */

/* Files of a process, opened when they are needed. */
struct source { int dir, mem, pagemap; };

static void close_source(struct source *s)
{
	autoclose_fd(&s->mem);
	autoclose_fd(&s->pagemap);
}

static int open_once(const struct source *s, const char *name, int *fd)
{
	if (*fd < 0)
		*fd = FAULTY(FAULT_OPEN, openat(s->dir, name, O_RDONLY | O_CLOEXEC));
	return *fd < 0 ? -errno : 0;
}

static int read_run(struct source *s, const struct page_run *run, unsigned char *to)
{
	int r = open_once(s, "mem", &s->mem);

	return r < 0 ? r : io_pread_all(s->mem, to, run->end - run->start, run->start);
}

/* Reading through process_vm_readv() pins a page, and pinning one that is
 * shared by copy-on-write makes the task a copy of it: those go by /proc/PID/mem.
 * So do a few pages, for which it takes longer to ask. 1, 0, or -errno. */
static int must_not_pin(struct source *s, const struct copy_run *of)
{
	const struct page_run *run = &of->at;
	uint64_t bits[BATCH_PAGES / 64 + 1];
	long shared;
	int r;

	if (of->pin != PIN_UNKNOWN)
		return of->pin == PIN_MUST_NOT;
	if (run->end - run->start <= FEW_PAGES * ARCH_PAGE)
		return 1;
	r = open_once(s, "pagemap", &s->pagemap);
	shared = r < 0 ? r : pagemap_shared(s->pagemap, run->start, run->end, bits);
	return shared < 0 ? (int)shared : shared > 0;
}

static int read_batch(const struct batch *b, unsigned char *buf)
{
	auto_(close_source) struct source s = { b->process->dir, -1, -1 };
	struct iovec there[BATCH_RUNS], here[BATCH_RUNS];
	size_t n = 0, want = 0, at = 0;
	ssize_t got;
	int r = 0;

	for (size_t i = 0; i < b->n_runs; i++) {
		const struct page_run *run = &b->runs[i].at;
		size_t len = run->end - run->start;

		r = must_not_pin(&s, &b->runs[i]);
		if (r > 0) {
			r = read_run(&s, run, buf + at);
		} else if (r == 0) {
			there[n] = (struct iovec){ (void *)run->start, len };
			here[n++] = (struct iovec){ buf + at, len };
			want += len;
		}
		if (r < 0)
			return r;
		at += len;
	}
	got = n ? FAULTY(FAULT_READ, process_vm_readv(b->process->pid, here, n, there, n, 0)) : 0;
	/* Memory that even its owner may not read (PROT_NONE) stops it short. */
	for (size_t i = 0; i < n && r == 0 && (got < 0 || (size_t)got < want); i++) {
		const struct page_run run = { (uint64_t)there[i].iov_base, (uint64_t)there[i].iov_base + there[i].iov_len };

		r = read_run(&s, &run, here[i].iov_base);
	}
	return r;
}

static void sum_units(const struct batch *b, const unsigned char *pages)
{
	for (size_t i = 0; i < b->n_units; i++) {
		const struct unit *u = &b->units[i];

		u->chunk->checksums[u->index] = image_checksum(pages, u->pages * ARCH_PAGE);
		pages += u->pages * ARCH_PAGE;
	}
}

static bool is_mapped(const struct mm_copy *c, const struct batch *b)
{
	return b->offset + b->pages * ARCH_PAGE <= c->to->mapped_len;
}

static int copy_batch(void *context, size_t i)
{
	struct mm_copy *c = context;
	const struct batch *b = &c->batches[i];
	size_t len = b->pages * ARCH_PAGE;
	bool mapped = is_mapped(c, b);
	autofree unsigned char *own = mapped ? NULL : aligned_alloc(ARCH_PAGE, len);
	unsigned char *buf = mapped ? c->to->mapped + b->offset : own;
	int r = buf ? read_batch(b, buf) : -ENOMEM;

	if (r < 0)
		return r;
	sum_units(b, buf);
	return mapped ? 0 : io_pwrite_all(c->to->fd, buf, len, b->offset);
}

static uint64_t mapped_bytes(const struct mm_copy *c)
{
	for (size_t i = 0; i < c->n_batches; i++)
		if (!is_mapped(c, &c->batches[i]))
			return c->batches[i].offset;
	return c->pages * ARCH_PAGE;
}

int mm_copy(struct mm_copy *c, const struct pages_file *to)
{
	int r;

	c->to = to;
	c->mapped = mapped_bytes(c);
	r = pool_each_until(c->n_batches, c->pages > WORTH_A_THREAD ? pool_threads() : 1, copy_batch, c,
			    waits_stop, &c->tree->waits);
	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	return r < 0 ? fail(&(struct where){ .phase = "memory", .fd = -1 }, r, "cannot copy the memory") : 0;
}

uint64_t mm_copy_pages(const struct mm_copy *c)
{
	return c->pages;
}

bool mm_copy_shares(const struct mm_copy *c)
{
	return c->n_shared;
}

uint64_t mm_copy_mapped(const struct mm_copy *c)
{
	return c->mapped;
}

/* From where the pages are now, if they are still there; else from the file. */
static int sum_chunk(struct mm_copy *c, Chunk *chunk)
{
	const bool mapped = chunk->offset + chunk->stored <= c->mapped;
	autofree unsigned char *own = mapped ? NULL : aligned_alloc(ARCH_PAGE, BATCH_PAGES * ARCH_PAGE);
	uint64_t len;

	if (mm_make_checksums(c->mem, chunk) < 0 || (!mapped && !own))
		return -ENOMEM;
	for (uint64_t at = 0, i = 0; at < chunk->stored; at += len, i++) {
		const unsigned char *from = mapped ? c->to->mapped + chunk->offset + at : own;
		int r;

		len = MIN(chunk->stored - at, (uint64_t)BATCH_PAGES * ARCH_PAGE);
		r = mapped ? 0 : io_pread_all(c->to->fd, own, len, chunk->offset + at);
		if (r < 0)
			return r;
		chunk->checksums[i] = image_checksum(from, len);
	}
	return 0;
}

static int by_extent(const void *a, const void *b)
{
	const Chunk *x = *(Chunk *const *)a, *y = *(Chunk *const *)b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->pages < y->pages ? -1 : x->pages > y->pages;
}

/* Many processes have the same pages of another one. */
static int sum_shared(struct mm_copy *c)
{
	int r = 0;

	if (!c->n_shared)
		return 0;
	qsort(c->shared, c->n_shared, sizeof(*c->shared), by_extent);
	for (size_t i = 0; r == 0 && i < c->n_shared; i++) {
		Chunk *const *k = &c->shared[i];

		if (i == 0 || by_extent(k - 1, k) != 0) {
			r = sum_chunk(c, *k);
			continue;
		}
		(*k)->n_checksums = k[-1]->n_checksums;
		(*k)->checksums = k[-1]->checksums;
	}
	return r;
}

static int write_record(struct image_part *part, MmRecord__RecordCase which, void *message)
{
	MmRecord record = MM_RECORD__INIT;

	record.record_case = which;
	record.mm = message;
	return image_part_add(part, &record.base);
}

static int write_mm(struct mm_copy *c, struct process *p, struct image_part *part)
{
	Chunk end = CHUNK__INIT;
	int r = write_record(part, MM_RECORD__RECORD_MM, p->mm);

	for (size_t i = 0; r == 0 && i < p->n_vmas; i++) {
		const struct vma_chunks *chunks = &c->chunks[p->index][i];

		if (!p->vma_messages[i])
			continue;
		r = write_record(part, MM_RECORD__RECORD_VMA, p->vma_messages[i]);
		for (size_t j = 0; r == 0 && j < chunks->n; j++)
			r = write_record(part, MM_RECORD__RECORD_CHUNK, chunks->list[j]);
		if (r == 0)
			r = write_record(part, MM_RECORD__RECORD_CHUNK, &end);
	}
	return r ? r : write_record(part, MM_RECORD__RECORD_X86, p->x86);
}

int mm_write(struct mm_copy *c, struct image_part *part)
{
	int err = sum_shared(c);

	if (err < 0)
		return fail(NOWHERE, err, "cannot sum up the pages that processes share");
	EACH_PROCESS(p, c->tree) {
		int r = p->zombie ? 0 : write_mm(c, p, part);

		if (r < 0)
			return fail(NOWHERE, r, "cannot write the mm part");
	}
	return 0;
}
