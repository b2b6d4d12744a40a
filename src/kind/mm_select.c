/* SPDX-License-Identifier: Apache-2.0 */
/* mm_select.c - which pages are to be saved, and where each goes, before the first is copied. */
#include <errno.h>
#include <fcntl.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "mm_batches.h"
#include "pool.h"

#define CHUNK_PAGES 8192u
#define SLICE_PROCESSES 8u
#define BATCH_MIN 64u
#define MUCH_MEMORY (16u << 20)

static bool has_contents(const struct proc_vma *v, const Vma *m)
{
	return m && !v->shared && (m->type == VMA_TYPE__VMA_TYPE_ANONYMOUS || m->type == VMA_TYPE__VMA_TYPE_FILE);
}

/* The batch that the next run goes to: the last one, if it has room. */
static struct batch *open_batch(struct mm_copy *c, struct process *p)
{
	struct batch *b = c->n_batches ? &c->batches[c->n_batches - 1] : NULL;

	if (b && b->process == p && b->pages < c->batch_pages && b->n_runs < BATCH_RUNS)
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
		take = MIN((end - start) / ARCH_PAGE, c->batch_pages - b->pages);
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

/* What matters of a private mapping is what smaps counts as anonymous, or as swapped. */
static bool is_to_be_scanned(const struct process *p, size_t i)
{
	const struct proc_vma *v = &p->vmas[i];

	return has_contents(v, p->vma_messages[i]) && (v->anonymous || v->swap);
}

/* Little memory: what costs is the number of scans, so VMAs that follow each
 * other are scanned in one. Much: each on its own, those without a file by a
 * cheaper scan. */
static int scan_vmas(struct scanned *s, const struct process *p, int fd, bool much)
{
	int r = 0;

	for (size_t i = 0, next; r == 0 && i < p->n_vmas; i = next) {
		const struct proc_vma *v = &p->vmas[i];

		next = i + 1;
		if (!is_to_be_scanned(p, i))
			continue;
		while (!much && next < p->n_vmas && is_to_be_scanned(p, next))
			next++;
		r = pagemap_select(s->mem, fd, v->start, p->vmas[next - 1].end, much && v->type != VMA_FILE,
				   &s->runs, &s->n);
	}
	return r;
}

static int scan_process(struct mm_copy *c, size_t i)
{
	const struct process *p = c->tree->list[i];
	autoclose fd = -1;
	uint64_t anonymous = 0;

	if (p->zombie)
		return 0;
	fd = FAULTY(FAULT_OPEN, openat(p->dir, "pagemap", O_RDONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	for (size_t v = 0; v < p->n_vmas; v++)
		anonymous += p->vmas[v].anonymous;
	return scan_vmas(&c->scanned[i], p, fd, anonymous > MUCH_MEMORY);
}

static int place_process(struct mm_copy *c, struct process *p)
{
	const struct scanned *s = &c->scanned[p->index];
	size_t at = 0;
	int r = 0;

	c->chunks[p->index] = arena_zalloc(c->mem, (p->n_vmas + 1) * sizeof(**c->chunks));
	if (!c->chunks[p->index])
		return -ENOMEM;
	for (size_t i = 0; i < p->n_vmas; i++) {
		const struct proc_vma *v = &p->vmas[i];

		while (at < s->n && s->runs[at].end <= v->start)
			at++;
		for (size_t k = at; has_contents(v, p->vma_messages[i]) && k < s->n && s->runs[k].start < v->end && r == 0; k++)
			r = place_run(c, p, &c->chunks[p->index][i], MAX(s->runs[k].start, v->start), MIN(s->runs[k].end, v->end));
		if (r < 0)
			return r;
	}
	return 0;
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

/* Memory of its own, which a thread needs, is worth it for several of them. */
static int scan_slice(void *context, size_t slice)
{
	struct mm_copy *c = context;
	size_t end = MIN((slice + 1) * SLICE_PROCESSES, c->tree->n);
	int r = 0;

	for (size_t i = slice * SLICE_PROCESSES; r == 0 && i < end; i++)
		r = scan_process(c, i);
	return r;
}

static int scan_all(struct mm_copy *c)
{
	c->chunks = arena_zalloc(c->mem, c->tree->n * sizeof(*c->chunks));
	c->scanned = arena_zalloc(c->mem, c->tree->n * sizeof(*c->scanned));
	if (!c->chunks || !c->scanned)
		return -ENOMEM;
	for (size_t i = 0; i < c->tree->n; i++) {
		c->scanned[i].mem = i % SLICE_PROCESSES ? c->scanned[i - 1].mem : arena_child(c->mem);
		if (!c->scanned[i].mem)
			return -ENOMEM;
	}
	return pool_each((c->tree->n + SLICE_PROCESSES - 1) / SLICE_PROCESSES, pool_threads(), scan_slice, c);
}

static size_t choose_batch(const struct mm_copy *c)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < c->tree->n; i++)
		for (size_t k = 0; k < c->scanned[i].n; k++)
			pages += (c->scanned[i].runs[k].end - c->scanned[i].runs[k].start) / ARCH_PAGE;
	return MIN(MAX(pages / (2 * pool_threads()), (uint64_t)BATCH_MIN), (uint64_t)BATCH_PAGES);
}

int mm_select(struct arena *a, struct tree *tree, struct mm_copy **ret)
{
	struct mm_copy *c = arena_zalloc(a, sizeof(*c));
	int r = c ? 0 : -ENOMEM;

	if (r == 0) {
		c->mem = a;
		c->tree = tree;
		r = scan_all(c);
	}
	if (r < 0)
		return fail(NOWHERE, r, "cannot see which pages are in use");
	c->batch_pages = choose_batch(c);
	EACH_PROCESS(p, tree) {
		r = p->zombie ? 0 : place_process(c, p);
		if (r < 0)
			return fail(NOWHERE, r, "memory");
	}
	*ret = c;
	return finish_chunks(c) < 0 ? fail(NOWHERE, ENOMEM, "memory") : 0;
}
