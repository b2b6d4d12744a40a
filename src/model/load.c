/* SPDX-License-Identifier: Apache-2.0 */
/* load.c - reads a checkpoint's parts in order and checks what stands above them. */
#include <stdio.h>
#include <string.h>
#include "load_parts.h"
#include "say.h"

int load_bad(struct loader *l, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (l->record)
		*l->why = arena_printf(l->mem, "%s: record %zu: %s", l->part, l->record, text);
	else
		*l->why = arena_printf(l->mem, "%s: %s", l->part, text);
	return -EBADMSG;
}

int load_nomem(struct loader *l)
{
	*l->why = "no memory for the checkpoint";
	return -ENOMEM;
}

int load_check_id(struct loader *l, uint32_t id, size_t n_ids, bool taken, const char *what)
{
	if (!id)
		return load_bad(l, "%s has the id 0, which means none", what);
	if (id >= n_ids)
		return load_bad(l, "%s has the id %u, more than there are records", what, id);
	if (taken)
		return load_bad(l, "%s has the id %u, which an earlier one has", what, id);
	return 0;
}

static int check_inventory(struct loader *l)
{
	const Inventory *inv = l->c->inventory;

	if (inv->parent_id.len) {
		*l->why = "the checkpoint adds to another one, which this ckpt cannot do yet";
		return -ENOTSUP;
	}
	if (strcmp(inv->machine, "x86_64"))
		return load_bad(l, "it was made on the machine \"%s\", not on x86_64", inv->machine);
	if (inv->page_size != LOAD_PAGE)
		return load_bad(l, "its pages have %u bytes, not 4096", inv->page_size);
	if (!inv->cpu || !inv->frozen_at || !inv->options || !inv->figures)
		return load_bad(l, "the CPU, the clocks, the options or the figures are not there");
	if (l->c->pages_size % LOAD_PAGE)
		return load_bad(l, "the pages file is not a whole number of pages long");
	return 0;
}

/* The records of a part, and how many ids there can be in it. */
static int get_part(struct loader *l, const char *part, const ProtobufCMessageDescriptor *type,
		    void *ret, size_t *ret_n, size_t *n_ids)
{
	ProtobufCMessage **list = NULL;
	int err = image_records(l->c->image, part, type, &list, ret_n, l->why);

	if (err)
		return err == -ENOENT ? -EBADMSG : err;
	l->part = part;
	*n_ids = *ret_n + 1;
	memcpy(ret, &list, sizeof(list));
	return 0;
}

#define NEW_TABLE(l, table, n) (((table) = arena_zalloc((l)->mem, (n) * sizeof(*(table)))) != NULL)

static int get_files(struct loader *l)
{
	struct checkpoint *c = l->c;
	FileRecord **records;
	size_t n;
	int err = get_part(l, "files", &file_record__descriptor, &records, &n, &c->n_file_ids);

	if (err)
		return err;
	if (!NEW_TABLE(l, c->objects, c->n_file_ids) || !NEW_TABLE(l, c->descriptions, c->n_file_ids) ||
	    !NEW_TABLE(l, c->tables, c->n_file_ids))
		return load_nomem(l);
	return load_files(l, records, n);
}

static int get_mms(struct loader *l)
{
	struct checkpoint *c = l->c;
	MmRecord **records;
	size_t n;
	int err = get_part(l, "mm", &mm_record__descriptor, &records, &n, &c->n_mm_ids);

	if (err)
		return err;
	if (!NEW_TABLE(l, c->mms, c->n_mm_ids))
		return load_nomem(l);
	return load_mms(l, records, n);
}

static int get_tree(struct loader *l)
{
	struct checkpoint *c = l->c;
	TreeRecord **records;
	size_t n;
	int err = get_part(l, "tree", &tree_record__descriptor, &records, &n, &c->n_tree_ids);

	if (err)
		return err;
	if (!NEW_TABLE(l, c->processes, c->n_tree_ids) || !NEW_TABLE(l, c->tasks, c->n_tree_ids) ||
	    !NEW_TABLE(l, c->sighands, c->n_tree_ids) || !NEW_TABLE(l, c->fss, c->n_tree_ids) ||
	    !NEW_TABLE(l, c->creds, c->n_tree_ids))
		return load_nomem(l);
	return load_tree(l, records, n);
}

int load_checkpoint(struct arena *a, struct image *i, struct checkpoint *ret, const char **why)
{
	struct checkpoint c = { .image = i, .inventory = image_inventory(i), .pages_fd = -1 };
	struct loader l = { .mem = a, .c = &c, .part = "inventory", .why = why };
	int err = image_pages_fd(i, &c.pages_fd, &c.pages_size);

	if (!err || err == -ENOENT)
		err = check_inventory(&l);
	if (!err)
		err = get_files(&l);
	if (!err)
		err = get_mms(&l);
	if (!err)
		err = get_tree(&l);
	if (!err)
		*ret = c;
	return err;
}

int load_fail(const struct where *w, int err, const char *why)
{
	bool complete = err == -EBADMSG || err == -ENOTSUP || err == -EEXIST || err == -EBUSY || err == -EINVAL;

	fail(w, complete ? 0 : err, "%s", why ? why : "the checkpoint cannot be read or written");
	return err;
}
