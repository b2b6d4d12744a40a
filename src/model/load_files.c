/* SPDX-License-Identifier: Apache-2.0 */
/* load_files.c - file objects, open file descriptions and descriptor tables. */
#include "load_parts.h"

#define HIGHEST_FD (1 << 30)	/* above any fs.nr_open the kernel accepts */

static int load_object(struct loader *l, FileObject *o)
{
	if (o->kind_case == FILE_OBJECT__KIND__NOT_SET || !o->regular)
		return load_bad(l, "file object %u is of no kind", o->id);
	return LOAD_PUT(l, l->c->objects, l->c->n_file_ids, o->id, o, "a file object");
}

static int load_description(struct loader *l, Description *d)
{
	if (!LOADED(l->c->objects, l->c->n_file_ids, d->object))
		return load_bad(l, "open file description %u refers to file object %u, "
				"which no record before it defines", d->id, d->object);
	return LOAD_PUT(l, l->c->descriptions, l->c->n_file_ids, d->id, d, "an open file description");
}

static int load_table(struct loader *l, DescriptorTable *t)
{
	for (size_t i = 0; i < t->n_slots; i++) {
		const Slot *s = t->slots[i];

		if (s->fd >= HIGHEST_FD)
			return load_bad(l, "descriptor table %u has a descriptor %u", t->id, s->fd);
		if (i && s->fd <= t->slots[i - 1]->fd)
			return load_bad(l, "the descriptors of table %u do not ascend at %u", t->id, s->fd);
		if (!LOADED(l->c->descriptions, l->c->n_file_ids, s->description))
			return load_bad(l, "descriptor %u of table %u refers to open file description %u, "
					"which no record before it defines", s->fd, t->id, s->description);
	}
	return LOAD_PUT(l, l->c->tables, l->c->n_file_ids, t->id, t, "a descriptor table");
}

/* Only an epoll refers to what comes after it. */
static int check_epoll(struct loader *l, const FileObject *o)
{
	for (size_t i = 0; i < o->epoll->n_items; i++) {
		const EpollItem *e = o->epoll->items[i];

		if (!LOADED(l->c->descriptions, l->c->n_file_ids, e->description))
			return load_bad(l, "file object %u: the epoll watches open file description %u, "
					"which does not exist", o->id, e->description);
	}
	return 0;
}

static int check_epolls(struct loader *l)
{
	int err = 0;

	l->record = 0;
	for (size_t id = 1; !err && id < l->c->n_file_ids; id++) {
		const FileObject *o = l->c->objects[id];

		if (o && o->kind_case == FILE_OBJECT__KIND_EPOLL)
			err = check_epoll(l, o);
	}
	return err;
}

int load_files(struct loader *l, FileRecord **records, size_t n)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		FileRecord *r = records[i];

		l->record = i + 1;
		switch (r->record_case) {
		case FILE_RECORD__RECORD_OBJECT:
			err = load_object(l, r->object);
			break;
		case FILE_RECORD__RECORD_DESCRIPTION:
			err = load_description(l, r->description);
			break;
		case FILE_RECORD__RECORD_TABLE:
			err = load_table(l, r->table);
			break;
		default:
			err = load_bad(l, "it is empty");
		}
	}
	return err ? err : check_epolls(l);
}
