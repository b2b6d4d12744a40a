/* SPDX-License-Identifier: Apache-2.0 */
/* load_mm.c - address spaces: the mm, its VMAs and chunks, the x86 context. */
#include <ctype.h>
#include <string.h>
#include <sys/mman.h>
#include "load_parts.h"

#define AUXV_WORDS_MAX 256	/* the kernel has room for about 50 (AT_VECTOR_SIZE) */
#define LDT_ENTRY_SIZE 8
#define LDT_ENTRIES_MAX 8192	/* asm/ldt.h LDT_ENTRIES */

/* Where we are within an address space. */
struct walk {
	struct loaded_mm *mm;	/* NULL: between two */
	bool in_vma;		/* its last chunk has not come yet */
	uint64_t next;		/* no page of the VMA's next chunk may lie below */
};

static struct loaded_vma *last_vma(const struct walk *w)
{
	return &w->mm->vmas[w->mm->n_vmas - 1];
}

static int load_mm(struct loader *l, struct walk *w, Mm *m)
{
	if (w->mm)
		return load_bad(l, "address space %u begins before %u has ended", m->id, w->mm->msg->id);
	if (!LOADED(l->c->objects, l->c->n_file_ids, m->exe))
		return load_bad(l, "address space %u: its program is file object %u, which does not exist",
				m->id, m->exe);
	if (m->n_auxv % 2 || m->n_auxv > AUXV_WORDS_MAX)
		return load_bad(l, "address space %u has an auxiliary vector of %zu words", m->id, m->n_auxv);
	w->mm = arena_zalloc(l->mem, sizeof(*w->mm));
	if (!w->mm)
		return load_nomem(l);
	w->mm->msg = m;
	return LOAD_PUT(l, l->c->mms, l->c->n_mm_ids, m->id, w->mm, "an address space");
}

static int check_place(struct loader *l, const struct walk *w, const Vma *v)
{
	const unsigned long long start = v->start, end = v->end;

	if (start % LOAD_PAGE || end % LOAD_PAGE || v->pgoff % LOAD_PAGE)
		return load_bad(l, "the VMA %llx-%llx does not lie on page boundaries", start, end);
	if (start >= end || end > LOAD_ADDRESS_END)
		return load_bad(l, "the VMA %llx-%llx is no range of user addresses", start, end);
	if (w->mm->n_vmas && start < last_vma(w)->msg->end)
		return load_bad(l, "the VMA %llx-%llx overlaps the one before it, or lies below it", start, end);
	return 0;
}

