/* SPDX-License-Identifier: Apache-2.0 */
/* read.c - opens a checkpoint, and believes nothing in it before it is checked. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "cleanup.h"
#include "fault.h"
#include "format.h"
#include "image.h"
#include "io.h"

struct image_part_read {
	const char *name;
	const struct part_type *type;
	ProtobufCMessage **records;
	size_t n;
};

struct image {
	struct arena *mem;
	Inventory *inventory;
	struct image_part_read *parts;
	size_t n_parts;
	int pages;		/* -1: none */
	uint64_t pages_size;
};

static void image_closep(struct image **i)
{
	image_close(*i);
}

/* O_NONBLOCK: somebody may have put a FIFO there, on which open would wait. */
static int open_regular(struct arena *a, int dirfd, const char *name, int flags,
			uint64_t *ret_size, const char **why)
{
	autoclose fd = FAULTY(FAULT_OPEN, openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags));
	struct stat st;

	if (fd < 0)
		return WHY(a, why, -errno, "cannot open %s", name);
	if (fstat(fd, &st))
		return WHY(a, why, -errno, "cannot stat %s", name);
	if (!S_ISREG(st.st_mode))
		return WHY(a, why, -EBADMSG, "%s is not a regular file", name);
	*ret_size = (uint64_t)st.st_size;
	return take_fd(&fd);
}

/* A whole metadata file, malloced. */
static int read_metadata(struct arena *a, int dirfd, const char *name, int flags,
			 uint8_t **ret, size_t *ret_size, const char **why)
{
	uint64_t size = 0;
	autoclose fd = open_regular(a, dirfd, name, flags, &size, why);
	autofree uint8_t *data = NULL;
	int err;

	if (fd < 0)
		return fd;
	if (size > IMAGE_METADATA_MAX)
		return WHY(a, why, -EFBIG, "%s is too big for a metadata file", name);
	data = FAULTY_ALLOC(malloc(size + 1));
	if (!data)
		return WHY(a, why, -ENOMEM, "no memory to read %s", name);
	err = io_read_all(fd, data, size);
	if (err)
		return WHY(a, why, err, "cannot read %s", name);
	*ret = take_ptr(data);
	*ret_size = size;
	return 0;
}

static int check_part(struct arena *a, const Inventory *inv, size_t at, const char **why)
{
	const Part *p = inv->parts[at];

	for (size_t i = 0; i < at; i++)
		if (!strcmp(inv->parts[i]->name, p->name))
			return WHY(a, why, -EBADMSG, "inventory.img names the part \"%s\" twice", p->name);
	if (strcmp(p->name, IMAGE_PAGES) && !part_type_by_name(p->name))
		return WHY(a, why, -ENOTSUP, "inventory.img names a part \"%s\", which this ckpt does not know",
			   p->name);
	if (!part_file_is(p->file, p->name, inv->id.data))
		return WHY(a, why, -EBADMSG, "inventory.img gives the part \"%s\" a file name that is not its own",
			   p->name);
	if (!strcmp(p->name, IMAGE_PAGES) && (p->checksum || p->records))
		return WHY(a, why, -EBADMSG, "inventory.img gives the pages file a checksum or records");
	return 0;
}

static int check_inventory(struct arena *a, const Inventory *inv, const char **why)
{
	if (inv->id.len != IMAGE_ID_SIZE)
		return WHY(a, why, -EBADMSG, "inventory.img: the checkpoint id is not %d bytes long", IMAGE_ID_SIZE);
	for (size_t i = 0; i < inv->n_parts; i++) {
		int err = check_part(a, inv, i, why);

		if (err)
			return err;
	}
	return 0;
}

int image_read_inventory(struct arena *a, int dirfd, Inventory **ret, const char **why)
{
	autofree uint8_t *data = NULL;
	const struct part_type *type = NULL;
	ProtobufCMessage **list;
	size_t size, n;
	int err;

	err = read_metadata(a, dirfd, IMAGE_INVENTORY, O_NOFOLLOW, &data, &size, why);
	if (err == -ENOENT)
		return WHY(a, why, err, "there is no checkpoint in the directory: inventory.img");
	if (!err)
		err = image_header_check(a, IMAGE_INVENTORY, data, size, &type, why);
	if (err)
		return err;
	if (type != &image_inventory_type)
		return WHY(a, why, -EBADMSG, "inventory.img holds the part \"%s\" instead of an inventory", type->name);
	err = image_decode(a, IMAGE_INVENTORY, data + IMAGE_HEADER_SIZE, size - IMAGE_HEADER_SIZE,
			   &inventory__descriptor, &list, &n, why);
	if (err)
		return err;
	if (n != 1)
		return WHY(a, why, -EBADMSG, "inventory.img has %zu records instead of one", n);
	err = check_inventory(a, (Inventory *)list[0], why);
	if (!err)
		*ret = (Inventory *)list[0];
	return err;
}

