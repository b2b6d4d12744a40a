/* SPDX-License-Identifier: Apache-2.0 */
/* image.h - a checkpoint on disk: named parts of protobuf records, one switch.
 *
 *	image_create() -> part files grow -> image_commit()	the new checkpoint counts
 *				        \-> image_abort()	nothing of it is left
 *	image_open() -> image_records(), image_pages_fd() -> image_close()
 *
 * Until image_commit() has renamed inventory.img into place, a checkpoint that
 * was in the directory before is whole and valid; afterwards the new one is,
 * and the files of the old one are removed. Format: docs/images.md.
 * Quiet: errors are -errno, with a sentence in *why (in the arena) where a
 * reader of the message would need one.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>
#include "inventory.pb-c.h"

struct arena;
struct image_writer;
struct image_part;

/* dirfd stays the caller's and must outlive the writer. -EEXIST: there is a
 * checkpoint and `overwrite` is not set. */
int image_create(struct arena *a, int dirfd, bool overwrite, struct image_writer **ret, const char **why);

/* A part of records ("tree", "mm", "files"), buffered; once per name. */
int image_part_begin(struct image_writer *w, const char *name, struct image_part **ret);
int image_part_add(struct image_part *p, const ProtobufCMessage *record);

/* The raw pages file; created by the first call. Descriptor is the writer's.
 * Whoever writes it keeps offsets page-aligned; several threads may. */
int image_pages_create(struct image_writer *w, int *ret_fd);

/* Take the files this many bytes long as final, write them out, fsync all,
 * write and fsync inventory.img.tmp, rename it, fsync the directory, remove
 * what is superseded. `inv`: the caller fills all but id and parts. The
 * writer is freed whatever the result; on an error the directory is as it was
 * before image_create(). */
int image_commit(struct image_writer *w, Inventory *inv, const char **why);
void image_abort(struct image_writer *w);		/* NULL is fine */
uint64_t image_bytes(const struct image_writer *w);	/* size so far, pages included */

struct image;

/* Opens and verifies everything but page contents: magics, versions, sizes,
 * checksums, framing, unknown fields, unknown names in `needs`. */
int image_open(struct arena *a, int dirfd, struct image **ret, const char **why);
void image_close(struct image *i);			/* NULL is fine */
const Inventory *image_inventory(const struct image *i);

/* All records of a part, decoded as `type`. -ENOENT: no such part. */
int image_records(struct image *i, const char *part, const ProtobufCMessageDescriptor *type,
		  ProtobufCMessage ***ret, size_t *ret_n, const char **why);

/* The pages file, open for reading; -ENOENT if the checkpoint has none. */
int image_pages_fd(const struct image *i, int *ret_fd, uint64_t *ret_size);

/* What this version of ckpt understands in Inventory.needs. NULL-terminated. */
extern const char *const image_features[];

/* Decode a single part file without its inventory, for `ckpt show FILE.img`.
 * *ret_part names what the header says it is. */
int image_open_file(struct arena *a, int dirfd, const char *file, const char **ret_part,
		    ProtobufCMessage ***ret, size_t *ret_n, const char **why);

/* Checksum of page contents: XXH3-64 of at most 512 pages. */
#define IMAGE_PAGES_PER_CHECKSUM 512
uint64_t image_checksum(const void *data, size_t len);
