/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - everything that descriptors and mappings of a tree refer to.
 *
 *	files_new() -> files_look() -> files_collect() -> files_check() -> files_contents() -> files_write()
 *
 * A description is one whoever holds it; it is written once and referred to by
 * id. All functions but files_new() speak.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "files.pb-c.h"
#include "image.h"
#include "model.h"
#include "obstacles.h"
#include "say.h"

struct files;

struct files *files_new(struct arena *a, struct tree *tree, bool shell_job);

/* What /proc tells of the descriptors of p, if the table is its own: p->sights.
 * By several threads, each for other processes. */
int files_look(struct arena *a, struct process *p, const struct where *at);

/* Which slot of which table refers to which description; tables that processes
 * share are read once. Sets Process.files. */
int files_collect(struct files *f, struct where *at);

/* What of it cannot be saved. */
int files_check(struct files *f, struct where *at, struct obstacles *list);

/* The id of the object for a file that is mapped or executed; 0: `path` does
 * not lead to (dev, ino) any more. -errno. */
int files_mapped(struct files *f, const char *path, dev_t dev, uint64_t ino, uint32_t *ret_id);

/* Contents of pipes and the like; the tree is stopped. */
int files_contents(struct files *f, struct where *at);

int files_write(struct files *f, struct image_part *part);

/* Names for Inventory.needs, of the kinds that are in use. */
int files_needs(struct files *f, char ***list, size_t *n);
