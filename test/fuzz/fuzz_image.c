/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_image.c - libFuzzer on everything that reads a checkpoint.
 *
 * An input is a mode and four sections { u32 length, bytes }: inventory, tree,
 * mm, files. Checksums would stop nearly every change, so they are made here:
 *	MODE_FIXED	sections are payloads; the inventory's list of parts is made to fit
 *	MODE_LISTED	sections are payloads; the list of parts is as it says
 *	MODE_RAW	sections are whole files
 * The pages file is as long as the inventory says, and holds zeros.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include "arch.h"
#include "cleanup.h"
#include "file_kind.h"
#include "io.h"
#include "plan.h"
#include "restore_state.h"
#include "say.h"
#include "sections.h"
#include "show.h"
#include "verify.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

enum { MODE_FIXED, MODE_LISTED, MODE_RAW, MODES };

#define PAGES_MAX (UINT64_C(4) << 20)
#define DIRECTORY "/dev/shm/ckpt-fuzz"

/* One per process: libFuzzer has no place for it. */
static int dir = -1, null = -1;
static bool own_net;
static char dir_path[64];

static int split(const uint8_t *data, size_t size, struct section s[SECTIONS])
{
	for (int i = 0; i < SECTIONS; i++) {
		uint32_t len;

		if (size < sizeof(len))
			return -EINVAL;
		memcpy(&len, data, sizeof(len));
		data += sizeof(len);
		size -= sizeof(len);
		if (len > size)
			return -EINVAL;
		s[i] = (struct section){ data, len };
		data += len;
		size -= len;
	}
	return 0;
}

static const struct part_type *type_of(int section)
{
	return section ? part_type_by_name(section_names[section]) : &image_inventory_type;
}

static void put_file(const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	insist(fd >= 0 && io_write_all(fd, data, size) == 0);
	close(fd);
}

/* A whole file of a payload. */
static uint8_t *whole(struct arena *a, int section, const struct section *s, size_t *ret_size)
{
	uint8_t *file = arena_zalloc(a, IMAGE_HEADER_SIZE + s->size + 1);

	insist(file);
	memcpy(file + IMAGE_HEADER_SIZE, s->data, s->size);
	*ret_size = IMAGE_HEADER_SIZE + s->size;
	image_header_put(file, *ret_size, type_of(section));
	return file;
}

static size_t count_records(const struct section *s)
{
	size_t n = 0;

	for (uint32_t at = 0, len; at + 4 <= s->size; at += 4 + len, n++) {
		memcpy(&len, s->data + at, 4);
		if (len > s->size - at - 4)
			break;
	}
	return n;
}

static Inventory *first_inventory(struct arena *a, const struct section *s)
{
	ProtobufCAllocator in = arena_protobuf(a);
	uint32_t len;

	if (s->size < 4)
		return NULL;
	memcpy(&len, s->data, 4);
	return len > s->size - 4 ? NULL : inventory__unpack(&in, len, s->data + 4);
}

/* The parts that are there, as they are. */
static void fix_parts(struct arena *a, Inventory *inv, const struct section s[SECTIONS])
{
	uint64_t pages = 0;

	for (size_t i = 0; i < inv->n_parts; i++)
		if (!strcmp(inv->parts[i]->name, "pages"))
			pages = MIN(inv->parts[i]->size, PAGES_MAX);
	inv->parts = NULL;
	inv->n_parts = 0;
	inv->id.len = 16;
	inv->id.data = arena_zalloc(a, 16);
	for (int i = TREE_SECTION; i < SECTIONS; i++) {
		Part *p = list_part(a, inv, section_names[i]);
		size_t size;
		uint8_t *file = whole(a, i, &s[i], &size);

		p->size = size;
		p->checksum = image_checksum(file, size);
		p->records = count_records(&s[i]);
	}
	if (pages)
		list_part(a, inv, "pages")->size = pages;
}

