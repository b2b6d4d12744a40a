/* SPDX-License-Identifier: Apache-2.0 */
/* commit.c - puts a checkpoint on disk so that one rename makes it count.
 *
 * After a power failure there must be either the old checkpoint or the new
 * one. So the new files and their names are on disk before the inventory that
 * names them is, and the old files go only when that is.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "cleanup.h"
#include "fault.h"
#include "image.h"
#include "io.h"
#include "writer.h"

struct commit {
	struct image_writer *w;
	bool exchanged;		/* ours is inventory.img, the old one inventory.img.tmp */
	bool switched;		/* ours is inventory.img */
	const char **why;
};

static int sync_dir(struct commit *c)
{
	int err = image_sync_dir(c->w->dir);

	return err ? WHY(c->w->mem, c->why, err, "cannot sync the images directory") : 0;
}

static int write_file(struct commit *c, const char *name, const uint8_t *data, size_t size)
{
	autoclose fd = image_new_file(c->w, name);
	int err = fd < 0 ? fd : io_pwrite_all(fd, data, size, 0);

	if (!err && FAULTY(FAULT_FSYNC, fsync(fd)))
		err = -errno;
	return err ? WHY(c->w->mem, c->why, err, "cannot write %s", name) : 0;
}

static Part *new_part(struct commit *c, Inventory *inv, const char *name)
{
	char file[IMAGE_NAME_ROOM];
	Part **el = ARENA_ADD(c->w->mem, inv->parts, inv->n_parts);
	Part *p = el ? ARENA_MSG(c->w->mem, Part, part) : NULL;

	if (!p)
		return NULL;
	*el = p;
	part_file_name(file, name, c->w->id);
	p->name = arena_strdup(c->w->mem, name);
	p->file = arena_strdup(c->w->mem, file);
	return p->name && p->file ? p : NULL;
}

static int write_part(struct commit *c, Inventory *inv, struct image_part *from)
{
	Part *p = new_part(c, inv, from->type->name);

	if (p && !from->data)
		from->data = FAULTY_ALLOC(malloc(IMAGE_HEADER_SIZE));
	if (!p || !from->data)
		return WHY(c->w->mem, c->why, -ENOMEM, "no memory");
	image_header_put(from->data, from->size, from->type);
	p->size = from->size;
	p->checksum = image_checksum(from->data, from->size);
	p->records = from->records;
	return write_file(c, p->file, from->data, from->size);
}

static int finish_pages(struct commit *c, Inventory *inv)
{
	Part *p = new_part(c, inv, IMAGE_PAGES);
	off_t size = lseek(c->w->pages, 0, SEEK_END);

	if (!p)
		return WHY(c->w->mem, c->why, -ENOMEM, "no memory");
	if (size < 0 || FAULTY(FAULT_FSYNC, fsync(c->w->pages)))
		return WHY(c->w->mem, c->why, -errno, "cannot write %s", p->file);
	p->size = (uint64_t)size;
	return 0;
}

static int write_parts(struct commit *c, Inventory *inv)
{
	int err = 0;

	inv->parts = NULL;
	inv->n_parts = 0;
	for (size_t i = 0; !err && i < c->w->n_parts; i++)
		err = write_part(c, inv, c->w->parts[i]);
	if (!err && c->w->pages >= 0)
		err = finish_pages(c, inv);
	return err ? err : sync_dir(c);
}

/* Somebody may have removed the files, or the directory, while they grew. The
 * process may be killed after this: all must be under their names. */
static int check_names(struct commit *c)
{
	struct stat st;

	for (size_t i = 0; i < c->w->n_made; i++)
		if (fstatat(c->w->dir, c->w->made[i], &st, AT_SYMLINK_NOFOLLOW))
			return WHY(c->w->mem, c->why, -errno, "%s has been removed meanwhile", c->w->made[i]);
	return 0;
}

static int write_inventory(struct commit *c, Inventory *inv)
{
	size_t len;
	autofree uint8_t *data = NULL;
	struct image_part file = { .type = &image_inventory_type, .size = IMAGE_HEADER_SIZE };
	int err;

	inv->id.len = sizeof(c->w->id);
	inv->id.data = arena_memdup(c->w->mem, c->w->id, sizeof(c->w->id));
	err = inv->id.data ? image_part_add(&file, &inv->base) : -ENOMEM;
	data = file.data;
	len = file.size;
	if (err)
		return WHY(c->w->mem, c->why, err, "cannot make the inventory");
	image_header_put(data, len, file.type);
	unlinkat(c->w->dir, IMAGE_INVENTORY_TMP, 0);	/* left by a dump that was killed */
	return write_file(c, IMAGE_INVENTORY_TMP, data, len);
}

/* Where there was an inventory, the two change places, so that the old one can
 * be put back if the disk fails now. Not every file system can do that. */
static int switch_over(struct commit *c)
{
	int dir = c->w->dir;

	if (c->w->replaces &&
	    !FAULTY(FAULT_RENAME, renameat2(dir, IMAGE_INVENTORY_TMP, dir, IMAGE_INVENTORY, RENAME_EXCHANGE)))
		c->exchanged = true;
	else if (FAULTY(FAULT_RENAME, renameat(dir, IMAGE_INVENTORY_TMP, dir, IMAGE_INVENTORY)))
		return WHY(c->w->mem, c->why, -errno, "cannot rename %s", IMAGE_INVENTORY_TMP);
	c->switched = true;
	return sync_dir(c);
}

/* True: our inventory counts no more, neither now nor after a power failure. */
static bool switch_back(struct commit *c)
{
	int dir = c->w->dir;

	if (c->exchanged ? renameat2(dir, IMAGE_INVENTORY_TMP, dir, IMAGE_INVENTORY, RENAME_EXCHANGE) :
	    c->w->replaces ? -1 : unlinkat(dir, IMAGE_INVENTORY, 0))
		return false;
	return image_sync_dir(dir) == 0;
}

/* A checkpoint that replaced another for good is all there is: it stays, and
 * so do files that one on the disk may still name. */
static void roll_back(struct commit *c)
{
	if (c->switched && !switch_back(c))
		c->w->n_made = 0;
	image_abort(c->w);
}

static int check_needs(struct commit *c, const Inventory *inv)
{
	for (size_t i = 0; i < inv->n_needs; i++)
		if (!image_is_feature(inv->needs[i]))
			return WHY(c->w->mem, c->why, -EINVAL, "no ckpt could read the checkpoint: "
				   "it needs \"%s\", which is not a known feature", inv->needs[i]);
	return 0;
}

int image_commit(struct image_writer *w, Inventory *inv, const char **why)
{
	struct commit c = { .w = w, .why = why };
	int err = check_needs(&c, inv);

	if (!err)
		err = write_parts(&c, inv);
	if (!err)
		err = write_inventory(&c, inv);
	if (!err)
		err = check_names(&c);
	if (!err)
		err = switch_over(&c);
	if (err) {
		roll_back(&c);
		return err;
	}
	if (c.exchanged)
		unlinkat(w->dir, IMAGE_INVENTORY_TMP, 0);
	image_remove_others(w->dir, w->id, true);
	w->n_made = 0;
	image_abort(w);
	return 0;
}
