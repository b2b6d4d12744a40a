/* SPDX-License-Identifier: Apache-2.0 */
/* restore_open.c - open files, made in the table that all processes share at first.
 *
 * Each lies at a number that no process needs, so that dup3(2) can put it in
 * place in any order. A dump refuses a tree with more than the table holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "fault.h"
#include "file_kind.h"
#include "opener.h"
#include "restore_state.h"

#define FIRST_FD 3
#define SETTABLE (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME | O_ASYNC)

static int claim(struct restore *r, size_t limit, int64_t number)
{
	uint32_t *place;

	if ((uint64_t)number >= limit)
		return fail(&r->at, 0, "descriptor %" PRId64 " is above ckpt's own limit of %zu (RLIMIT_NOFILE)",
			    number, limit);
	place = ARENA_ADD(r->mem, r->needed_fd, r->n_needed_fd);
	if (!place)
		return fail(&r->at, ENOMEM, "descriptors");
	*place = (uint32_t)number;
	return 0;
}

static int claim_for_watch(struct restore *r, size_t limit, const FileObject *o)
{
	const struct file_kind *kind = o ? file_kind_by_tag(o->kind_case) : NULL;
	int err = 0;

	for (size_t i = 0; err == 0 && kind && kind->number; i++) {
		int64_t number = kind->number(o, i);

		if (number < 0)
			break;
		err = claim(r, limit, number);
	}
	return err;
}

static int by_number(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int note_needed(struct restore *r)
{
	struct rlimit limit;
	int err = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	for (size_t i = 1; err == 0 && i < r->ck.n_file_ids; i++) {
		const DescriptorTable *t = r->ck.tables[i];

		err = claim_for_watch(r, (size_t)limit.rlim_cur, r->ck.objects[i]);
		for (size_t j = 0; err == 0 && t && j < t->n_slots; j++)
			err = claim(r, (size_t)limit.rlim_cur, t->slots[j]->fd);
	}
	if (r->n_needed_fd)
		qsort(r->needed_fd, r->n_needed_fd, sizeof(*r->needed_fd), by_number);
	r->next_fd = FIRST_FD;
	return err;
}

static bool is_needed(const struct restore *r, int fd)
{
	const uint32_t number = (uint32_t)fd;

	return r->n_needed_fd && bsearch(&number, r->needed_fd, r->n_needed_fd, sizeof(number), by_number);
}

/* Move fd to a number that nobody needs and that is not open here. */
static int park(struct restore *r, int fd)
{
	if (fd >= FIRST_FD && !is_needed(r, fd))
		return fd;
	for (;;) {
		int at = fcntl(fd, F_DUPFD_CLOEXEC, r->next_fd);

		if (at < 0) {
			int err = -errno;

			close(fd);
			return err;
		}
		r->next_fd = at + 1;
		if (!is_needed(r, at)) {
			close(fd);
			return at;
		}
		close(at);
	}
}

/* Descriptions of the same object: the first of each, and after each the next; 0: none. */
struct sharing {
	uint32_t *first, *next;
};

static int find_sharing(struct restore *r, struct sharing *ret)
{
	ret->first = arena_zalloc(r->mem, r->ck.n_file_ids * sizeof(*ret->first));
	ret->next = arena_zalloc(r->mem, r->ck.n_file_ids * sizeof(*ret->next));
	if (!ret->first || !ret->next)
		return fail(&r->at, ENOMEM, "descriptors");
	for (size_t i = r->ck.n_file_ids; i-- > 1;) {
		const Description *d = r->ck.descriptions[i];

		if (!d)
			continue;
		ret->next[i] = ret->first[d->object];
		ret->first[d->object] = (uint32_t)i;
	}
	return 0;
}

static int set_flags(int fd, unsigned want)
{
	int now;

	if (want & O_PATH)
		return 0;
	now = fcntl(fd, F_GETFL);
	if (now < 0)
		return -errno;
	if (((unsigned)now & SETTABLE) == (want & SETTABLE))
		return 0;
	return fcntl(fd, F_SETFL, (int)(want & SETTABLE)) < 0 ? -errno : 0;
}

/* Owner, mode, position and flags of a description that was just opened. */
static int finish(const struct where *at, const struct file_kind *kind, const FileObject *o, const Description *d, int fd)
{
	struct stat st;
	int r;

	if (kind->own_inode && fstat(fd, &st) == 0) {
		if ((st.st_uid != o->uid || st.st_gid != o->gid) && fchown(fd, o->uid, o->gid) < 0)
			return fail(at, errno, "cannot give it its owner %u:%u", o->uid, o->gid);
		if ((st.st_mode & 07777) != (o->mode & 07777) && fchmod(fd, o->mode & 07777) < 0)
			return fail(at, errno, "cannot give it its mode");
	}
	if (kind->seekable && !(d->flags & O_PATH) && d->pos && lseek(fd, (off_t)d->pos, SEEK_SET) < 0)
		return fail(at, errno, "cannot seek to %llu", (unsigned long long)d->pos);
	r = set_flags(fd, d->flags);
	return r < 0 ? fail(at, r, "cannot set its flags") : 0;
}

