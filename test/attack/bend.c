/* SPDX-License-Identifier: Apache-2.0 */
/* bend.c - a copy of a checkpoint that is wrong in a place or two, and whose checksums are right all the same.
 *
 * bend FROM TO SEED: the same seed bends in the same way. One in eight is damaged in its bytes instead.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../../src/image/format.h"
#include "cleanup.h"
#include "image.h"
#include "io.h"
#include "mutate.h"

enum { TREE, MM, FILES, PARTS };

struct part {
	const char *name;
	char file[IMAGE_NAME_ROOM];	/* whatever the inventory is made to say */
	ProtobufCMessage **list;
	size_t n;
};

static const char *const part_names[PARTS] = { "tree", "mm", "files" };

static void need(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(2);
}

/* Change one record, or their order. */
static void bend(struct mutate *m, struct part *p)
{
	size_t one = mutate_below(m, p->n), other = mutate_below(m, p->n);
	ProtobufCMessage *keep = p->list[one];

	switch (mutate_below(m, 16)) {
	case 0:
		memmove(&p->list[one], &p->list[one + 1], (--p->n - one) * sizeof(keep));
		break;
	case 1:
		need(ARENA_ADD(m->mem, p->list, p->n) != NULL, "memory");
		memmove(&p->list[other + 1], &p->list[other], (p->n - 1 - other) * sizeof(keep));
		p->list[other] = keep;
		break;
	case 2:
		p->list[one] = p->list[other];
		p->list[other] = keep;
		break;
	default:
		mutate_message(m, keep);
	}
}

static void put(int dir, const char *name, const uint8_t *data, size_t size)
{
	autoclose fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	need(fd >= 0 && io_write_all(fd, data, size) == 0, name);
}

static size_t put_records(int dir, const char *name, const struct part_type *type, ProtobufCMessage *const *list, size_t n,
			  uint64_t *ret_checksum)
{
	size_t size = IMAGE_HEADER_SIZE;
	autofree uint8_t *data = NULL;
	uint8_t *at;

	for (size_t i = 0; i < n; i++)
		size += 4 + protobuf_c_message_get_packed_size(list[i]);
	data = malloc(size);
	need(data != NULL, "memory");
	at = data + IMAGE_HEADER_SIZE;
	for (size_t i = 0; i < n; i++) {
		uint32_t len = (uint32_t)protobuf_c_message_pack(list[i], at + 4);

		memcpy(at, &len, 4);
		at += 4 + len;
	}
	image_header_put(data, size, type);
	put(dir, name, data, size);
	*ret_checksum = image_checksum(data, size);
	return size;
}

/* The list of parts says what is there. */
static void write_out(int dir, Inventory *inv, const struct part *parts)
{
	ProtobufCMessage *record = &inv->base;
	uint64_t unused;

	for (size_t i = 0; i < inv->n_parts; i++)
		for (int k = 0; k < PARTS; k++) {
			Part *p = inv->parts[i];

			if (strcmp(p->name, parts[k].name) != 0)
				continue;
			p->size = put_records(dir, parts[k].file, part_type_by_name(p->name), parts[k].list, parts[k].n, &p->checksum);
			p->records = parts[k].n;
		}
	put_records(dir, IMAGE_INVENTORY, &image_inventory_type, &record, 1, &unused);
}

static void copy(int from, int to, const char *name)
{
	autoclose in = openat(from, name, O_RDONLY | O_CLOEXEC);
	autoclose out = openat(to, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct stat st;

	need(in >= 0 && out >= 0 && fstat(in, &st) == 0, name);
	for (ssize_t n = 1; n > 0;)
		n = copy_file_range(in, NULL, out, NULL, (size_t)st.st_size, 0);
	need(fstat(in, &st) == 0 && lseek(out, 0, SEEK_END) == st.st_size, name);
}

/* A few bytes, or the end. */
static void damage(struct mutate *m, int dir, const char *name)
{
	autoclose fd = openat(dir, name, O_RDWR | O_CLOEXEC);
	struct stat st;

	need(fd >= 0 && fstat(fd, &st) == 0, name);
	printf("bytes of %s\n", name);
	if (!mutate_below(m, 3)) {
		need(ftruncate(fd, (off_t)mutate_below(m, (size_t)st.st_size + 4096)) == 0, name);
		return;
	}
	for (size_t n = 1 + mutate_below(m, 4); n; n--) {
		uint8_t byte = (uint8_t)mutate_random(m);
		size_t near = mutate_below(m, 2) ? 64 : (size_t)st.st_size;

		need(pwrite(fd, &byte, 1, (off_t)mutate_below(m, MIN(near, (size_t)st.st_size))) == 1, name);
	}
}

int main(int argc, char **argv)
{
	auto_(arena_freep) struct arena *a = arena_new();
	autoclose from = argc == 4 ? open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	autoclose to = argc == 4 ? open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	struct mutate m = { a, argc == 4 ? strtoull(argv[3], NULL, 10) : 0 };
	struct part parts[PARTS];
	struct image *image;
	const char *why = "";
	Inventory *inv;
	bool bytes = !mutate_below(&m, 8);
	char pages[IMAGE_NAME_ROOM];

	need(from >= 0 && to >= 0, "usage: bend FROM TO SEED");
	need(image_open(a, from, &image, &why) == 0, why);
	inv = (Inventory *)image_inventory(image);
	for (int i = 0; i < PARTS; i++) {
		parts[i].name = part_names[i];
		part_file_name(parts[i].file, part_names[i], inv->id.data);
		need(image_records(image, part_names[i], part_type_by_name(part_names[i])->type, &parts[i].list, &parts[i].n,
				   &why) == 0, why);
	}
	part_file_name(pages, IMAGE_PAGES, inv->id.data);
	copy(from, to, pages);
	for (size_t n = bytes ? 0 : 1 + mutate_below(&m, 2); n; n--) {
		size_t which = mutate_below(&m, 16);

		if (which)
			bend(&m, &parts[which % PARTS]);
		else
			mutate_message(&m, &inv->base);
	}
	if (bytes) {
		size_t victim = mutate_below(&m, PARTS + 2);

		write_out(to, inv, parts);
		damage(&m, to, victim < PARTS ? parts[victim].file : victim == PARTS ? pages : IMAGE_INVENTORY);
	} else {
		write_out(to, inv, parts);
	}
	image_close(image);
	return 0;
}