static void put_pages(const Inventory *inv, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	uint64_t size = 0;

	for (size_t i = 0; inv && i < inv->n_parts; i++)
		if (!strcmp(inv->parts[i]->name, "pages"))
			size = MIN(inv->parts[i]->size, PAGES_MAX);
	insist(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	close(fd);
}

static void put_checkpoint(struct arena *a, int mode, struct section s[SECTIONS])
{
	Inventory *inv = mode == MODE_RAW ? NULL : first_inventory(a, &s[INVENTORY_SECTION]);
	static const uint8_t none[16];
	char name[IMAGE_NAME_ROOM];

	if (inv && mode == MODE_FIXED) {
		const ProtobufCMessage *list[] = { &inv->base };

		fix_parts(a, inv, s);
		s[INVENTORY_SECTION] = packed(a, list, 1);
	}
	for (int i = 0; i < SECTIONS; i++) {
		size_t size = s[i].size;
		const uint8_t *file = mode == MODE_RAW ? s[i].data : whole(a, i, &s[i], &size);

		part_file_name(name, section_names[i], none);
		put_file(i ? name : "inventory.img", file, size);
	}
	part_file_name(name, "pages", none);
	put_pages(inv, name);
}

/* Each file by itself, as `ckpt show FILE.img` reads it. */
static void read_files(struct arena *a)
{
	static const uint8_t none[16];

	for (int i = 0; i < SECTIONS; i++) {
		const char *part = NULL, *why = NULL;
		ProtobufCMessage **records;
		char name[IMAGE_NAME_ROOM];
		size_t n;
		int r;

		part_file_name(name, section_names[i], none);
		r = image_open_file(a, dir, i ? name : "inventory.img", &part, &records, &n, &why);
		insist(r ? why && *why : part != NULL);
	}
}

/* What a restore does next, as far as it makes nothing. */
static void plan(struct arena *a, const struct checkpoint *c)
{
	struct plan_node *nodes = arena_zalloc(a, c->n_order * sizeof(*nodes));
	const char *why = NULL;
	struct plan p;
	int r;

	insist(nodes);
	for (size_t i = 0; i < c->n_order; i++) {
		const Process *m = c->order[i]->msg;

		nodes[i] = (struct plan_node){
			.pid = (pid_t)m->pids[0], .parent = PLAN_CKPT, .sid = (pid_t)m->sids[0], .pgid = (pid_t)m->pgids[0],
			.session_outside = m->session_outside, .pgrp_outside = m->pgrp_outside, .zombie = m->zombie,
			.files = m->files,
		};
		for (size_t j = 0; c->order[i]->parent && j < i; j++)
			if (c->order[j] == c->order[i]->parent)
				nodes[i].parent = (uint32_t)j;
	}
	r = plan_tree(a, nodes, c->n_order, &p, &why, NULL);
	insist(r == 0 || (r == -EINVAL && why && *why));
}

static void ask_kinds(const struct checkpoint *c)
{
	for (size_t i = 1; i < c->n_file_ids; i++) {
		const Description *d = c->descriptions[i];
		const FileObject *o = d ? c->objects[d->object] : NULL;
		const struct file_kind *k = o ? file_kind_by_tag(o->kind_case) : NULL;

		insist(!d || k);
		/* A terminal is the machine's own, and so is the network unless it is ours alone. */
		if (!k || !k->ready || k->tag == FILE_OBJECT__KIND_TTY ||
		    (k->tag == FILE_OBJECT__KIND_TCP_LISTEN && !own_net))
			continue;
		k->ready(NOWHERE, o, d);
	}
}

/* As a restore does it, up to the first process. The network must be ours alone, and a terminal is not there. */
static void get_ready(struct arena *a)
{
	struct restore_options options = { .images = dir, .shell_job = true };
	struct restore_result result = { 0 };
	struct restore r = { .mem = a, .opt = &options, .result = &result, .at = { .fd = -1 }, .tree = { .mem = a } };
	bool others = false;

	if (restore_load(&r) == 0) {
		for (size_t i = 1; i < r.ck.n_file_ids; i++)
			others |= r.ck.objects[i] && (r.ck.objects[i]->kind_case == FILE_OBJECT__KIND_TTY ||
						      r.ck.objects[i]->kind_case == FILE_OBJECT__KIND_TCP_LISTEN);
		if (!others || own_net)
			restore_ready(&r);
	}
	image_close(r.image);
}

static void use(struct arena *a, const struct checkpoint *c)
{
	CpuFeatures here = CPU_FEATURES__INIT;

	insist(arch_cpu(a, &here) == 0);
	arch_cpu_refuses(a, c->inventory->cpu, &here);
	plan(a, c);
	get_ready(a);
	ask_kinds(c);
	verify_command(&(struct verify_options){ dir_path });
	show_command(&(struct show_options){ dir_path, false });
	show_command(&(struct show_options){ dir_path, true });
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	auto_(arena_freep) struct arena *a = arena_new();
	struct section s[SECTIONS];
	struct image *image = NULL;
	struct checkpoint c;
	const char *why = NULL;
	int r;

	if (!size || data[0] >= MODES || split(data + 1, size - 1, s) < 0)
		return 0;
	insist(a);
	put_checkpoint(a, data[0], s);
	read_files(a);
	r = image_open(a, dir, &image, &why);
	if (r == 0) {
		r = load_checkpoint(a, image, &c, &why);
		if (r == 0)
			use(a, &c);
	}
	insist(r == 0 || ((r == -EBADMSG || r == -ENOTSUP || r == -ENOENT || r == -EFBIG) && why && *why));
	image_close(image);
	return 0;
}

static void clean_up(void)
{
	struct tmpdir t = { .fd = dir };

	tmpdir_files(&t, false);
	rmdir(dir_path);
}

/* Results of commands and messages go nowhere. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	snprintf(dir_path, sizeof(dir_path), "%s-%d", DIRECTORY, getpid());
	insist(mkdir(dir_path, 0700) == 0 || errno == EEXIST);
	dir = open(dir_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	insist(dir >= 0 && null >= 0 && dup2(null, STDOUT_FILENO) == STDOUT_FILENO);
	say_init(null, SAY_ERROR);
	own_net = unshare(CLONE_NEWNET) == 0;
	atexit(clean_up);
	return 0;
}

static size_t put_input(uint8_t *to, size_t max, int mode, const struct section s[SECTIONS])
{
	size_t at = 1;

	for (int i = 0; i < SECTIONS; i++) {
		if (max < at + 4 || s[i].size > max - at - 4)
			return 0;
		memcpy(to + at, &s[i].size, 4);
		memcpy(to + at + 4, s[i].data, s[i].size);
		at += 4 + s[i].size;
	}
	to[0] = (uint8_t)mode;
	return at;
}

/* Change the records of one section, or their order. */
static void mutate_section(struct mutate *m, int i, struct section *s)
{
	ProtobufCMessage **list = NULL, **el;
	const char *why;
	size_t n = 0, one, other;

	if (image_decode(m->mem, "", s->data, s->size, type_of(i)->type, &list, &n, &why) || !n)
		return;
	one = mutate_below(m, n);
	other = mutate_below(m, n);
	switch (i ? mutate_below(m, 12) : 11) {
	case 0:
		memmove(&list[one], &list[one + 1], (--n - one) * sizeof(*list));
		break;
	case 1:
		el = ARENA_ADD(m->mem, list, n);
		memmove(&list[other + 1], &list[other], (n - 1 - other) * sizeof(*list));
		list[other] = el ? list[one + (one >= other)] : list[one];
		break;
	case 2: {
		ProtobufCMessage *swap = list[one];

		list[one] = list[other];
		list[other] = swap;
		break;
	}
	default:
		mutate_message(m, list[one]);
	}
	*s = packed(m->mem, (const ProtobufCMessage *const *)list, n);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	auto_(arena_freep) struct arena *a = arena_new();
	struct mutate m = { a, seed };
	struct section s[SECTIONS];
	int mode = size ? data[0] % MODES : 0;
	size_t made;

	if (mode == MODE_RAW && mutate_below(&m, 8))
		return LLVMFuzzerMutate(data, size, max);
	/* A copy: the result is laid down over the input. */
	if (size < 2 || mode == MODE_RAW || split(arena_memdup(a, data + 1, size - 1), size - 1, s) < 0) {
		sample_sections(a, s);
		mode = MODE_FIXED;
	}
	if (!mutate_below(&m, 40))
		mode = (int)mutate_below(&m, MODES);
	if (mode == MODE_RAW)
		for (int i = 0; i < SECTIONS; i++) {
			size_t len;

			s[i].data = whole(a, i, &s[i], &len);
			s[i].size = (uint32_t)len;
		}
	else
		for (size_t n = 1 + mutate_below(&m, 4); n; n--) {
			int i = mutate_below(&m, 10) ? 1 + (int)mutate_below(&m, 3) : 0;

			mutate_section(&m, i, &s[i]);
		}
	made = put_input(data, max, mode, s);
	return made ? made : LLVMFuzzerMutate(data, size, max);
}