static int take_over(struct restore *r, const struct where *at, const Description *d, int fd)
{
	const FileObject *o = r->ck.objects[d->object];
	int err = finish(at, file_kind_by_tag(o->kind_case), o, d, fd);

	if (err < 0) {
		close(fd);
		return err;
	}
	fd = park(r, fd);
	if (fd < 0)
		return fail(at, fd, "no descriptor number is left for it");
	r->source[d->id] = fd;
	if (r->opened[d->object] < 0)
		r->opened[d->object] = fd;
	return 0;
}

/* The other description, if the object has just two: one to read, one to write. */
static const Description *other_end(const struct restore *r, const struct sharing *s, const Description *d)
{
	uint32_t first = s->first[d->object], second = first ? s->next[first] : 0;
	const Description *other;

	if (!second || s->next[second])
		return NULL;
	other = r->ck.descriptions[first == d->id ? second : first];
	if ((d->flags & O_PATH) || (other->flags & O_PATH) ||
	    (d->flags & O_ACCMODE) == (other->flags & O_ACCMODE) || (d->flags & O_ACCMODE) == O_RDWR ||
	    (other->flags & O_ACCMODE) == O_RDWR)
		return NULL;
	return other;
}

static int open_pair(struct restore *r, struct opener *o, const struct where *at, const Description *d,
		     const Description *other)
{
	const FileObject *object = r->ck.objects[d->object];
	bool reads = (d->flags & O_ACCMODE) == O_RDONLY;
	int ends[2], err = file_kind_by_tag(object->kind_case)->pair(o, object, ends);

	if (err < 0)
		return err;
	err = take_over(r, at, d, ends[!reads]);
	if (err < 0) {
		close(ends[reads]);
		return err;
	}
	return take_over(r, at, other, ends[reads]);
}

static int open_one(struct restore *r, const struct sharing *s, struct opener *o, struct where *at, const Description *d)
{
	const FileObject *object = r->ck.objects[d->object];
	const struct file_kind *kind = file_kind_by_tag(object->kind_case);
	const Description *other = kind->pair ? other_end(r, s, d) : NULL;
	int fd;

	at->kind = kind->name;
	opener_reset(o);
	if (other)
		return open_pair(r, o, at, d, other);
	fd = kind->open(o, object, d, kind->seekable ? -1 : r->opened[d->object]);
	return fd < 0 ? fd : take_over(r, at, d, fd);
}

static int map_one(struct restore *r, int *list, uint32_t id, int flags)
{
	const FileObject *o = r->ck.objects[id];
	int fd;

	if (list[id] >= 0)
		return 0;
	fd = FAULTY(FAULT_OPEN, open(o->regular->path, flags | O_CLOEXEC));
	if (fd < 0)
		return fail(&r->at, errno, "cannot open %s, which is to be mapped", o->regular->path);
	list[id] = park(r, fd);
	return list[id] < 0 ? fail(&r->at, list[id], "no descriptor number is left for %s", o->regular->path) : 0;
}

static int open_mapped(struct restore *r)
{
	EACH_PROCESS(p, &r->tree) {
		int err = p->zombie ? 0 : map_one(r, r->mapped, p->saved_mm->msg->exe, O_RDONLY);

		for (size_t i = 0; err == 0 && !p->zombie && i < p->saved_mm->n_vmas; i++) {
			const Vma *v = p->saved_mm->vmas[i].msg;

			if (!v->file)
				continue;
			err = v->file_writable ? map_one(r, r->mapped_rw, v->file, O_RDWR) :
						 map_one(r, r->mapped, v->file, O_RDONLY);
		}
		if (err < 0)
			return err;
	}
	return 0;
}

static int *all_closed(struct restore *r, size_t n)
{
	int *list = arena_zalloc(r->mem, (n + 1) * sizeof(*list));

	if (list)
		memset(list, 0xff, (n + 1) * sizeof(*list));
	return list;
}

int restore_open(struct restore *r)
{
	struct where at = { .phase = r->at.phase, .fd = -1 };
	auto_(opener_freep) struct opener *o = opener_self(&at);
	struct sharing sharing = { 0 };
	int err = note_needed(r);

	if (err == 0)
		err = find_sharing(r, &sharing);
	if (err < 0)
		return err;
	r->opened = all_closed(r, r->ck.n_file_ids);
	r->source = all_closed(r, r->ck.n_file_ids);
	r->mapped = all_closed(r, r->ck.n_file_ids);
	r->mapped_rw = all_closed(r, r->ck.n_file_ids);
	if (!o || !r->opened || !r->source || !r->mapped || !r->mapped_rw)
		return fail(&r->at, ENOMEM, "descriptors");
	for (size_t i = 1; err == 0 && i < r->ck.n_file_ids; i++)
		if (r->ck.descriptions[i] && r->source[i] < 0)
			err = open_one(r, &sharing, o, &at, r->ck.descriptions[i]);
	return err < 0 ? err : open_mapped(r);
}

void restore_close_sources(struct restore *r)
{
	int *const lists[] = { r->source, r->mapped, r->mapped_rw };

	for (size_t l = 0; l < ARRAY_SIZE(lists); l++)
		for (size_t i = 1; lists[l] && i < r->ck.n_file_ids; i++)
			if (lists[l][i] >= 0) {
				close(lists[l][i]);
				lists[l][i] = -1;
			}
}
