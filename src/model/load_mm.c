/* SPDX-License-Identifier: Apache-2.0 */
/* load_mm.c - address spaces: the mm, its VMAs and chunks, the x86 context. */
#include <ctype.h>
#include <string.h>
#include <sys/mman.h>
#include "arch.h"
#include "cleanup.h"
#include "load_parts.h"

#define AUXV_WORDS_MAX 256	/* the kernel has room for about 50 (AT_VECTOR_SIZE) */
#define LDT_ENTRY_SIZE 8
#define LDT_ENTRIES_MAX 8192	/* asm/ldt.h LDT_ENTRIES */
#define NAME_SIZE 80		/* with its NUL: ANON_VMA_NAME_MAX_LEN of kernel/sys.c */

/* Where we are within an address space. */
struct walk {
	struct loaded_mm *mm;	/* NULL: between two */
	uint64_t stored;	/* of all chunks so far */
	bool in_vma;		/* its last chunk has not come yet */
	uint64_t next;		/* no page of the VMA's next chunk may lie below */
};

static struct loaded_vma *last_vma(const struct walk *w)
{
	return &w->mm->vmas[w->mm->n_vmas - 1];
}

/* As validate_prctl_map_addr() of kernel/sys.c wants it (Linux 6.18). */
static int check_fields(struct loader *l, const Mm *m)
{
	const uint64_t all[] = {
		m->start_code, m->end_code, m->start_data, m->end_data, m->start_brk, m->brk, m->start_stack,
		m->arg_start, m->arg_end, m->env_start, m->env_end,
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		if (!all[i] || all[i] >= LOAD_ADDRESS_END)
			return load_bad(l, "address space %u has a part that begins or ends at %llx", m->id,
					(unsigned long long)all[i]);
	if (m->start_code >= m->end_code || m->start_data > m->end_data || m->start_brk > m->brk ||
	    m->arg_start > m->arg_end || m->env_start > m->env_end)
		return load_bad(l, "address space %u has a part that ends before it begins", m->id);
	if (m->keys >> ARCH_KEYS)
		return load_bad(l, "address space %u has protection keys that do not exist", m->id);
	if (m->lock_future & ~(uint32_t)(MCL_FUTURE | MCL_ONFAULT) || m->lock_future == MCL_ONFAULT)
		return load_bad(l, "address space %u locks in the unknown way %u", m->id, m->lock_future);
	return 0;
}

static int load_mm(struct loader *l, struct walk *w, Mm *m)
{
	int err;

	if (w->mm)
		return load_bad(l, "address space %u begins before %u has ended", m->id, w->mm->msg->id);
	if (!LOADED(l->c->objects, l->c->n_file_ids, m->exe))
		return load_bad(l, "address space %u: its program is file object %u, which does not exist",
				m->id, m->exe);
	if (m->n_auxv % 2 || m->n_auxv > AUXV_WORDS_MAX)
		return load_bad(l, "address space %u has an auxiliary vector of %zu words", m->id, m->n_auxv);
	err = check_fields(l, m);
	if (err)
		return err;
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
	if (v->pgoff > INT64_MAX - (end - start))
		return load_bad(l, "the VMA %llx-%llx maps what lies beyond the end of any file", start, end);
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
	if (v->key >= ARCH_KEYS)
		return load_bad(l, "the VMA at %llx has the protection key %u, which does not exist", start, v->key);
	if (v->type == VMA_TYPE__VMA_TYPE_FILE && !LOADED(l->c->objects, l->c->n_file_ids, v->file))
		return load_bad(l, "the VMA at %llx maps file object %u, which does not exist", start, v->file);
	if (v->type != VMA_TYPE__VMA_TYPE_FILE && v->file)
		return load_bad(l, "the VMA at %llx is no file mapping and names file object %u", start, v->file);
	if (v->type != VMA_TYPE__VMA_TYPE_FILE && v->shared)
		return load_bad(l, "the VMA at %llx is shared, but maps no file", start);
	if (v->file_writable && !v->shared)
		return load_bad(l, "the VMA at %llx is private, but writes to a file", start);
	if (v->shared && (v->prot & PROT_WRITE) && !v->file_writable)
		return load_bad(l, "the VMA at %llx is shared and writable, but its file was not opened for that", start);
	return 0;
}

/* prctl(2), PR_SET_VMA_ANON_NAME: printable, without these. */
static bool is_name(const char *name)
{
	for (const char *c = name; *c; c++)
		if (*c < ' ' || *c > '~' || strchr("[]\\$`", *c))
			return false;
	return strlen(name) < NAME_SIZE;
}

static int check_flags(struct loader *l, const Vma *v)
{
	static const char known[][3] = { "ac", "gd", "nr", "nh", "hg", "dc", "dd", "wf", "sr", "rr", "mg", "lo", "lf" };
	const unsigned long long start = v->start;

	for (size_t i = 0; i < v->n_flags; i++) {
		bool found = false;

		if (strlen(v->flags[i]) != 2 || !islower((unsigned char)v->flags[i][0]) ||
		    !islower((unsigned char)v->flags[i][1]))
			return load_bad(l, "the VMA at %llx has a flag that is no two letters", start);
		for (size_t k = 0; k < ARRAY_SIZE(known); k++)
			found |= !strcmp(known[k], v->flags[i]);
		if (!found)
			return load_bad(l, "the VMA at %llx has the unknown flag \"%s\"", start, v->flags[i]);
	}
	for (size_t i = 0; i < v->n_flags; i++)
		if ((!strcmp(v->flags[i], "wf") && v->type != VMA_TYPE__VMA_TYPE_ANONYMOUS) ||
		    (!strcmp(v->flags[i], "gd") && v->shared))
			return load_bad(l, "the VMA at %llx has the flag \"%s\", which no mapping of its type has", start,
					v->flags[i]);
	if (v->name[0] && (v->type != VMA_TYPE__VMA_TYPE_ANONYMOUS || !is_name(v->name)))
		return load_bad(l, "the VMA at %llx has a name that it cannot have", start);
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
	if (!err)
		err = check_flags(l, v);
	if (err)
		return err;
	vma = ARENA_ADD(l->mem, w->mm->vmas, w->mm->n_vmas);
	if (!vma)
		return load_nomem(l);
	vma->msg = v;
	vma->odd = v->keep_apart && w->mm->n_vmas > 1 && !vma[-1].odd;
	w->in_vma = true;
	w->next = v->start;
	return 0;
}

bool vma_has_flag(const Vma *v, const char *two)
{
	for (size_t i = 0; i < v->n_flags; i++)
		if (!strcmp(v->flags[i], two))
			return true;
	return false;
}

bool vma_has_contents(const Vma *v)
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
static int check_stored(struct loader *l, struct walk *w, const Chunk *k)
{
	const uint64_t size = l->c->pages_size;
	const bool shared = k->source == CHUNK_SOURCE__CHUNK_SOURCE_SHARED;

	if (k->source != CHUNK_SOURCE__CHUNK_SOURCE_OWN && !shared)
		return load_bad(l, "a chunk comes from the unknown source %d", (int)k->source);
	if (k->codec != CHUNK_CODEC__CHUNK_CODEC_RAW)
		return load_bad(l, "a chunk has the unknown codec %d", (int)k->codec);
	if (k->stored != k->pages * LOAD_PAGE)
		return load_bad(l, "a chunk of %llu pages has %llu bytes in the pages file",
				(unsigned long long)k->pages, (unsigned long long)k->stored);
	if (k->offset % LOAD_PAGE || k->offset > size || k->stored > size - k->offset)
		return load_bad(l, "a chunk's %llu bytes at %llu lie outside the pages file, or not on a page boundary",
				(unsigned long long)k->stored, (unsigned long long)k->offset);
	/* A small file could else fill any amount of memory. What processes shared takes as
	 * much as they say: a restore compares that with the machine. */
	w->stored += shared ? 0 : k->stored;
	if (w->stored > size)
		return load_bad(l, "the chunks so far hold more pages than the pages file");
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
	if (!vma_has_contents(last_vma(w)->msg))
		return load_bad(l, "the VMA at %llx has a chunk, but is not private memory",
				(unsigned long long)last_vma(w)->msg->start);
	err = check_runs(l, w, k);
	if (!err)
		err = check_stored(l, w, k);
	if (err)
		return err;
	vma = last_vma(w);
	el = ARENA_ADD(l->mem, vma->chunks, vma->n_chunks);
	if (!el)
		return load_nomem(l);
	*el = k;
	return 0;
}

/* The kernel makes these side by side: the task goes through the vdso at the end of a restore. */
static int check_vdso(struct loader *l, const struct walk *w, const X86Context *x)
{
	const Vma *last = NULL;
	uint64_t base = 0, code = 0;

	for (size_t i = 0; i < w->mm->n_vmas; i++) {
		const Vma *v = w->mm->vmas[i].msg;

		if (v->type == VMA_TYPE__VMA_TYPE_ANONYMOUS || v->type == VMA_TYPE__VMA_TYPE_FILE)
			continue;
		if (code || (last && last->end != v->start))
			return load_bad(l, "address space %u has its vdso in pieces", w->mm->msg->id);
		if (!last)
			base = v->start;
		if (v->type == VMA_TYPE__VMA_TYPE_VDSO)
			code = v->start;
		last = v;
	}
	if (!code || base != x->vdso_base || code != x->vdso_code)
		return load_bad(l, "address space %u has no vdso where its x86 context says", w->mm->msg->id);
	return 0;
}

static int load_x86(struct loader *l, struct walk *w, X86Context *x)
{
	int err;

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
	if (x->xcomp_asked != ARCH_XCOMP_ASKED(x->xcomp_asked))
		return load_bad(l, "address space %u has asked for the unknown CPU state %llx", w->mm->msg->id,
				(unsigned long long)x->xcomp_asked);
	err = check_vdso(l, w, x);
	if (err)
		return err;
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
