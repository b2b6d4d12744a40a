/* SPDX-License-Identifier: Apache-2.0 */
/* fd_epoll.c - epoll(7): what is watched, by description and the number it was added under.
 *
 * The number need not name the description any more, and need not have done so
 * in this process: an epoll drops an item when the description goes, not the number.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fd_common.h"
#include "kinds.h"

/* Since Linux 6.9, eventpoll.h; headers of the time do not have them. */
struct busy_poll { uint32_t usecs; uint16_t budget; uint8_t prefer, pad; };
#define GET_BUSY_POLL _IOR(0x8A, 0x02, struct busy_poll)

/* "tfd:  5 events:  19 data:  5  pos:0 ino:2c sdev:f" (ep_show_fdinfo) */
struct watch {
	int fd;
	unsigned events;
	uint64_t data, ino;
	unsigned dev;		/* as the kernel has it: 12 bits, 20 bits */
	size_t line;
	unsigned nth;		/* among those with the same fd, as kcmp(2) counts */
};

static int by_fd(const void *a, const void *b)
{
	const struct watch *x = a, *y = b;

	if (x->fd != y->fd)
		return x->fd < y->fd ? -1 : 1;
	return x->line < y->line ? -1 : 1;
}

/* All "tfd" lines, by descriptor number. -EINVAL: not the form that we know. */
static int watches_of(const struct file_facts *f, struct watch **ret, size_t *ret_n)
{
	struct watch *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < f->info.n_lines; i++) {
		const struct fdinfo_line *l = &f->info.lines[i];
		struct watch *w;

		if (strcmp(l->key, "tfd") != 0)
			continue;
		w = ARENA_ADD(f->mem, list, n);
		if (!w)
			return -ENOMEM;
		w->line = i;
		if (sscanf(l->value, "%d events: %x data: %" SCNx64 " pos:%*d ino:%" SCNx64 " sdev:%x",
			   &w->fd, &w->events, &w->data, &w->ino, &w->dev) != 5)
			return -EINVAL;
	}
	if (n)
		qsort(list, n, sizeof(*list), by_fd);
	for (size_t i = 1; i < n; i++)
		list[i].nth = list[i].fd == list[i - 1].fd ? list[i - 1].nth + 1 : 0;
	*ret = list;
	*ret_n = n;
	return 0;
}

static int same_inode(const struct file_facts *f, const struct watch *w)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", f->pid, w->fd);
	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	return st.st_ino == w->ino && st.st_dev == makedev(w->dev >> 20, w->dev & 0xfffff);
}

/* 1: this descriptor refers to what is watched; 0; -errno. Anonymous inodes are
 * all the same one, so the kernel is asked (kcmp(2), since 4.13; ENOENT: there
 * is no such item). */
static int is_watched(const struct file_facts *f, const struct watch *w, pid_t pid, int fd)
{
	struct kcmp_epoll_slot slot = { .efd = f->fd, .tfd = w->fd, .toff = w->nth };
	long r = syscall(SYS_kcmp, pid, f->pid, KCMP_EPOLL_TFD, fd, &slot);

	if (r < 0 && (errno == ENOSYS || errno == EINVAL || errno == EPERM || errno == EOPNOTSUPP))
		return pid == f->pid && fd == w->fd ? same_inode(f, w) : 0;
	return r >= 0 ? r == 0 : errno == ENOENT || errno == EBADF ? 0 : -errno;
}

/* Most likely what the number names; else any description of the tree. *ret 0: none. */
static int watched(const struct file_facts *f, const struct watch *w, uint32_t *ret)
{
	uint32_t id = f->description_of(f, w->fd);
	int fd, r = id ? is_watched(f, w, f->pid, w->fd) : 0;
	pid_t pid;

	for (uint32_t next = 1; r == 0 && f->sight_of(f, next, &pid, &fd); next++) {
		id = next;
		r = is_watched(f, w, pid, fd);
	}
	*ret = r == 1 ? id : 0;
	return r < 0 ? r : 0;
}

static bool epoll_is(const struct file_facts *f)
{
	return !strcmp(f->link, "anon_inode:[eventpoll]") && !(f->flags & O_PATH);
}

static int check_watches(const struct file_facts *f, struct obstacles *list)
{
	struct watch *w;
	size_t n;
	int r = watches_of(f, &w, &n);

	if (r == -EINVAL) {
		obstacle(list, "fd.epoll-items", AT_FD(f->pid, f->fd),
			 "Use a ckpt as new as the kernel.",
			 "the kernel lists what the epoll watches in a form that ckpt does not know");
		return 0;
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		uint32_t id;

		r = watched(f, &w[i], &id);
		if (r == 0 && !id)
			obstacle(list, "fd.epoll-stale", AT_FD(f->pid, f->fd),
				 "Let the program remove a descriptor from the epoll (EPOLL_CTL_DEL) before it closes it.",
				 "the epoll watches, as number %d, a file that no process of the tree has open",
				 w[i].fd);
	}
	return r;
}

static int epoll_check(const struct file_facts *f, struct obstacles *list)
{
	struct busy_poll busy = { 0 };
	int r = check_watches(f, list);

	if (ioctl(f->ours, GET_BUSY_POLL, &busy) == 0 && (busy.usecs || busy.budget || busy.prefer))
		obstacle(list, "fd.epoll-busy-poll", AT_FD(f->pid, f->fd),
			 "Let the program turn busy polling off (EPIOCSPARAMS with zeroes) before the dump.",
			 "the epoll has parameters for busy polling, which ckpt does not save yet");
	return r;
}

