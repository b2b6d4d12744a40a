/* SPDX-License-Identifier: Apache-2.0 */
/* test_load.c - references between the records of a checkpoint: right ones load, others are named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <endian.h>
#include <errno.h>
#include "sample.h"

struct fixture {
	struct tmpdir dir;
	struct sample s;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	tmpdir_make(&f->dir);
	sample_init(&f->s, arena_new());
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tmpdir_remove(&f->dir);
	arena_free(f->s.mem);
	free(f);
	return 0;
}

static int load(struct arena *a, struct tmpdir *dir, struct checkpoint *c, const char **why)
{
	struct image *i = NULL;
	int err = image_open(a, dir->fd, &i, why);

	if (!err)
		err = load_checkpoint(a, i, c, why);
	image_close(i);
	return err;
}

/* Write the sample as it now is; it must be refused in these words. */
static void refused(struct fixture *f, int expected, const char *words)
{
	struct arena *a = arena_new();
	struct checkpoint c;
	const char *why = NULL;
	int err;

	sample_write(&f->s, &f->dir);
	err = load(a, &f->dir, &c, &why);
	if (err != expected || !why || !strstr(why, words))
		fail_msg("%d instead of %d, \"%s\" instead of \"%s\"", err, expected, why ? why : "", words);
	arena_free(a);
}

/* The sample with one field changed. */
#define WRONG(field, value, words) do {						\
	__auto_type keep_ = (field);						\
	(field) = (value);							\
	refused(f, -EBADMSG, (words));						\
	(field) = keep_;							\
} while (0)

static void test_sample_loads(void **state)
{
	struct fixture *f = *state;
	struct arena *a = arena_new();
	struct checkpoint c;
	const char *why = NULL;

	sample_write(&f->s, &f->dir);
	assert_int_equal(load(a, &f->dir, &c, &why), 0);
	assert_int_equal(c.n_order, 2);
	assert_int_equal(c.n_tasks, 2);
	assert_ptr_equal(c.order[0], c.processes[1]);
	assert_null(c.order[0]->parent);
	assert_ptr_equal(c.order[1]->parent, c.order[0]);
	assert_ptr_equal(c.order[0]->leader, c.tasks[1]);
	assert_int_equal(c.order[0]->n_tasks, 2);
	assert_null(c.order[1]->leader);
	assert_int_equal(c.mms[1]->n_vmas, 3);
	assert_int_equal(c.mms[1]->vmas[0].n_chunks, 0);
	assert_int_equal(c.mms[1]->vmas[1].n_chunks, 2);
	assert_non_null(c.mms[1]->x86);
	assert_string_equal(c.descriptions[2]->link, "pipe:[7]");
	assert_int_equal(c.objects[3]->kind_case, FILE_OBJECT__KIND_EPOLL);
	assert_int_equal(c.tables[1]->n_slots, 3);
	assert_null(c.objects[0]);
	assert_null(c.tables[c.n_file_ids - 1]);
	assert_int_equal(c.pages_size, SAMPLE_PAGES * 4096);
	arena_free(a);
}

static void test_inventory(void **state)
{
	struct fixture *f = *state;

	WRONG(f->s.inv.machine, S("aarch64"), "aarch64");
	WRONG(f->s.inv.page_size, 65536, "65536");
	WRONG(f->s.inv.cpu, NULL, "not there");
	WRONG(f->s.inv.figures, NULL, "not there");
	WRONG(f->s.inv.root_process, 2, "root");
	f->s.inv.parent_id = (ProtobufCBinaryData){ 16, (uint8_t *)S("0123456789abcdef") };
	refused(f, -ENOTSUP, "adds to another");
}

static void test_file_references(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;

	WRONG(s->file->id, 0, "files: record 1: a file object has the id 0");
	WRONG(s->file->id, 8, "more than there are records");
	WRONG(s->file->id, UINT32_MAX, "more than there are records");
	WRONG(s->pipe->id, 1, "earlier");
	WRONG(s->file->kind_case, FILE_OBJECT__KIND__NOT_SET, "no kind");
	WRONG(s->opened->object, 0, "file object 0");
	WRONG(s->opened->object, 7, "file object 7");
	WRONG(s->opened->object, UINT32_MAX, "file object 4294967295");
	WRONG(s->piped->id, 1, "earlier");
	WRONG(s->table->id, 0, "id 0");
	WRONG(s->table->slots[1]->fd, 0, "ascend");
	WRONG(s->table->slots[1]->fd, 5, "ascend");
	WRONG(s->table->slots[2]->fd, 1u << 30, "1073741824");
	WRONG(s->table->slots[1]->description, 4, "description 4");
	WRONG(s->epoll->epoll->items[0]->description, 0, "epoll");
	WRONG(s->epoll->epoll->items[0]->description, 77, "epoll");
	/* A description before its object. */
	WRONG(s->files[0], s->files[3], "which no record before it defines");
}

