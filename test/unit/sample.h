/* SPDX-License-Identifier: Apache-2.0 */
/* sample.h - a small checkpoint to be written whole, or wrong in one place.
 *
 * A shell (pid 100, two threads) with a zombie child (pid 102): one address
 * space of three VMAs and 514 saved pages, a regular file, a pipe, an epoll.
 */
#pragma once
#include <assert.h>
#include <sys/mman.h>
#include "arena.h"
#include "image.h"
#include "load.h"
#include "tmpdir.h"

#define SAMPLE_PAGES 514
#define SAMPLE_BASE UINT64_C(0x10000000)

struct sample {
	struct arena *mem;
	Inventory inv;
	ProtobufCMessage *tree[32], *mm[32], *files[32];
	size_t n_tree, n_mm, n_files;

	/* The records, to be bent before they are written. */
	Sighand *sighand;
	Fs *fs;
	Creds *creds;
	Process *shell, *zombie;
	Task *task1, *task2;
	Mm *space;
	Vma *text, *data, *vdso;
	Chunk *chunk, *chunk2, *end;
	X86Context *x86;
	FileObject *file, *pipe, *epoll;
	Description *opened, *piped, *polled;
	DescriptorTable *table;
};

#define S(text) ((char *)(uintptr_t)(text))

static inline void *sample_list(struct sample *s, const void *el)
{
	return arena_memdup(s->mem, &el, sizeof(el));
}

static inline uint32_t *sample_pid(struct sample *s, uint32_t pid)
{
	return arena_memdup(s->mem, &pid, sizeof(pid));
}

#define SAMPLE_ADD(s, part, Record, record, BRANCH, branch, Type, type) ({	\
	Record *r_ = ARENA_MSG((s)->mem, Record, record);			\
	Type *m_ = ARENA_MSG((s)->mem, Type, type);				\
	r_->record_case = BRANCH;						\
	r_->branch = m_;							\
	(s)->part[(s)->n_##part++] = &r_->base;					\
	m_; })
