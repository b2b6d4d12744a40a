/* SPDX-License-Identifier: Apache-2.0 */
/* mm_select.c - which pages are to be saved, and where each goes, before the first is copied. */
#include <errno.h>

#include "arena.h"
#include "cleanup.h"
#include "mm_batches.h"
#include "mm_frames.h"
#include "pool.h"

#define CHUNK_PAGES 8192u
#define BATCH_MIN 64u

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

static Chunk *new_chunk(struct mm_copy *c, struct vma_chunks *of, ChunkSource source, uint64_t offset)
{
	Chunk **place = ARENA_ADD(c->mem, of->list, of->n);

	if (!place)
		return NULL;
	*place = ARENA_MSG(c->mem, Chunk, chunk);
	if (!*place)
		return NULL;
	(*place)->source = source;
	(*place)->offset = offset;
	return *place;
}

/* The VMA's last chunk, if it is of that source: others follow behind it. */
static Chunk *last_chunk(const struct vma_chunks *of, ChunkSource source)
{
	return of->n && of->list[of->n - 1]->source == source ? of->list[of->n - 1] : NULL;
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
static int place_run(struct mm_copy *c, struct process *p, struct vma_chunks *of, uint64_t start, uint64_t end, enum pinning pin)
{
	while (start < end) {
		struct batch *b = open_batch(c, p);
		Chunk *chunk = last_chunk(of, CHUNK_SOURCE__CHUNK_SOURCE_OWN);
		struct copy_run *run;
		size_t take;
		int r;

		if (!b)
			return -ENOMEM;
		if (!chunk || chunk->pages == CHUNK_PAGES ||
		    (chunk->pages % IMAGE_PAGES_PER_CHECKSUM && b->n_units == 0) ||
		    (b->n_units && b->units[b->n_units - 1].chunk != chunk && chunk->pages))
			chunk = new_chunk(c, of, CHUNK_SOURCE__CHUNK_SOURCE_OWN, c->pages * ARCH_PAGE);
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
		*run = (struct copy_run){ { start, start + take * ARCH_PAGE }, pin };
		b->pages += take;
		c->pages += take;
		start += take * ARCH_PAGE;
	}
	return 0;
}

/* Pages that are in the pages file already. */
static int place_shared(struct mm_copy *c, struct vma_chunks *of, uint64_t start, size_t pages, uint64_t offset)
{
	while (pages) {
		Chunk *chunk = last_chunk(of, CHUNK_SOURCE__CHUNK_SOURCE_SHARED);
		size_t take;

		if (!chunk || chunk->pages == CHUNK_PAGES || chunk->offset + chunk->stored != offset) {
			Chunk **place = ARENA_ADD(c->mem, c->shared, c->n_shared);

			chunk = place ? new_chunk(c, of, CHUNK_SOURCE__CHUNK_SOURCE_SHARED, offset) : NULL;
			if (!chunk)
				return -ENOMEM;
			*place = chunk;
		}
		take = MIN(pages, CHUNK_PAGES - chunk->pages);
		if (add_run_to_chunk(c, chunk, start, take) < 0)
			return -ENOMEM;
		start += take * ARCH_PAGE;
		offset += take * ARCH_PAGE;
		pages -= take;
	}
	return 0;
}

/* How many pages, from the first on, are to be copied in the same way. */
static size_t alike(const struct mm_copy *c, const uint64_t *entries, size_t n)
{
	bool shared = pagemap_is_shared(entries[0]);
	uint64_t offset;
	size_t i = 1;

	while (i < n && pagemap_is_shared(entries[i]) == shared &&
	       !(shared && c->frames && frames_known(c->frames, entries + i, 1, &offset)))
		i++;
	return i;
}

/* Pages of which pagemap was asked. */
static int place_pages(struct mm_copy *c, struct process *p, struct vma_chunks *of, uint64_t start, uint64_t end, const uint64_t *entries)
{
	int r = 0;

	for (size_t n; start < end && r == 0; start += n * ARCH_PAGE, entries += n) {
		size_t left = (end - start) / ARCH_PAGE;
		uint64_t offset;

		n = c->frames ? frames_known(c->frames, entries, left, &offset) : 0;
		if (n) {
			r = place_shared(c, of, start, n, offset);
			continue;
		}
		n = alike(c, entries, left);
		offset = c->pages * ARCH_PAGE;
		r = place_run(c, p, of, start, start + n * ARCH_PAGE, pagemap_is_shared(entries[0]) ? PIN_MUST_NOT : PIN_MAY);
		if (r == 0 && c->frames && pagemap_is_shared(entries[0]))
			r = frames_add(c->frames, p, start, entries, n, offset);
	}
	return r;
}

/* The runs of the part, from number k on, as far as they are the VMA's. */
static int place_vma(struct mm_copy *c, const struct scanned *s, size_t i, size_t k)
{
	const struct proc_vma *v = &s->process->vmas[i];
	struct vma_chunks *of = &c->chunks[s->process->index][i];
	int r = 0;

	for (; r == 0 && k < s->n && s->runs[k].start < v->end; k++) {
		uint64_t start = MAX(s->runs[k].start, v->start), end = MIN(s->runs[k].end, v->end);

		if (s->entries)
			r = place_pages(c, s->process, of, start, end, s->entries[k] + (start - s->runs[k].start) / ARCH_PAGE);
		else
			r = place_run(c, s->process, of, start, end, PIN_UNKNOWN);
	}
	return r;
}

static int place_part(struct mm_copy *c, const struct scanned *s)
{
	size_t at = 0;
	int r = 0;

	for (size_t i = s->first_vma; r == 0 && i < s->end_vma; i++) {
		while (at < s->n && s->runs[at].end <= s->process->vmas[i].start)
			at++;
		r = mm_has_contents(s->process, i) ? place_vma(c, s, i, at) : 0;
	}
	return r;
}

int mm_make_checksums(struct arena *a, Chunk *chunk)
{
	chunk->n_checksums = (chunk->pages + IMAGE_PAGES_PER_CHECKSUM - 1) / IMAGE_PAGES_PER_CHECKSUM;
	chunk->checksums = arena_zalloc(a, chunk->n_checksums * sizeof(*chunk->checksums));
	return chunk->checksums ? 0 : -ENOMEM;
}

static int finish_chunks(struct mm_copy *c)
{
	for (size_t i = 0; i < c->n_batches; i++)
		for (size_t j = 0; j < c->batches[i].n_units; j++) {
			Chunk *chunk = c->batches[i].units[j].chunk;

			if (!chunk->checksums && mm_make_checksums(c->mem, chunk) < 0)
				return -ENOMEM;
		}
	return 0;
}

static size_t choose_batch(const struct mm_copy *c)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < c->n_scanned; i++)
		for (size_t k = 0; k < c->scanned[i].n; k++)
			pages += (c->scanned[i].runs[k].end - c->scanned[i].runs[k].start) / ARCH_PAGE;
	return MIN(MAX(pages / (2 * pool_threads()), (uint64_t)BATCH_MIN), (uint64_t)BATCH_PAGES);
}