static void test_mm_order(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	MmRecord empty = MM_RECORD__INIT;

	WRONG(s->mm[0], NULL, "stands where none can be");
	WRONG(s->mm[1], s->mm[0], "before 1 has ended");
	WRONG(s->mm[1], NULL, "outside a VMA");
	WRONG(s->mm[2], NULL, "stands where none can be");
	WRONG(s->mm[6], NULL, "stands where none can be");
	WRONG(s->mm[8], NULL, "x86 context");
	WRONG(s->mm[9], NULL, "has no end");
	WRONG(s->mm[9], &empty.base, "empty");
	WRONG(s->space->vmas, 4, "instead of 4");
	WRONG(s->space->vmas, UINT64_MAX, "VMAs instead of");
	WRONG(s->space->id, 0, "id 0");
	WRONG(s->space->exe, 0, "program");
	WRONG(s->space->exe, 4, "program");
	s->space->auxv = (uint64_t[3]){ 0 };
	WRONG(s->space->n_auxv, 3, "auxiliary");
}

static void test_vmas(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;

	WRONG(s->text->start, SAMPLE_BASE + 1, "page boundaries");
	WRONG(s->text->end, SAMPLE_BASE + 4097, "page boundaries");
	WRONG(s->text->pgoff, 7, "page boundaries");
	WRONG(s->text->end, SAMPLE_BASE, "no range");
	WRONG(s->vdso->end, UINT64_C(0x800000000000), "no range");
	WRONG(s->vdso->end, UINT64_C(0xfffffffffffff000), "no range");
	WRONG(s->data->start, SAMPLE_BASE, "overlaps");
	WRONG(s->text->type, VMA_TYPE__VMA_TYPE_UNKNOWN, "unknown type");
	WRONG(s->text->type, (VmaType)6, "unknown type");
	WRONG(s->text->type, (VmaType)-1, "unknown type");
	WRONG(s->text->prot, 8, "protection");
	WRONG(s->text->file, 0, "file object 0");
	WRONG(s->text->file, 9, "file object 9");
	WRONG(s->data->file, 1, "no file mapping");
	WRONG(s->data->shared, true, "shared");
	WRONG(s->data->flags[0], S("d"), "two letters");
	WRONG(s->data->flags[0], S("d/"), "two letters");
}

static void test_chunks(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	PageRun *run = s->chunk->runs[0];

	WRONG(run->start, s->data->start - 4096, "not all within");
	WRONG(run->start, s->data->end, "not all within");
	WRONG(run->start, s->data->start + 1, "not all within");
	WRONG(run->pages, 0, "not all within");
	WRONG(run->pages, UINT64_MAX, "not all within");
	WRONG(run->pages, UINT64_C(1) << 52, "not all within");
	WRONG(run->pages, 512, "its runs have");
	WRONG(s->chunk->pages, UINT64_MAX, "its runs have");
	WRONG(s->chunk->n_runs, 0, "its runs have");
	WRONG(s->chunk2->runs[0]->start, s->data->start, "ascend");
	WRONG(s->chunk->source, CHUNK_SOURCE__CHUNK_SOURCE_END, "source");
	WRONG(s->chunk->source, (ChunkSource)9, "source");
	WRONG(s->chunk->codec, (ChunkCodec)9, "codec");
	WRONG(s->chunk->stored, 4096, "bytes in the pages file");
	WRONG(s->chunk->offset, 1, "page boundary");
	WRONG(s->chunk->offset, 2 * 4096, "outside the pages file");
	WRONG(s->chunk->offset, UINT64_C(0xfffffffffffff000), "outside the pages file");
	WRONG(s->chunk->n_checksums, 1, "1 checksums");
	WRONG(s->end->stored, 1, "zero pages has contents");
	WRONG(s->end->source, CHUNK_SOURCE__CHUNK_SOURCE_OWN, "zero pages has contents");
	WRONG(s->data->type, VMA_TYPE__VMA_TYPE_VVAR, "not private memory");
	s->data->type = VMA_TYPE__VMA_TYPE_FILE;
	s->data->file = 1;
	s->data->file_writable = true;
	WRONG(s->data->shared, true, "not private memory");
}

