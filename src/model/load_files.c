/* SPDX-License-Identifier: Apache-2.0 */
/* load_files.c - file objects, open file descriptions and descriptor tables. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include "load_parts.h"

#define EPOLL_DEPTH 5		/* EP_MAX_NESTS of fs/eventpoll.c, and the first */
#define TERMIOS2_SIZE 44	/* struct termios2 of asm/termbits.h */
#define HIGHEST_FD (1 << 30)	/* above any fs.nr_open the kernel accepts */

static int load_object(struct loader *l, FileObject *o)
{
	if (o->kind_case == FILE_OBJECT__KIND__NOT_SET || !o->regular)
		return load_bad(l, "file object %u is of no kind", o->id);
	if (o->kind_case == FILE_OBJECT__KIND_TTY && o->tty->foreground &&
	    (o->tty->foreground > LOAD_PID_MAX || o->tty->termios.len != TERMIOS2_SIZE))
		return load_bad(l, "file object %u is a terminal with settings that cannot be", o->id);
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

struct epolls {
	uint8_t *height;	/* by object id: epolls one within the other, this one included; 0: not known yet */
	EpollItem **sorted;
};

static int by_fd(const void *a, const void *b)
{
	const EpollItem *x = *(EpollItem *const *)a, *y = *(EpollItem *const *)b;

	if (x->fd != y->fd)
		return x->fd < y->fd ? -1 : 1;
	return (x->description > y->description) - (x->description < y->description);
}

/* epoll_ctl(2), EPERM: what knows no poll; of /dev, null, zero and full. */
static bool can_be_watched(const FileObject *o)
{
	if (o->kind_case == FILE_OBJECT__KIND_CHARDEV)
		return o->chardev->major != 1 || (o->chardev->minor != 3 && o->chardev->minor != 5 && o->chardev->minor != 7);
	return o->kind_case != FILE_OBJECT__KIND_REGULAR && o->kind_case != FILE_OBJECT__KIND_DIRECTORY;
}

/* What epoll_ctl(2) would refuse when the tree is half made. */
static int check_items(struct loader *l, struct epolls *e, const FileObject *o)
{
	const size_t n = o->epoll->n_items;

	e->sorted = arena_zalloc(l->mem, (n + 1) * sizeof(*e->sorted));
	if (!e->sorted)
		return load_nomem(l);
	if (n)
		memcpy(e->sorted, o->epoll->items, n * sizeof(*e->sorted));
	qsort(e->sorted, n, sizeof(*e->sorted), by_fd);
	for (size_t i = 0; i < n; i++) {
		const Description *d = l->c->descriptions[e->sorted[i]->description];
		const FileObject *watched = l->c->objects[d->object];

		if (i && by_fd(&e->sorted[i - 1], &e->sorted[i]) == 0)
			return load_bad(l, "file object %u: the epoll watches descriptor %u twice", o->id, e->sorted[i]->fd);
		if (!can_be_watched(watched) || (d->flags & O_PATH))
			return load_bad(l, "file object %u: the epoll watches open file description %u, which cannot be watched",
					o->id, d->id);
	}
	return 0;
}

/* Circles never end: they are deeper than any depth. */
static int measure(struct loader *l, struct epolls *e, const FileObject *o, unsigned depth)
{
	uint8_t height = 1;

	if (e->height[o->id])
		return 0;
	if (depth > EPOLL_DEPTH)
		return load_bad(l, "file object %u: epolls watch each other in a circle, or too deep", o->id);
	for (size_t i = 0; i < o->epoll->n_items; i++) {
		const FileObject *in = l->c->objects[l->c->descriptions[o->epoll->items[i]->description]->object];
		int err = in->kind_case == FILE_OBJECT__KIND_EPOLL ? measure(l, e, in, depth + 1) : 0;

		if (err)
			return err;
		if (in->kind_case == FILE_OBJECT__KIND_EPOLL && e->height[in->id] >= height)
			height = (uint8_t)(e->height[in->id] + 1);
	}
	if (height > EPOLL_DEPTH)
		return load_bad(l, "file object %u: epolls watch each other too deep", o->id);
	e->height[o->id] = height;
	return 0;
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
	struct epolls e = { .height = arena_zalloc(l->mem, l->c->n_file_ids) };
	int err = e.height ? 0 : load_nomem(l);

	l->record = 0;
	for (size_t id = 1; !err && id < l->c->n_file_ids; id++) {
		const FileObject *o = l->c->objects[id];

		if (o && o->kind_case == FILE_OBJECT__KIND_EPOLL)
			err = check_epoll(l, o);
		if (!err && o && o->kind_case == FILE_OBJECT__KIND_EPOLL)
			err = check_items(l, &e, o);
	}
	for (size_t id = 1; !err && id < l->c->n_file_ids; id++)
		if (l->c->objects[id] && l->c->objects[id]->kind_case == FILE_OBJECT__KIND_EPOLL)
			err = measure(l, &e, l->c->objects[id], 1);
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
