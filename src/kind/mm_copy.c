/* SPDX-License-Identifier: Apache-2.0 */
/* mm_copy.c - page contents from stopped address spaces into the pages file.
 *
 * A unit is at most 512 pages of one chunk, which is what a checksum covers; a
 * batch is what one read from the task and one write to the file move. Batches
 * of one size keep the buffer in the CPU's cache between the two.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "arch.h"
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "mm.h"
#include "pagemap.h"
#include "pool.h"

#define CHUNK_PAGES 8192u
#define BATCH_PAGES IMAGE_PAGES_PER_CHECKSUM
#define BATCH_RUNS 1000u		/* below IOV_MAX of process_vm_readv(2) */
#define FEW_PAGES 4u
#define MUCH_MEMORY (16u << 20)
#define WORTH_A_THREAD 1024u		/* pages */

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

struct mm_copy {
	struct arena *mem;
	struct tree *tree;
	struct vma_chunks **chunks;	/* by process, by VMA */
	struct batch *batches;
	size_t n_batches;
	uint64_t pages;
	int pages_fd;
};

static bool has_contents(const struct proc_vma *v, const Vma *m)
{
	return m && !v->shared && (m->type == VMA_TYPE__VMA_TYPE_ANONYMOUS || m->type == VMA_TYPE__VMA_TYPE_FILE);
}

/* The batch that the next run goes to: the last one, if it has room. */
static struct batch *open_batch(struct mm_copy *c, struct process *p)
{
	struct batch *b = c->n_batches ? &c->batches[c->n_batches - 1] : NULL;

	if (b && b->process == p && b->pages < BATCH_PAGES && b->n_runs < BATCH_RUNS)
		return b;
	b = ARENA_ADD(c->mem, c->batches, c->n_batches);
	if (b) {
		b->process = p;
		b->offset = c->pages * ARCH_PAGE;
	}
	return b;
}

static Chunk *new_chunk(struct mm_copy *c, struct vma_chunks *of)
{
	Chunk **place = ARENA_ADD(c->mem, of->list, of->n);

	if (!place)
		return NULL;
	*place = ARENA_MSG(c->mem, Chunk, chunk);
	if (!*place)
		return NULL;
	(*place)->source = CHUNK_SOURCE__CHUNK_SOURCE_OWN;
	(*place)->offset = c->pages * ARCH_PAGE;
	return *place;
}

static int add_run_to_chunk(struct mm_copy *c, Chunk *chunk, uint64_t start, size_t pages)
{
	PageRun *last = chunk->n_runs ? chunk->runs[chunk->n_runs - 1] : NULL;
	PageRun **place;

	chunk->pages += pages;
	chunk->stored += pages * ARCH_PAGE;
	if (last && last->start + last->pages * ARCH_PAGE == start) {
		last->pages += pages;
		return 0;
	}
	place = ARENA_ADD(c->mem, chunk->runs, chunk->n_runs);
	if (!place)
		return -ENOMEM;
	*place = ARENA_MSG(c->mem, PageRun, page_run);
	if (!*place)
		return -ENOMEM;
	(*place)->start = start;
	(*place)->pages = pages;
	return 0;
}

/* The unit these pages of the chunk count to, in this batch. */
static int add_to_unit(struct mm_copy *c, struct batch *b, Chunk *chunk, size_t pages)
{
	size_t index = chunk->pages / IMAGE_PAGES_PER_CHECKSUM;
	struct unit *u = b->n_units ? &b->units[b->n_units - 1] : NULL;

	if (!u || u->chunk != chunk || u->index != index) {
		u = ARENA_ADD(c->mem, b->units, b->n_units);
		if (!u)
			return -ENOMEM;
		u->chunk = chunk;
		u->index = index;
	}
	u->pages += pages;
	return 0;
}

/* A checksum's pages must lie in one batch: begin a new chunk where a batch
 * has to end in the middle of a unit. */
static int place_run(struct mm_copy *c, struct process *p, struct vma_chunks *of, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct batch *b = open_batch(c, p);
		Chunk *chunk = of->n ? of->list[of->n - 1] : NULL;
		struct page_run *run;
		size_t take;
		int r;

		if (!b)
			return -ENOMEM;
		if (!chunk || chunk->pages == CHUNK_PAGES ||
		    (chunk->pages % IMAGE_PAGES_PER_CHECKSUM && b->n_units == 0) ||
		    (b->n_units && b->units[b->n_units - 1].chunk != chunk && chunk->pages))
			chunk = new_chunk(c, of);
		if (!chunk)
			return -ENOMEM;
		take = MIN((end - start) / ARCH_PAGE, BATCH_PAGES - b->pages);
		take = MIN(take, IMAGE_PAGES_PER_CHECKSUM - chunk->pages % IMAGE_PAGES_PER_CHECKSUM);
		r = add_to_unit(c, b, chunk, take);
		if (r == 0)
			r = add_run_to_chunk(c, chunk, start, take);
		run = r == 0 ? ARENA_ADD(c->mem, b->runs, b->n_runs) : NULL;
		if (!run)
			return -ENOMEM;
		*run = (struct page_run){ start, start + take * ARCH_PAGE };
		b->pages += take;
		c->pages += take;
		start += take * ARCH_PAGE;
	}
	return 0;
}

static int place_runs(struct mm_copy *c, struct process *p, size_t vma, const struct page_run *runs, size_t n)
{
	const struct proc_vma *v = &p->vmas[vma];
	int r = 0;

	for (size_t i = 0; i < n && runs[i].start < v->end && r == 0; i++)
		r = place_run(c, p, &c->chunks[p->index][vma], MAX(runs[i].start, v->start), MIN(runs[i].end, v->end));
	return r;
}