/* What the kernel would refuse only when half of the tree is made. */
static void test_kernel_bounds(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;

	WRONG(s->space->start_stack, UINT64_C(0x7ffffffff000), "part that begins or ends at 7ffffffff000");
	WRONG(s->space->env_end, 0, "part that begins or ends at 0");
	WRONG(s->space->end_code, SAMPLE_BASE, "ends before it begins");
	WRONG(s->space->brk, SAMPLE_BASE - 1, "ends before it begins");
	WRONG(s->space->lock_future, MCL_CURRENT, "unknown way 1");
	WRONG(s->space->lock_future, 4, "unknown way");
	WRONG(s->space->keys, 1u << 16, "keys that do not exist");
	WRONG(s->text->key, 16, "protection key 16");
	WRONG(s->text->pgoff, UINT64_C(0x7ffffffffffff000), "beyond the end");
	WRONG(s->text->file_writable, true, "private, but writes");
	WRONG(s->data->flags[0], S("zz"), "unknown flag \"zz\"");
	WRONG(s->data->name, S("a\nb"), "name");
	WRONG(s->text->name, S("a"), "name");
	s->text->flags = sample_list(s, "wf");
	WRONG(s->text->n_flags, 1, "which no mapping of its type has");
	s->text->shared = s->text->file_writable = true;
	s->text->prot |= PROT_WRITE;
	WRONG(s->text->file_writable, false, "not opened for that");
}

/* A pages file of a few pages cannot fill more memory than that. */
static void test_pages_twice(void **state)
{
	struct fixture *f = *state;
	Chunk *k = f->s.chunk2;

	k->runs[0]->pages = k->pages = 2;
	k->stored = 2 * 4096;
	k->offset = 0;
	refused(f, -EBADMSG, "more pages than the pages file");
}

/* What processes shared is there once, and in the pages file all the same. */
static void test_pages_shared(void **state)
{
	struct fixture *f = *state;
	Chunk *k = f->s.chunk2;
	struct checkpoint c;
	const char *why;

	k->source = CHUNK_SOURCE__CHUNK_SOURCE_SHARED;
	k->offset = 0;
	k->runs[0]->pages = k->pages = 2;
	k->stored = 2 * 4096;
	sample_write(&f->s, &f->dir);
	assert_int_equal(load(f->s.mem, &f->dir, &c, &why), 0);
	WRONG(k->offset, UINT64_C(513) * 4096, "outside the pages file");
	WRONG(k->stored, 4096, "bytes in the pages file");
	WRONG(k->runs[0]->pages, 1, "its runs have");
}

static void test_x86(void **state)
{
	struct fixture *f = *state;
	X86Context *x = f->s.x86;

	WRONG(x->vdso_code, x->vdso_base + 1, "impossible address");
	WRONG(x->vdso_code, 0, "impossible address");
	WRONG(x->vdso_code, UINT64_C(0xffffffffff600000), "impossible address");
	WRONG(x->ldt_entries, 1, "LDT");
	WRONG(x->ldt_entries, UINT32_MAX, "LDT");
	x->ldt_entry_size = 8;
	WRONG(x->ldt_entries, 2, "LDT");
	WRONG(x->xcomp_asked, 1, "CPU state 1");
	WRONG(x->vdso_base, x->vdso_base - 4096, "no vdso where");
	WRONG(x->vdso_code, x->vdso_code + 4096, "no vdso where");
	WRONG(f->s.vdso->type, VMA_TYPE__VMA_TYPE_VVAR, "no vdso");
}

