/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - what an image file looks like, byte for byte; for src/image alone.
 *
 * A metadata file is a header of IMAGE_HEADER_SIZE bytes and a payload of
 * records. All numbers are little-endian:
 *
 *	 0  8 bytes	magic of the part
 *	 8  u32		format version
 *	12  u32		zero
 *	16  u64		length of the payload
 *	24  u64		XXH3-64 of the payload
 *	32  payload	{ u32 length, that many bytes of one protobuf message } ...
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>
#include "arena.h"
#include "inventory.pb-c.h"

#define IMAGE_VERSION 1
#define IMAGE_HEADER_SIZE 32
#define IMAGE_METADATA_MAX (UINT64_C(1) << 30)	/* bytes of a metadata file */
#define IMAGE_ID_SIZE 16
#define IMAGE_NAME_ROOM 48

#define IMAGE_INVENTORY "inventory.img"
#define IMAGE_INVENTORY_TMP "inventory.img.tmp"
#define IMAGE_PAGES "pages"

struct part_type {
	const char *name;
	char magic[9];		/* 8 bytes count */
	const ProtobufCMessageDescriptor *type;
};

extern const struct part_type image_inventory_type;

/* NULL: no such part. The pages have no type: they are no records. */
const struct part_type *part_type_by_name(const char *name);

bool image_is_feature(const char *name);

/* "<part>-<16 hex digits>.img". */
void part_file_name(char ret[IMAGE_NAME_ROOM], const char *part, const uint8_t *id);

/* Is `file` the name that this part has in the checkpoint with this id? */
bool part_file_is(const char *file, const char *part, const uint8_t *id);

/* Is it a name that some checkpoint's part of a known type would have? */
bool part_file_is_ours(const char *file);

/* Fill in the header at the start of a whole file. */
void image_header_put(uint8_t *file, size_t size, const struct part_type *type);

/* Check the header of a whole file against its contents. *ret: what part it
 * says it is. -EBADMSG, or -ENOTSUP for another format version. */
int image_header_check(struct arena *a, const char *name, const uint8_t *file, size_t size,
		       const struct part_type **ret, const char **why);

/* The records of a payload; refuses unknown fields. -EBADMSG, -ENOMEM. */
int image_decode(struct arena *a, const char *name, const uint8_t *payload, size_t len,
		 const ProtobufCMessageDescriptor *type,
		 ProtobufCMessage ***ret, size_t *ret_n, const char **why);

/* inventory.img alone, checked by itself: header, checksum, names of parts,
 * but not `needs`. -ENOENT: there is none. */
int image_read_inventory(struct arena *a, int dirfd, Inventory **ret, const char **why);

/* Say why, return err, which may be made of errno. */
#define WHY(a, why, err, ...) ({						\
	int err_ = (err);							\
	*(why) = arena_printf((a), __VA_ARGS__);				\
	err_; })
