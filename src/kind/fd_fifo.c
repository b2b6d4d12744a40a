/* SPDX-License-Identifier: Apache-2.0 */
/* fd_fifo.c - fifo(7), a pipe with a name: opened again without waiting for anybody. */
#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "kinds.h"
#include "pipe_contents.h"

static bool fifo_is(const struct file_facts *f)
{
	return S_ISFIFO(f->st.st_mode) && fd_has_path(f) && !(f->flags & O_PATH);
}

static int fifo_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Fifo *p = ARENA_MSG(f->mem, Fifo, fifo);
	struct pollfd state = { .fd = f->ours };
	struct pipe_contents c;
	int r;

	if (!p)
		return fail(at, -ENOMEM, "no memory");
	r = pipe_peek(f, &c);
	if (r < 0)
		return fail(at, r, "look at the contents of the FIFO");
	p->path = arena_strdup(f->mem, f->link);
	if (!p->path)
		return fail(at, -ENOMEM, "no memory");
	poll(&state, 1, 0);
	p->hung_up = state.revents & POLLHUP;
	p->size = c.size;
	p->contents = c.data;
	p->packets = c.packets;
	p->n_packets = c.n_packets;
	obj->kind_case = FILE_OBJECT__KIND_FIFO;
	obj->fifo = p;
	return 0;
}

static struct pipe_contents contents_of(const Fifo *p)
{
	return (struct pipe_contents){
		.size = p->size, .data = p->contents, .packets = p->packets, .n_packets = p->n_packets,
	};
}

static int fifo_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	struct pipe_contents c = contents_of(obj->fifo);
	struct stat st;
	int r = pipe_valid(at, &c);

	(void)desc;
	return r < 0 ? r : fd_path_ready(at, obj->fifo->path, S_IFIFO, &st);
}

/* Our bytes behind somebody else's would be neither's. */
static int must_be_empty(struct opener *o, int fd, const char *path)
{
	uint64_t at;
	int unread = 0;
	long r;

	opener_reset(o);
	at = opener_push(o, NULL, sizeof(unread));
	r = at ? opener_call(o, SYS_ioctl, fd, FIONREAD, at) : -ENOBUFS;
	if (r >= 0)
		r = opener_pull(o, at, &unread, sizeof(unread));
	if (r >= 0 && unread)
		r = -EBUSY;
	return r < 0 ? opener_fail(o, r, "%s holds %d bytes of somebody else's", path, unread) : 0;
}

static int fill(struct opener *o, int fd, const Fifo *p)
{
	struct pipe_contents c = contents_of(p);
	int r = c.data.len ? must_be_empty(o, fd, p->path) : 0;

	return r < 0 ? r : pipe_fill(o, fd, &c);
}

static int with_flags(struct opener *o, const Fifo *p, unsigned flags, unsigned nonblock)
{
	int fd = fd_open_path(o, p->path, (flags & ~O_DIRECT) | nonblock);

	return fd < 0 ? fd : fd_set_flags(o, fd, flags);
}

/* With O_NONBLOCK a reader does not wait, and does not see a hangup until
 * there has been a writer: not even ourselves, so no keeper here. */
static int open_reader(struct opener *o, const Fifo *p, unsigned flags, bool first)
{
	int fd = with_flags(o, p, flags, O_NONBLOCK);

	if (fd >= 0 && first && pipe_set_size(o, fd, p->size) < 0) {
		opener_call(o, SYS_close, fd);
		return -EIO;
	}
	return fd;
}

static int fifo_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	const Fifo *p = obj->fifo;
	struct pipe_contents c = contents_of(p);
	bool first = peer < 0;
	int keeper, fd;

	fd = pipe_valid(opener_where(o), &c);
	if (fd < 0)
		return fd;
	if ((desc->flags & O_ACCMODE) == O_RDONLY && !p->hung_up && !(first && c.data.len))
		return open_reader(o, p, desc->flags, first);

	/* fifo(7): opening for both never waits, and while it is open nobody else does. */
	keeper = fd_open_path(o, p->path, O_RDWR | O_NONBLOCK);
	if (keeper < 0)
		return keeper;
	fd = first ? fill(o, keeper, p) : 0;
	if (fd >= 0)
		fd = with_flags(o, p, desc->flags, 0);
	opener_call(o, SYS_close, keeper);
	return fd;
}

const struct file_kind fifo_kind = {
	.name	= "fifo",
	.tag	= FILE_OBJECT__KIND_FIFO,
	.is	= fifo_is,
	.check	= pipe_check,
	.dump	= fifo_dump,
	.ready	= fifo_ready,
	.open	= fifo_open,
};