#define SAMPLE_TREE(s, BRANCH, branch, Type) \
	SAMPLE_ADD(s, tree, TreeRecord, tree_record, TREE_RECORD__RECORD_##BRANCH, branch, Type, branch)
#define SAMPLE_MM(s, BRANCH, branch, Type, type) \
	SAMPLE_ADD(s, mm, MmRecord, mm_record, MM_RECORD__RECORD_##BRANCH, branch, Type, type)
#define SAMPLE_FILE(s, BRANCH, branch, Type, type) \
	SAMPLE_ADD(s, files, FileRecord, file_record, FILE_RECORD__RECORD_##BRANCH, branch, Type, type)

static inline void sample_files(struct sample *s)
{
	EpollItem *item = ARENA_MSG(s->mem, EpollItem, epoll_item);
	Slot *slot[3];

	s->file = SAMPLE_FILE(s, OBJECT, object, FileObject, file_object);
	s->file->id = 1;
	s->file->kind_case = FILE_OBJECT__KIND_REGULAR;
	s->file->regular = ARENA_MSG(s->mem, RegularFile, regular_file);
	s->file->regular->path = S("/bin/sh");
	s->pipe = SAMPLE_FILE(s, OBJECT, object, FileObject, file_object);
	s->pipe->id = 2;
	s->pipe->kind_case = FILE_OBJECT__KIND_PIPE;
	s->pipe->pipe = ARENA_MSG(s->mem, Pipe, pipe);
	s->pipe->pipe->contents = (ProtobufCBinaryData){ 3, (uint8_t *)S("a\"b") };
	s->epoll = SAMPLE_FILE(s, OBJECT, object, FileObject, file_object);
	s->epoll->id = 3;
	s->epoll->kind_case = FILE_OBJECT__KIND_EPOLL;
	s->epoll->epoll = ARENA_MSG(s->mem, Epoll, epoll);
	s->epoll->epoll->n_items = 1;
	s->epoll->epoll->items = sample_list(s, item);
	item->fd = 4;
	item->description = 2;
	s->opened = SAMPLE_FILE(s, DESCRIPTION, description, Description, description);
	s->piped = SAMPLE_FILE(s, DESCRIPTION, description, Description, description);
	s->polled = SAMPLE_FILE(s, DESCRIPTION, description, Description, description);
	s->opened->id = s->opened->object = 1;
	s->piped->id = s->piped->object = 2;
	s->polled->id = s->polled->object = 3;
	s->opened->link = S("/bin/sh");
	s->piped->link = S("pipe:[7]");
	s->piped->flags = O_WRONLY;
	s->polled->link = S("anon_inode:[eventpoll]");
	s->table = SAMPLE_FILE(s, TABLE, table, DescriptorTable, descriptor_table);
	s->table->id = 1;
	s->table->slots = arena_zalloc(s->mem, sizeof(slot));
	s->table->n_slots = 3;
	for (uint32_t i = 0; i < 3; i++) {
		s->table->slots[i] = ARENA_MSG(s->mem, Slot, slot);
		s->table->slots[i]->fd = 2 * i;
		s->table->slots[i]->description = i + 1;
	}
}

static inline void sample_chunk(struct sample *s, Chunk *c, uint64_t start, uint64_t pages, uint64_t offset)
{
	PageRun *run = ARENA_MSG(s->mem, PageRun, page_run);

	run->start = start;
	run->pages = pages;
	c->pages = pages;
	c->runs = sample_list(s, run);
	c->n_runs = 1;
	c->source = CHUNK_SOURCE__CHUNK_SOURCE_OWN;
	c->offset = offset;
	c->stored = pages * 4096;
	c->n_checksums = (pages + 511) / 512;
	c->checksums = arena_zalloc(s->mem, c->n_checksums * 8);
}

static inline Vma *sample_vma(struct sample *s, uint64_t start, uint64_t pages, int prot, VmaType type)
{
	Vma *v = SAMPLE_MM(s, VMA, vma, Vma, vma);

	v->start = start;
	v->end = start + pages * 4096;
	v->prot = (uint32_t)prot;
	v->type = type;
	return v;
}

static inline void sample_mm(struct sample *s)
{
	s->space = SAMPLE_MM(s, MM, mm, Mm, mm);
	s->space->id = 1;
	s->space->exe = 1;
	s->space->vmas = 3;
	s->space->start_code = s->space->start_data = s->space->start_brk = s->space->start_stack = SAMPLE_BASE;
	s->space->end_code = s->space->end_data = s->space->brk = SAMPLE_BASE + 4096;
	s->space->arg_start = s->space->arg_end = s->space->env_start = s->space->env_end = SAMPLE_BASE;
	s->text = sample_vma(s, SAMPLE_BASE, 4, PROT_READ | PROT_EXEC, VMA_TYPE__VMA_TYPE_FILE);
	s->text->file = 1;
	s->end = SAMPLE_MM(s, CHUNK, chunk, Chunk, chunk);
	s->data = sample_vma(s, s->text->end, 1024, PROT_READ | PROT_WRITE, VMA_TYPE__VMA_TYPE_ANONYMOUS);
	s->data->n_flags = 1;
	s->data->flags = sample_list(s, "dd");
	s->chunk = SAMPLE_MM(s, CHUNK, chunk, Chunk, chunk);
	sample_chunk(s, s->chunk, s->data->start, 513, 0);
	s->chunk2 = SAMPLE_MM(s, CHUNK, chunk, Chunk, chunk);
	sample_chunk(s, s->chunk2, s->data->start + 513 * 4096, 1, 513 * 4096);
	SAMPLE_MM(s, CHUNK, chunk, Chunk, chunk);
	s->vdso = sample_vma(s, UINT64_C(0x7fff00000000), 2, PROT_READ | PROT_EXEC, VMA_TYPE__VMA_TYPE_VDSO);
	SAMPLE_MM(s, CHUNK, chunk, Chunk, chunk);
	s->x86 = SAMPLE_MM(s, X86, x86, X86Context, x86_context);
	s->x86->vdso_base = s->x86->vdso_code = s->vdso->start;
}

static inline void sample_pids(struct sample *s, Process *p, uint32_t id, uint32_t pid)
{
	p->id = id;
	p->n_pids = p->n_sids = p->n_pgids = 1;
	p->pids = sample_pid(s, pid);
	p->sids = sample_pid(s, 100);
	p->pgids = sample_pid(s, 100);
}

static inline Task *sample_task(struct sample *s, uint32_t id, uint32_t tid)
{
	Task *t = SAMPLE_TREE(s, TASK, task, Task);

	t->id = id;
	t->process = t->creds = 1;
	t->n_tids = 1;
	t->tids = sample_pid(s, tid);
	t->comm = S("sh");
	t->regs = ARENA_MSG(s->mem, X86Regs, x86_regs);
	t->regs->cs = 0x33;
	t->regs->ss = 0x2b;
	return t;
}

static inline void sample_tree(struct sample *s)
{
	s->sighand = SAMPLE_TREE(s, SIGHAND, sighand, Sighand);
	s->sighand->id = 1;
	s->fs = SAMPLE_TREE(s, FS, fs, Fs);
	s->fs->id = 1;
	s->fs->cwd = S("/");
	s->creds = SAMPLE_TREE(s, CREDS, creds, Creds);
	s->creds->id = 1;
	s->shell = SAMPLE_TREE(s, PROCESS, process, Process);
	sample_pids(s, s->shell, 1, 100);
	s->shell->mm = s->shell->files = s->shell->fs = s->shell->sighand = 1;
	s->task1 = sample_task(s, 1, 100);
	s->task2 = sample_task(s, 2, 101);
	s->zombie = SAMPLE_TREE(s, PROCESS, process, Process);
	sample_pids(s, s->zombie, 2, 102);
	s->zombie->parent = s->zombie->creds = 1;
	s->zombie->zombie = ARENA_MSG(s->mem, Zombie, zombie);
	s->zombie->zombie->comm = S("true");
}

static inline void sample_init(struct sample *s, struct arena *mem)
{
	*s = (struct sample){ .mem = mem, .inv = INVENTORY__INIT };
	sample_files(s);
	sample_mm(s);
	sample_tree(s);
	s->inv.needs = sample_list(s, "zombie");
	s->inv.n_needs = 1;
	s->inv.machine = S("x86_64");
	s->inv.tool_version = S("0.0");
	s->inv.kernel_release = S("6.0");
	s->inv.page_size = 4096;
	s->inv.root_process = 1;
	s->inv.cpu = ARENA_MSG(mem, CpuFeatures, cpu_features);
	s->inv.frozen_at = ARENA_MSG(mem, Clocks, clocks);
	s->inv.options = ARENA_MSG(mem, DumpOptions, dump_options);
	s->inv.figures = ARENA_MSG(mem, DumpFigures, dump_figures);
}

static inline void sample_pages(struct sample *s, struct image_writer *w)
{
	uint8_t *pages = arena_zalloc(s->mem, SAMPLE_PAGES * 4096);
	int fd, err;

	for (size_t i = 0; i < SAMPLE_PAGES; i++)
		pages[i * 4096] = (uint8_t)(i + 1);
	s->chunk->checksums[0] = image_checksum(pages, 512 * 4096);
	s->chunk->checksums[1] = image_checksum(pages + 512 * 4096, 4096);
	s->chunk2->checksums[0] = image_checksum(pages + 513 * 4096, 4096);
	err = image_pages_create(w, &fd);
	if (err || pwrite(fd, pages, SAMPLE_PAGES * 4096, 0) != SAMPLE_PAGES * 4096)
		abort();
}

static inline void sample_part(struct image_writer *w, const char *name, ProtobufCMessage **list, size_t n)
{
	struct image_part *p;

	if (image_part_begin(w, name, &p))
		abort();
	for (size_t i = 0; i < n; i++)
		if (list[i] && image_part_add(p, list[i]))
			abort();
}

static inline void sample_write(struct sample *s, struct tmpdir *dir)
{
	struct image_writer *w = NULL;
	const char *why;

	if (image_create(s->mem, dir->fd, true, &w, &why))
		abort();
	sample_pages(s, w);
	sample_part(w, "tree", s->tree, s->n_tree);
	sample_part(w, "mm", s->mm, s->n_mm);
	sample_part(w, "files", s->files, s->n_files);
	if (image_commit(w, &s->inv, &why)) {
		fprintf(stderr, "%s\n", why);
		abort();
	}
}