static int check_needs(struct arena *a, const Inventory *inv, const char **why)
{
	for (size_t i = 0; i < inv->n_needs; i++)
		if (!image_is_feature(inv->needs[i]))
			return WHY(a, why, -ENOTSUP, "the checkpoint needs \"%s\", which this ckpt does not know",
				   inv->needs[i]);
	return 0;
}

static int open_pages(struct image *i, int dirfd, const Part *p, const char **why)
{
	int fd = open_regular(i->mem, dirfd, p->file, O_NOFOLLOW, &i->pages_size, why);

	if (fd < 0)
		return fd;
	i->pages = fd;
	if (i->pages_size != p->size)
		return WHY(i->mem, why, -EBADMSG, "%s has %llu bytes, the inventory says %llu", p->file,
			   (unsigned long long)i->pages_size, (unsigned long long)p->size);
	return 0;
}

static int read_part(struct image *i, int dirfd, const Part *p, const char **why)
{
	struct image_part_read *part = ARENA_ADD(i->mem, i->parts, i->n_parts);
	autofree uint8_t *data = NULL;
	const struct part_type *type = NULL;
	size_t size;
	int err;

	if (!part)
		return WHY(i->mem, why, -ENOMEM, "no memory for %s", p->file);
	err = read_metadata(i->mem, dirfd, p->file, O_NOFOLLOW, &data, &size, why);
	if (!err)
		err = image_header_check(i->mem, p->file, data, size, &type, why);
	if (err)
		return err;
	part->name = p->name;
	part->type = part_type_by_name(p->name);
	if (type != part->type)
		return WHY(i->mem, why, -EBADMSG, "%s holds the part \"%s\"", p->file, type->name);
	if (size != p->size || image_checksum(data, size) != p->checksum)
		return WHY(i->mem, why, -EBADMSG, "%s is not the file that the inventory describes: "
			   "its size or its checksum differs", p->file);
	err = image_decode(i->mem, p->file, data + IMAGE_HEADER_SIZE, size - IMAGE_HEADER_SIZE,
			   type->type, &part->records, &part->n, why);
	if (!err && part->n != p->records)
		return WHY(i->mem, why, -EBADMSG, "%s has %zu records, the inventory says %llu", p->file, part->n,
			   (unsigned long long)p->records);
	return err;
}

int image_open(struct arena *a, int dirfd, struct image **ret, const char **why)
{
	auto_(image_closep) struct image *i = arena_zalloc(a, sizeof(*i));
	int err;

	if (!i)
		return WHY(a, why, -ENOMEM, "no memory");
	i->mem = a;
	i->pages = -1;
	err = image_read_inventory(a, dirfd, &i->inventory, why);
	if (!err)
		err = check_needs(a, i->inventory, why);
	for (size_t p = 0; !err && p < i->inventory->n_parts; p++) {
		const Part *part = i->inventory->parts[p];

		if (!strcmp(part->name, IMAGE_PAGES))
			err = open_pages(i, dirfd, part, why);
		else
			err = read_part(i, dirfd, part, why);
	}
	if (!err)
		*ret = take_ptr(i);
	return err;
}

void image_close(struct image *i)
{
	if (i && i->pages >= 0)
		close(i->pages);
	if (i)
		i->pages = -1;
}

const Inventory *image_inventory(const struct image *i)
{
	return i->inventory;
}

int image_records(struct image *i, const char *part, const ProtobufCMessageDescriptor *type,
		  ProtobufCMessage ***ret, size_t *ret_n, const char **why)
{
	for (size_t p = 0; p < i->n_parts; p++) {
		if (strcmp(i->parts[p].name, part))
			continue;
		if (i->parts[p].type->type != type)
			return WHY(i->mem, why, -EINVAL, "the part \"%s\" is not made of %s", part, type->short_name);
		*ret = i->parts[p].records;
		*ret_n = i->parts[p].n;
		return 0;
	}
	return WHY(i->mem, why, -ENOENT, "the checkpoint has no part \"%s\"", part);
}

int image_pages_fd(const struct image *i, int *ret_fd, uint64_t *ret_size)
{
	if (i->pages < 0)
		return -ENOENT;
	*ret_fd = i->pages;
	*ret_size = i->pages_size;
	return 0;
}

int image_open_file(struct arena *a, int dirfd, const char *file, const char **ret_part,
		    ProtobufCMessage ***ret, size_t *ret_n, const char **why)
{
	autofree uint8_t *data = NULL;
	const struct part_type *type = NULL;
	size_t size;
	int err;

	err = read_metadata(a, dirfd, file, 0, &data, &size, why);
	if (!err)
		err = image_header_check(a, file, data, size, &type, why);
	if (!err)
		err = image_decode(a, file, data + IMAGE_HEADER_SIZE, size - IMAGE_HEADER_SIZE,
				   type->type, ret, ret_n, why);
	if (!err)
		*ret_part = type->name;
	return err;
}