static void test_processes(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	Limit limit = LIMIT__INIT, *limits[2] = { &limit, &limit };

	WRONG(s->shell->id, 0, "id 0");
	WRONG(s->zombie->id, 1, "earlier");
	WRONG(s->shell->mm, 0, "address space 0");
	WRONG(s->shell->files, 3, "descriptor table 3");
	WRONG(s->shell->fs, 2, "fs 2");
	WRONG(s->shell->sighand, 2, "signal actions 2");
	WRONG(s->shell->parent, 1, "comes first");
	WRONG(s->zombie->parent, 0, "second root");
	WRONG(s->zombie->parent, 2, "parent 2");
	WRONG(s->zombie->parent, UINT32_MAX, "parent 4294967295");
	WRONG(s->zombie->mm, 1, "zombie with");
	WRONG(s->zombie->creds, 7, "credentials 7");
	WRONG(s->zombie->creds, 0, "credentials 0");
	WRONG(s->zombie->exit_signal, 65, "exit signal 65");
	WRONG(s->shell->n_pids, 0, "0 pids");
	WRONG(s->shell->pids[0], 0, "pid 0");
	WRONG(s->shell->pids[0], UINT32_MAX, "pid 4294967295");
	WRONG(s->shell->sids[0], 0, "session");
	WRONG(s->shell->n_pgids, 0, "process group");
	s->shell->session_outside = s->shell->pgrp_outside = true;
	WRONG(s->shell->n_sids, 0, "no session");
	WRONG(s->shell->n_pgids, 0, "process group");
	s->shell->session_outside = s->shell->pgrp_outside = false;
	WRONG(s->shell->exit_signal, 65, "exit signal");
	WRONG(s->shell->oom_score_adj, 1001, "1001");
	s->shell->limits = limits;
	s->shell->n_limits = 2;
	WRONG(limit.resource, 16, "resource 16");
	WRONG(limit.resource, 1, "named twice");
	s->shell->n_limits = 1;
	WRONG(limit.soft, 1, "above the hard");
}

static void test_tasks(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	QueuedSignal q = QUEUED_SIGNAL__INIT, *queue[1] = { &q };

	WRONG(s->task1->id, 2, "earlier");
	WRONG(s->task1->process, 0, "process 0");
	WRONG(s->task1->process, 2, "process 2");
	WRONG(s->task1->creds, 2, "credentials 2");
	WRONG(s->task1->regs, NULL, "no registers");
	WRONG(s->task1->comm, S("0123456789abcdef"), "name");
	WRONG(s->task1->nice, 20, "nice");
	WRONG(s->task1->death_signal, 65, "65");
	WRONG(s->task1->tids[0], 0, "pid 0");
	WRONG(s->task1->tids[0], 103, "no leading task");
	WRONG(s->task2->tids[0], 100, "pid 100 is there twice");
	WRONG(s->task2->tids[0], 102, "pid 102 is there twice");
	WRONG(s->task1->n_tids, 0, "0 pids");
	s->task1->n_pending = 1;
	s->task1->pending = queue;
	refused(f, -EBADMSG, "siginfo");
	q.siginfo = (ProtobufCBinaryData){ 128, arena_zalloc(s->mem, 128) };
	refused(f, -EBADMSG, "number 0");
	q.siginfo.data[0] = 65;
	refused(f, -EBADMSG, "number 65");
	q.siginfo.data[0] = 9;
	refused(f, -EBADMSG, "number 9");
}

static void test_task_state(void **state)
{
	struct fixture *f = *state;
	Task *t = f->s.task1;
	AltStack stack = ALT_STACK__INIT;
	Rseq rseq = RSEQ__INIT;
	X86TlsEntry tls = X86_TLS_ENTRY__INIT, *list[4] = { &tls, &tls, &tls, &tls };

	WRONG(t->regs->cs, 0x23, "segment registers");
	WRONG(t->regs->ss, 0, "segment registers");
	WRONG(t->regs->ss, 0x10033, "segment registers");
	WRONG(t->regs->gs, 1, "segment registers");
	WRONG(t->regs->fs_base, UINT64_C(0x7ffffffff000), "segment base");
	t->tls = list;
	WRONG(t->n_tls, 4, "4 TLS entries");
	WRONG(t->n_tls, 1, "TLS entry 0");
	WRONG(t->robust_list, 4096, "robust list");
	WRONG(t->altstack, &stack, "alternate signal stack");
	stack.size = 65536;
	stack.flags = 3;
	WRONG(t->altstack, &stack, "alternate signal stack");
	stack.flags = 4;
	WRONG(t->altstack, &stack, "alternate signal stack");
	rseq.address = 32;
	WRONG(t->rseq, &rseq, "rseq");
	rseq.size = 32;
	rseq.address = 33;
	WRONG(t->rseq, &rseq, "rseq");
}

static void test_ends(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	static const uint32_t wrong[] = { 0x7f, 0x137f, 0x10000, 0x80, 65, 17, 18, 19, 20, 23, 28, 0x10009, UINT32_MAX };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		WRONG(s->zombie->zombie->status, wrong[i], "whose end is told as");
	WRONG(s->zombie->exit_signal, 9, "exit signal 9");
	s->creds->groups = arena_zalloc(s->mem, 2001 * sizeof(uint32_t));
	WRONG(s->creds->n_groups, 2001, "2001 supplementary groups");
}

