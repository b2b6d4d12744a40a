/* SPDX-License-Identifier: Apache-2.0 */
/* format.c - part types, file names, headers and checksums of image files. */
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>
#include "cleanup.h"
#include "files.pb-c.h"
#include "format.h"
#include "image.h"
#include "mm.pb-c.h"
#include "tree.pb-c.h"

#define ID_DIGITS 16

const char *const image_features[] = {
	"x86-64", "mm", "shared-pages", "files",
	"fd.regular", "fd.directory", "fd.chardev", "fd.pipe", "fd.fifo", "fd.eventfd",
	"fd.epoll", "fd.tty", "fd.tcp-listen",
	"zombie", "helper",
	NULL
};

bool image_is_feature(const char *name)
{
	for (const char *const *f = image_features; *f; f++)
		if (!strcmp(*f, name))
			return true;
	return false;
}

const struct part_type image_inventory_type = {
	"inventory", "CKPTinvt", &inventory__descriptor,
};

static const struct part_type part_types[] = {
	{ "tree", "CKPTtree", &tree_record__descriptor },
	{ "mm", "CKPTmmap", &mm_record__descriptor },
	{ "files", "CKPTfile", &file_record__descriptor },
};

const struct part_type *part_type_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(part_types); i++)
		if (!strcmp(part_types[i].name, name))
			return &part_types[i];
	return NULL;
}

static const struct part_type *part_type_by_magic(const uint8_t *magic)
{
	if (!memcmp(image_inventory_type.magic, magic, 8))
		return &image_inventory_type;
	for (size_t i = 0; i < ARRAY_SIZE(part_types); i++)
		if (!memcmp(part_types[i].magic, magic, 8))
			return &part_types[i];
	return NULL;
}

void part_file_name(char ret[IMAGE_NAME_ROOM], const char *part, const uint8_t *id)
{
	int len = snprintf(ret, IMAGE_NAME_ROOM - ID_DIGITS - 5, "%s-", part);

	for (int i = 0; i < ID_DIGITS / 2; i++)
		len += sprintf(ret + len, "%02x", id[i]);
	strcpy(ret + len, ".img");
}

bool part_file_is(const char *file, const char *part, const uint8_t *id)
{
	char name[IMAGE_NAME_ROOM];

	part_file_name(name, part, id);
	return !strcmp(file, name);
}

static bool is_of_part(const char *file, const char *part)
{
	size_t len = strlen(part);

	if (strncmp(file, part, len) || file[len] != '-')
		return false;
	file += len + 1;
	return strspn(file, "0123456789abcdef") == ID_DIGITS && !strcmp(file + ID_DIGITS, ".img");
}

bool part_file_is_ours(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(part_types); i++)
		if (is_of_part(file, part_types[i].name))
			return true;
	return is_of_part(file, IMAGE_PAGES);
}

static void put32(uint8_t *to, uint32_t v)
{
	v = htole32(v);
	memcpy(to, &v, sizeof(v));
}

static void put64(uint8_t *to, uint64_t v)
{
	v = htole64(v);
	memcpy(to, &v, sizeof(v));
}

static uint32_t get32(const uint8_t *from)
{
	uint32_t v;

	memcpy(&v, from, sizeof(v));
	return le32toh(v);
}

static uint64_t get64(const uint8_t *from)
{
	uint64_t v;

	memcpy(&v, from, sizeof(v));
	return le64toh(v);
}

void image_header_put(uint8_t *file, size_t size, const struct part_type *type)
{
	size_t len = size - IMAGE_HEADER_SIZE;

	memcpy(file, type->magic, 8);
	put32(file + 8, IMAGE_VERSION);
	put32(file + 12, 0);
	put64(file + 16, len);
	put64(file + 24, image_checksum(file + IMAGE_HEADER_SIZE, len));
}

/* The version comes before all that a later format may have changed. */
int image_header_check(struct arena *a, const char *name, const uint8_t *file, size_t size,
		       const struct part_type **ret, const char **why)
{
	const struct part_type *type = size >= 8 ? part_type_by_magic(file) : NULL;

	if (!type)
		return WHY(a, why, -EBADMSG, "%s is no metadata file of ckpt: it does not begin with "
			   "a magic that this ckpt knows (a pages file has none)", name);
	if (size < IMAGE_HEADER_SIZE)
		return WHY(a, why, -EBADMSG, "%s is cut short: it ends within its header", name);
	if (get32(file + 8) != IMAGE_VERSION)
		return WHY(a, why, -ENOTSUP, "%s was written by format version %u; this ckpt reads version %u",
			   name, get32(file + 8), IMAGE_VERSION);
	if (get32(file + 12))
		return WHY(a, why, -EBADMSG, "%s is damaged: bytes 12 to 15 of the header are not zero", name);
	if (get64(file + 16) != size - IMAGE_HEADER_SIZE)
		return WHY(a, why, -EBADMSG, "%s is damaged: its header announces %llu bytes, %zu follow", name,
			   (unsigned long long)get64(file + 16), size - IMAGE_HEADER_SIZE);
	if (get64(file + 24) != image_checksum(file + IMAGE_HEADER_SIZE, size - IMAGE_HEADER_SIZE))
		return WHY(a, why, -EBADMSG, "%s is damaged: its checksum is wrong", name);
	*ret = type;
	return 0;
}

uint64_t image_checksum(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}