/* Much memory: each VMA on its own, those without a file by a cheaper scan. */
static int select_by_vma(struct mm_copy *c, struct process *p, int fd)
{
	for (size_t i = 0; i < p->n_vmas; i++) {
		const struct proc_vma *v = &p->vmas[i];
		struct page_run *runs = NULL;
		size_t n = 0;
		int r;

		if (!has_contents(v, p->vma_messages[i]))
			continue;
		r = pagemap_select(c->mem, fd, v->start, v->end, v->type != VMA_FILE, &runs, &n);
		if (r == 0)
			r = place_runs(c, p, i, runs, n);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Little memory: what costs is the number of scans, so there is one. */
static int select_at_once(struct mm_copy *c, struct process *p, int fd)
{
	struct page_run *runs = NULL;
	size_t n = 0, at = 0;
	int r = pagemap_select(c->mem, fd, 0, ARCH_TASK_SIZE, false, &runs, &n);

	for (size_t i = 0; i < p->n_vmas && r == 0; i++) {
		while (at < n && runs[at].end <= p->vmas[i].start)
			at++;
		if (has_contents(&p->vmas[i], p->vma_messages[i]))
			r = place_runs(c, p, i, runs + at, n - at);
	}
	return r;
}

static int select_process(struct mm_copy *c, struct process *p)
{
	autoclose fd = FAULTY(FAULT_OPEN, openat(p->dir, "pagemap", O_RDONLY | O_CLOEXEC));
	uint64_t anonymous = 0;

	if (fd < 0)
		return -errno;
	c->chunks[p->index] = arena_zalloc(c->mem, (p->n_vmas + 1) * sizeof(**c->chunks));
	if (!c->chunks[p->index])
		return -ENOMEM;
	for (size_t i = 0; i < p->n_vmas; i++)
		anonymous += p->vmas[i].anonymous;
	return anonymous > MUCH_MEMORY ? select_by_vma(c, p, fd) : select_at_once(c, p, fd);
}

static int finish_chunks(struct mm_copy *c)
{
	for (size_t i = 0; i < c->n_batches; i++)
		for (size_t j = 0; j < c->batches[i].n_units; j++) {
			Chunk *chunk = c->batches[i].units[j].chunk;

			if (chunk->checksums)
				continue;
			chunk->n_checksums = (chunk->pages + IMAGE_PAGES_PER_CHECKSUM - 1) / IMAGE_PAGES_PER_CHECKSUM;
			chunk->checksums = arena_zalloc(c->mem, chunk->n_checksums * sizeof(*chunk->checksums));
			if (!chunk->checksums)
				return -ENOMEM;
		}
	return 0;
}

int mm_select(struct arena *a, struct tree *tree, struct mm_copy **ret)
{
	struct mm_copy *c = arena_zalloc(a, sizeof(*c));

	if (!c)
		return fail(NOWHERE, ENOMEM, "memory");
	c->mem = a;
	c->tree = tree;
	c->chunks = arena_zalloc(a, tree->n * sizeof(*c->chunks));
	if (!c->chunks)
		return fail(NOWHERE, ENOMEM, "memory");
	EACH_PROCESS(p, tree) {
		struct where at = { .phase = "memory", .pid = p->pid, .fd = -1 };
		int r = p->zombie ? 0 : select_process(c, p);

		if (r < 0)
			return fail(&at, r, "cannot see which pages are in use");
	}
	*ret = c;
	return finish_chunks(c) < 0 ? fail(NOWHERE, ENOMEM, "memory") : 0;
}

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
static int must_not_pin(struct source *s, const struct page_run *run)
{
	uint64_t bits[BATCH_PAGES / 64 + 1];
	long shared;
	int r;

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
		const struct page_run *run = &b->runs[i];
		size_t len = run->end - run->start;

		r = must_not_pin(&s, run);
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

static int copy_batch(void *context, size_t i)
{
	struct mm_copy *c = context;
	const struct batch *b = &c->batches[i];
	size_t len = b->pages * ARCH_PAGE, at = 0;
	autofree unsigned char *buf = aligned_alloc(ARCH_PAGE, len);
	int r = buf ? read_batch(b, buf) : -ENOMEM;

	if (r < 0)
		return r;
	for (size_t j = 0; j < b->n_units; j++) {
		const struct unit *u = &b->units[j];

		u->chunk->checksums[u->index] = image_checksum(buf + at, u->pages * ARCH_PAGE);
		at += u->pages * ARCH_PAGE;
	}
	return io_pwrite_all(c->pages_fd, buf, len, b->offset);
}

static int end_of_waiting(void *context)
{
	struct mm_copy *c = context;

	return waits_check(&c->tree->waits);
}

int mm_copy(struct mm_copy *c, int pages_fd)
{
	int r;

	c->pages_fd = pages_fd;
	r = pool_each_until(c->n_batches, c->pages > WORTH_A_THREAD ? pool_threads() : 1, copy_batch, c, end_of_waiting);
	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	return r < 0 ? fail(&(struct where){ .phase = "memory", .fd = -1 }, r, "cannot copy the memory") : 0;
}

uint64_t mm_copy_pages(const struct mm_copy *c)
{
	return c->pages;
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
	EACH_PROCESS(p, c->tree) {
		int r = p->zombie ? 0 : write_mm(c, p, part);

		if (r < 0)
			return fail(NOWHERE, r, "cannot write the mm part");
	}
	return 0;
}