static int epoll_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Epoll *ep = ARENA_MSG(f->mem, Epoll, epoll);
	struct watch *w;
	size_t n;
	int r;

	if (!ep)
		return fail(at, -ENOMEM, "no memory");
	r = watches_of(f, &w, &n);
	if (r < 0)
		return fail(at, r, "what the epoll watches (fdinfo)");
	for (size_t i = 0; i < n; i++) {
		EpollItem **slot = ARENA_ADD(f->mem, ep->items, ep->n_items);
		EpollItem *item = slot ? ARENA_MSG(f->mem, EpollItem, epoll_item) : NULL;

		if (!item)
			return fail(at, -ENOMEM, "no memory");
		*slot = item;
		item->fd = w[i].fd;
		r = watched(f, &w[i], &item->description);
		if (r < 0 || !item->description)
			return fail(at, r, "cannot find what is watched as number %d", w[i].fd);
		item->events = w[i].events;
		item->data = w[i].data;
	}
	obj->kind_case = FILE_OBJECT__KIND_EPOLL;
	obj->epoll = ep;
	return 0;
}

static int epoll_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	const Epoll *ep = obj->epoll;

	(void)desc;
	for (size_t i = 0; i < ep->n_items; i++)
		if (ep->items[i]->fd > INT_MAX || !ep->items[i]->description)
			return fail(at, 0, "watches descriptor %u, description %u",
				    ep->items[i]->fd, ep->items[i]->description);
	return 0;
}

static int epoll_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	long fd = opener_call(o, SYS_epoll_create1, EPOLL_CLOEXEC);

	(void)obj;
	(void)desc;
	(void)peer;
	return fd < 0 ? opener_fail(o, fd, "epoll") : (int)fd;
}

static int control(struct opener *o, int epfd, int op, const EpollItem *item, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.u64 = item->data };
	uint64_t at;
	long r;

	opener_reset(o);
	at = opener_push(o, &ev, sizeof(ev));
	r = at ? opener_call(o, SYS_epoll_ctl, epfd, op, item->fd, at) : -ENOBUFS;
	return r < 0 ? opener_fail(o, r, "watch descriptor %u", item->fd) : 0;
}

/* An EPOLLONESHOT item that has fired keeps no event, only mode bits. To add
 * it like that would arm it: epoll_ctl puts EPOLLERR | EPOLLHUP in. */
static bool is_spent(const EpollItem *item)
{
	return (item->events & EPOLLONESHOT) && !(item->events & (EPOLLERR | EPOLLHUP));
}

/* Let such an item fire, for whatever its file is ready for, while no other
 * is armed. One that is ready for nothing can only be left with EPOLLERR |
 * EPOLLHUP: one event too many, should it come to that. */
static int add_spent(struct opener *o, int epfd, const EpollItem *item)
{
	static const uint32_t any = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP;
	uint64_t at;
	long r = control(o, epfd, EPOLL_CTL_ADD, item, item->events | any);

	if (r < 0)
		return (int)r;
	opener_reset(o);
	at = opener_push(o, NULL, sizeof(struct epoll_event));
	r = at ? opener_call(o, SYS_epoll_pwait, epfd, at, 1, 0, 0, 8) : -ENOBUFS;
	if (r < 0)
		return opener_fail(o, r, "spend the one shot of descriptor %u", item->fd);
	return r ? 0 : control(o, epfd, EPOLL_CTL_MOD, item, item->events);
}

static int add(struct opener *o, int epfd, const EpollItem *item, int source)
{
	long r = source == (int)item->fd ? 0 : opener_call(o, SYS_dup3, source, item->fd, O_CLOEXEC);

	if (r < 0)
		return opener_fail(o, r, "open descriptor %u for a moment", item->fd);
	return is_spent(item) ? add_spent(o, epfd, item) : control(o, epfd, EPOLL_CTL_ADD, item, item->events);
}

/* What is put at the number stays there until the process's own descriptors come. */
static int epoll_watch(struct opener *o, const FileObject *obj, int fd, const int *source)
{
	const Epoll *ep = obj->epoll;
	int r = epoll_ready(opener_where(o), obj, NULL);

	for (size_t i = 0; i < ep->n_items && r >= 0; i++)
		if (is_spent(ep->items[i]))
			r = add(o, fd, ep->items[i], source[ep->items[i]->description]);
	for (size_t i = 0; i < ep->n_items && r >= 0; i++)
		if (!is_spent(ep->items[i]))
			r = add(o, fd, ep->items[i], source[ep->items[i]->description]);
	return r;
}

static int64_t epoll_number(const FileObject *obj, size_t i)
{
	return i < obj->epoll->n_items ? (int64_t)obj->epoll->items[i]->fd : -1;
}

const struct file_kind epoll_kind = {
	.name	= "epoll",
	.tag	= FILE_OBJECT__KIND_EPOLL,
	.is	= epoll_is,
	.check	= epoll_check,
	.dump	= epoll_dump,
	.ready	= epoll_ready,
	.open	= epoll_open,
	.watch	= epoll_watch,
	.number	= epoll_number,
};
