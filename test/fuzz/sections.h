/* SPDX-License-Identifier: Apache-2.0 */
/* sections.h - the sample checkpoint of the unit tests, with all kinds, as a fuzzer's input. */
#pragma once
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../../src/image/format.h"
#include "../unit/sample.h"
#include "arch.h"
#include "cleanup.h"
#include "mutate.h"

enum { INVENTORY_SECTION, TREE_SECTION, MM_SECTION, FILES_SECTION, SECTIONS };

static const char *const section_names[SECTIONS] = { "inventory", "tree", "mm", "files" };

struct section { const uint8_t *data; uint32_t size; };

static inline void insist(bool good)
{
	if (!good)
		abort();
}

static inline Part *list_part(struct arena *a, Inventory *inv, const char *name)
{
	char file[IMAGE_NAME_ROOM];
	Part **el = ARENA_ADD(a, inv->parts, inv->n_parts);

	insist(el);
	*el = ARENA_MSG(a, Part, part);
	part_file_name(file, name, inv->id.data);
	(*el)->name = arena_strdup(a, name);
	(*el)->file = arena_strdup(a, file);
	return *el;
}

static inline struct section packed(struct arena *a, const ProtobufCMessage *const *list, size_t n)
{
	struct section s = { 0 };
	uint8_t *to;

	for (size_t i = 0; i < n; i++)
		s.size += 4 + (uint32_t)protobuf_c_message_get_packed_size(list[i]);
	to = arena_zalloc(a, s.size + 1);
	insist(to);
	s.data = to;
	for (size_t i = 0; i < n; i++) {
		uint32_t len = (uint32_t)protobuf_c_message_pack(list[i], to + 4);

		memcpy(to, &len, 4);
		to += 4 + len;
	}
	return s;
}

/* One object of each kind that the sample lacks, open once, in a table of its own. */
static inline void add_kinds(struct sample *s)
{
	const ProtobufCMessageDescriptor *d = &file_object__descriptor;
	DescriptorTable *table;
	uint32_t id = 3;

	for (unsigned i = 0; i < d->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &d->fields[i];
		FileObject *o;
		Description *open;

		if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || f->id == s->file->kind_case ||
		    f->id == s->pipe->kind_case || f->id == s->epoll->kind_case || s->n_files + 3 > ARRAY_SIZE(s->files))
			continue;
		o = SAMPLE_FILE(s, OBJECT, object, FileObject, file_object);
		o->kind_case = (FileObject__KindCase)f->id;
		o->regular = (RegularFile *)message_new(s->mem, f->descriptor);
		open = SAMPLE_FILE(s, DESCRIPTION, description, Description, description);
		o->id = open->id = open->object = ++id;
	}
	table = SAMPLE_FILE(s, TABLE, table, DescriptorTable, descriptor_table);
	table->id = 2;
	table->n_slots = id - 3;
	table->slots = arena_zalloc(s->mem, table->n_slots * sizeof(Slot *));
	for (uint32_t i = 0; i < id - 3; i++) {
		table->slots[i] = ARENA_MSG(s->mem, Slot, slot);
		table->slots[i]->fd = i;
		table->slots[i]->description = 4 + i;
	}
}

/* A daemon with a child in a group of its own, beside the sample's zombie. */
static inline void add_processes(struct sample *s)
{
	for (uint32_t i = 0; i < 3; i++) {
		Process *p = SAMPLE_TREE(s, PROCESS, process, Process);

		sample_pids(s, p, 3 + i, 200 + i);
		p->parent = i ? 2 + i : 1;
		p->sids = sample_pid(s, i ? 200 : 100);
		p->pgids = sample_pid(s, i ? 200 + i / 2 : 100);
		if (!i)
			p->sids = p->pgids = sample_pid(s, 200);
		p->files = 1 + i % 2;
		p->mm = p->fs = p->sighand = 1;
		p->exit_signal = 17;
		sample_task(s, 3 + i, 200 + i)->process = 3 + i;
	}
}

/* What a restore looks at before the rest: this machine, and vector registers. */
static inline void add_machine(struct sample *s)
{
	struct arch_vdso vdso;

	insist(arch_cpu(s->mem, s->inv.cpu) == 0 && arch_vdso(&vdso) == 0);
	s->inv.vdso_checksum = vdso.checksum;
	for (size_t i = 0; i < s->n_tree; i++) {
		const TreeRecord *r = (const TreeRecord *)s->tree[i];
		uint8_t *area = arena_zalloc(s->mem, 576);

		insist(area);
		area[24] = 0x80;
		area[25] = 0x1f;
		if (r->record_case == TREE_RECORD__RECORD_TASK)
			r->task->xstate = (ProtobufCBinaryData){ 576, area };
	}
}

/* A checkpoint that is in order, to begin with. */
static inline void sample_sections(struct arena *a, struct section s[SECTIONS])
{
	uint8_t *zeros = arena_zalloc(a, 512 * 4096);
	const ProtobufCMessage *inv[1];
	struct sample sample;

	sample_init(&sample, a);
	add_kinds(&sample);
	add_processes(&sample);
	add_machine(&sample);
	for (size_t i = 0; i < sample.chunk->n_checksums; i++)
		sample.chunk->checksums[i] = image_checksum(zeros, i ? 4096 : 512 * 4096);
	sample.chunk2->checksums[0] = image_checksum(zeros, 4096);
	sample.inv.id = (ProtobufCBinaryData){ 16, zeros };
	list_part(a, &sample.inv, "pages")->size = SAMPLE_PAGES * 4096;
	inv[0] = &sample.inv.base;
	s[INVENTORY_SECTION] = packed(a, inv, 1);
	s[TREE_SECTION] = packed(a, (const ProtobufCMessage *const *)sample.tree, sample.n_tree);
	s[MM_SECTION] = packed(a, (const ProtobufCMessage *const *)sample.mm, sample.n_mm);
	s[FILES_SECTION] = packed(a, (const ProtobufCMessage *const *)sample.files, sample.n_files);
}