static int check_vma(struct loader *l, const Vma *v)
{
	const unsigned long long start = v->start;

	if (v->type <= VMA_TYPE__VMA_TYPE_UNKNOWN || v->type > VMA_TYPE__VMA_TYPE_VVAR_VCLOCK)
		return load_bad(l, "the VMA at %llx is of the unknown type %d", start, (int)v->type);
	if (v->prot & ~(uint32_t)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return load_bad(l, "the VMA at %llx has the unknown protection %u", start, v->prot);
	if (v->type == VMA_TYPE__VMA_TYPE_FILE && !LOADED(l->c->objects, l->c->n_file_ids, v->file))
		return load_bad(l, "the VMA at %llx maps file object %u, which does not exist", start, v->file);
	if (v->type != VMA_TYPE__VMA_TYPE_FILE && v->file)
		return load_bad(l, "the VMA at %llx is no file mapping and names file object %u", start, v->file);
	if (v->type != VMA_TYPE__VMA_TYPE_FILE && v->shared)
		return load_bad(l, "the VMA at %llx is shared, but maps no file", start);
	for (size_t i = 0; i < v->n_flags; i++)
		if (strlen(v->flags[i]) != 2 || !islower((unsigned char)v->flags[i][0]) ||
		    !islower((unsigned char)v->flags[i][1]))
			return load_bad(l, "the VMA at %llx has a flag that is no two letters", start);
	return 0;
}

static int load_vma(struct loader *l, struct walk *w, Vma *v)
{
	struct loaded_vma *vma;
	int err;

	if (!w->mm || w->in_vma)
		return load_bad(l, "a VMA stands where none can be");
	err = check_place(l, w, v);
	if (!err)
		err = check_vma(l, v);
	if (err)
		return err;
	vma = ARENA_ADD(l->mem, w->mm->vmas, w->mm->n_vmas);
	if (!vma)
		return load_nomem(l);
	vma->msg = v;
	w->in_vma = true;
	w->next = v->start;
	return 0;
}

/* What is shared is its file's, and the kernel makes the contents of the others. */
static bool has_contents(const Vma *v)
{
	return !v->shared && (v->type == VMA_TYPE__VMA_TYPE_ANONYMOUS || v->type == VMA_TYPE__VMA_TYPE_FILE);
}

/* Within one chunk, runs that touch would be one run. */
static int check_runs(struct loader *l, struct walk *w, const Chunk *k)
{
	const Vma *v = last_vma(w)->msg;
	uint64_t pages = 0;

	for (size_t i = 0; i < k->n_runs; i++) {
		const PageRun *r = k->runs[i];
		const unsigned long long start = r->start;

		if (start % LOAD_PAGE || start < v->start || start >= v->end ||
		    !r->pages || r->pages > (v->end - start) / LOAD_PAGE)
			return load_bad(l, "a chunk has %llu pages at %llx, not all within the VMA %llx-%llx",
					(unsigned long long)r->pages, start,
					(unsigned long long)v->start, (unsigned long long)v->end);
		if (start < w->next || (i && start == w->next))
			return load_bad(l, "the page runs do not ascend at %llx", start);
		w->next = start + r->pages * LOAD_PAGE;
		pages += r->pages;
	}
	if (pages != k->pages)
		return load_bad(l, "a chunk has %llu pages, but its runs have %llu",
				(unsigned long long)k->pages, (unsigned long long)pages);
	return 0;
}

/* check_runs() has bounded k->pages by the size of a VMA: nothing overflows. */
static int check_stored(struct loader *l, const Chunk *k)
{
	const uint64_t size = l->c->pages_size;

	if (k->source != CHUNK_SOURCE__CHUNK_SOURCE_OWN)
		return load_bad(l, "a chunk comes from the unknown source %d", (int)k->source);
	if (k->codec != CHUNK_CODEC__CHUNK_CODEC_RAW)
		return load_bad(l, "a chunk has the unknown codec %d", (int)k->codec);
	if (k->stored != k->pages * LOAD_PAGE)
		return load_bad(l, "a chunk of %llu pages has %llu bytes in the pages file",
				(unsigned long long)k->pages, (unsigned long long)k->stored);
	if (k->offset % LOAD_PAGE || k->offset > size || k->stored > size - k->offset)
		return load_bad(l, "a chunk's %llu bytes at %llu lie outside the pages file, or not on a page boundary",
				(unsigned long long)k->stored, (unsigned long long)k->offset);
	if (k->n_checksums != (k->pages + IMAGE_PAGES_PER_CHECKSUM - 1) / IMAGE_PAGES_PER_CHECKSUM)
		return load_bad(l, "a chunk of %llu pages has %zu checksums",
				(unsigned long long)k->pages, k->n_checksums);
	return 0;
}

static int load_chunk(struct loader *l, struct walk *w, Chunk *k)
{
	struct loaded_vma *vma;
	Chunk **el;
	int err;

	if (!w->in_vma)
		return load_bad(l, "a chunk stands outside a VMA");
	if (!k->pages) {
		w->in_vma = false;
		if (k->source != CHUNK_SOURCE__CHUNK_SOURCE_END || k->n_runs || k->stored || k->n_checksums)
			return load_bad(l, "a chunk of zero pages has contents");
		return 0;
	}
	if (!has_contents(last_vma(w)->msg))
		return load_bad(l, "the VMA at %llx has a chunk, but is not private memory",
				(unsigned long long)last_vma(w)->msg->start);
	err = check_runs(l, w, k);
	if (!err)
		err = check_stored(l, k);
	if (err)
		return err;
	vma = last_vma(w);
	el = ARENA_ADD(l->mem, vma->chunks, vma->n_chunks);
	if (!el)
		return load_nomem(l);
	*el = k;
	return 0;
}

static int load_x86(struct loader *l, struct walk *w, X86Context *x)
{
	if (!w->mm || w->in_vma)
		return load_bad(l, "an x86 context stands where none can be");
	if (w->mm->msg->vmas != w->mm->n_vmas)
		return load_bad(l, "address space %u has %zu VMAs instead of %llu", w->mm->msg->id,
				w->mm->n_vmas, (unsigned long long)w->mm->msg->vmas);
	if (x->vdso_base % LOAD_PAGE || x->vdso_code % LOAD_PAGE ||
	    x->vdso_base > x->vdso_code || x->vdso_code >= LOAD_ADDRESS_END)
		return load_bad(l, "address space %u has its vdso at an impossible address", w->mm->msg->id);
	if (x->ldt_entries > LDT_ENTRIES_MAX || (x->ldt_entries && x->ldt_entry_size != LDT_ENTRY_SIZE) ||
	    x->ldt.len != (size_t)x->ldt_entries * LDT_ENTRY_SIZE)
		return load_bad(l, "address space %u has an LDT of impossible size", w->mm->msg->id);
	w->mm->x86 = x;
	w->mm = NULL;
	return 0;
}

int load_mms(struct loader *l, MmRecord **records, size_t n)
{
	struct walk w = { 0 };
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		MmRecord *r = records[i];

		l->record = i + 1;
		switch (r->record_case) {
		case MM_RECORD__RECORD_MM:
			err = load_mm(l, &w, r->mm);
			break;
		case MM_RECORD__RECORD_VMA:
			err = load_vma(l, &w, r->vma);
			break;
		case MM_RECORD__RECORD_CHUNK:
			err = load_chunk(l, &w, r->chunk);
			break;
		case MM_RECORD__RECORD_X86:
			err = load_x86(l, &w, r->x86);
			break;
		default:
			err = load_bad(l, "it is empty");
		}
	}
	if (!err && w.mm)
		return load_bad(l, "address space %u has no end", w.mm->msg->id);
	return err;
}