static size_t live_processes(const struct tree *tree)
{
	size_t n = 0;

	EACH_PROCESS(p, tree)
		n += !p->zombie;
	return n;
}

static int place_each(struct mm_copy *c)
{
	int r = 0;

	c->pages = c->n_batches = c->n_shared = 0;
	c->batches = NULL;
	c->shared = NULL;
	c->chunks = arena_zalloc(c->mem, c->tree->n * sizeof(*c->chunks));
	EACH_PROCESS(p, c->tree) {
		if (c->chunks && !p->zombie)
			c->chunks[p->index] = arena_zalloc(c->mem, (p->n_vmas + 1) * sizeof(**c->chunks));
		if (!c->chunks || (!p->zombie && !c->chunks[p->index]))
			return -ENOMEM;
	}
	for (size_t i = 0; r == 0 && i < c->n_scanned; i++)
		r = place_part(c, &c->scanned[i]);
	return r;
}

/* Where a page has moved meanwhile, nothing that was said of frames is believed. */
static int place_all(struct mm_copy *c)
{
	int r = place_each(c);

	if (r < 0 || !c->frames)
		return r;
	r = frames_hold(c->frames);
	c->frames = NULL;
	return r ? MIN(r, 0) : place_each(c);
}

int mm_select(struct arena *a, struct tree *tree, struct mm_copy **ret)
{
	struct mm_copy *c = arena_zalloc(a, sizeof(*c));
	int r = c ? 0 : -ENOMEM;

	if (r == 0) {
		c->mem = a;
		c->tree = tree;
		c->frames = tree->own.zero_frame && live_processes(tree) > 1 ? frames_new(a) : NULL;
		r = mm_scan(c);
	}
	if (r < 0)
		return fail(NOWHERE, r, "cannot see which pages are in use");
	c->batch_pages = choose_batch(c);
	r = place_all(c);
	if (r < 0)
		return fail(NOWHERE, r, "memory");
	*ret = c;
	return finish_chunks(c) < 0 ? fail(NOWHERE, ENOMEM, "memory") : 0;
}
