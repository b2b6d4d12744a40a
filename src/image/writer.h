/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - a checkpoint being written; for src/image alone.
 *
 * Records are kept in memory until the commit. Every file that exists is
 * listed, so that an abort removes exactly what was made.
 */
#pragma once
#include "format.h"

struct image_part {
	const struct part_type *type;
	uint8_t *data;		/* the whole file, room for the header included; malloced */
	size_t size, room;
	uint64_t records;
};

struct image_writer {
	struct arena *mem;
	int dir;			/* our own descriptor of the directory, locked */
	uint8_t id[IMAGE_ID_SIZE];
	struct image_part *parts[4];
	size_t n_parts;
	int pages;			/* -1: none */
	bool replaces;			/* there is an inventory.img */
	const char **made;		/* names of files that are ours */
	size_t n_made;
};

/* A new file of mode 0600, for reading and writing. */
int image_new_file(struct image_writer *w, const char *name);

/* fsync(2); 0 as well where the file system cannot sync a directory. */
int image_sync_dir(int dirfd);

/* Remove part files of other checkpoints than the one with this id (NULL: none
 * is kept). Unless the directory is `synced`, it is before the first removal. */
void image_remove_others(int dirfd, const uint8_t *keep, bool synced);