static void test_epolls(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	EpollItem **once = s->epoll->epoll->items, *twice[2] = { once[0], once[0] };

	WRONG(once[0]->description, 3, "circle");
	WRONG(once[0]->description, 1, "cannot be watched");
	WRONG(s->piped->flags, O_PATH, "cannot be watched");
	s->epoll->epoll->items = twice;
	WRONG(s->epoll->epoll->n_items, 2, "descriptor 4 twice");
}

static void test_terminal(void **state)
{
	struct fixture *f = *state;
	FileObject *o = f->s.pipe;
	Terminal tty = TERMINAL__INIT;

	o->kind_case = FILE_OBJECT__KIND_TTY;
	o->tty = &tty;
	WRONG(tty.foreground, 100, "settings that cannot be");
}

static void test_shared(void **state)
{
	struct fixture *f = *state;
	struct sample *s = &f->s;
	SignalAction action = SIGNAL_ACTION__INIT, *actions[2] = { &action, &action };
	TreeRecord empty = TREE_RECORD__INIT;

	WRONG(s->fs->cwd, S("somewhere"), "absolute");
	WRONG(s->fs->umask, 01000, "umask");
	WRONG(s->creds->id, 20, "more than there are records");
	WRONG(s->tree[0], &empty.base, "empty");
	WRONG(s->n_tree, 0, "no process");
	s->sighand->actions = actions;
	s->sighand->n_actions = 1;
	refused(f, -EBADMSG, "signal 0");
	action.signo = 9;
	refused(f, -EBADMSG, "signal 9");
	action.signo = 65;
	refused(f, -EBADMSG, "signal 65");
	action.signo = 64;
	s->sighand->n_actions = 2;
	refused(f, -EBADMSG, "two actions");
}

/* Put data in the place of a part's file, and make every checksum right. */
static void plant(struct fixture *f, size_t part, uint8_t *data, size_t len)
{
	Inventory *inv = &f->s.inv;
	uint64_t size = htole64(len - 32), sum = htole64(image_checksum(data + 32, len - 32));
	size_t room = inventory__get_packed_size(inv) + 64;
	uint8_t *file = calloc(1, room);
	uint32_t prefix;

	memcpy(data + 16, &size, 8);
	memcpy(data + 24, &sum, 8);
	tmpdir_put(&f->dir, inv->parts[part]->file, data, len);
	inv->parts[part]->checksum = image_checksum(data, len);
	prefix = htole32((uint32_t)inventory__pack(inv, file + 36));
	memcpy(file, "CKPTinvt\1", 9);
	memcpy(file + 32, &prefix, 4);
	room = le32toh(prefix) + 36;
	size = htole64(room - 32);
	sum = htole64(image_checksum(file + 32, room - 32));
	memcpy(file + 16, &size, 8);
	memcpy(file + 24, &sum, 8);
	tmpdir_put(&f->dir, "inventory.img", file, room);
	free(file);
}

/* Every byte changed in several ways, checksums right: many are refused, some
 * load; none may crash, nor read out of bounds (SAN=1 watches). */
static void test_crafted(void **state)
{
	struct fixture *f = *state;
	static const uint8_t change[] = { 0x01, 0x02, 0x08, 0x7f, 0x80, 0xff };
	size_t refusals = 0;

	sample_write(&f->s, &f->dir);
	for (size_t part = 0; part < 3; part++) {
		size_t len;
		uint8_t *data = tmpdir_get(&f->dir, f->s.inv.parts[part]->file, &len);

		for (size_t at = 32; at < len; at++)
			for (size_t i = 0; i < sizeof(change); i++) {
				struct arena *a = arena_new();
				struct checkpoint c;
				const char *why = NULL;

				data[at] ^= change[i];
				plant(f, part, data, len);
				if (load(a, &f->dir, &c, &why)) {
					assert_non_null(why);
					refusals++;
				}
				data[at] ^= change[i];
				arena_free(a);
			}
		plant(f, part, data, len);
		free(data);
	}
	assert_true(refusals > 1000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_sample_loads), T(test_inventory), T(test_file_references), T(test_mm_order), T(test_vmas),
		T(test_chunks), T(test_x86), T(test_processes), T(test_tasks), T(test_shared), T(test_crafted),
		T(test_kernel_bounds), T(test_pages_twice), T(test_pages_shared), T(test_task_state), T(test_ends), T(test_epolls),
		T(test_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
