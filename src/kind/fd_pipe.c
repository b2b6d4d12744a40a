/* SPDX-License-Identifier: Apache-2.0 */
/* fd_pipe.c - pipe(2): its capacity and what is in it. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "kinds.h"
#include "pipe_contents.h"

static bool pipe_is(const struct file_facts *f)
{
	return S_ISFIFO(f->st.st_mode) && !strncmp(f->link, "pipe:[", 6) && !(f->flags & O_PATH);
}

static int pipe_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Pipe *p = ARENA_MSG(f->mem, Pipe, pipe);
	struct pipe_contents c;
	int r;

	if (!p)
		return fail(at, -ENOMEM, "no memory");
	r = pipe_peek(f, &c);
	if (r < 0)
		return fail(at, r, "look at the contents of the pipe");
	p->size = c.size;
	p->contents = c.data;
	p->packets = c.packets;
	p->n_packets = c.n_packets;
	obj->kind_case = FILE_OBJECT__KIND_PIPE;
	obj->pipe = p;
	return 0;
}

static struct pipe_contents contents_of(const Pipe *p)
{
	return (struct pipe_contents){
		.size = p->size, .data = p->contents, .packets = p->packets, .n_packets = p->n_packets,
	};
}

static int pipe_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	struct pipe_contents c = contents_of(obj->pipe);

	(void)desc;
	return pipe_valid(at, &c);
}

/* Both ends, the writing one with O_NONBLOCK: a pipe too small for its
 * contents is an error, not a wait. */
static int make(struct opener *o, int ret[2])
{
	uint64_t fds;
	long r;

	opener_reset(o);
	fds = opener_push(o, NULL, 2 * sizeof(int));
	r = fds ? opener_call(o, SYS_pipe2, fds, O_CLOEXEC | O_NONBLOCK) : -ENOBUFS;
	if (r == 0)
		r = opener_pull(o, fds, ret, 2 * sizeof(int));
	return r < 0 ? opener_fail(o, r, "pipe") : 0;
}

static int pipe_pair(struct opener *o, const FileObject *obj, int ret[2])
{
	struct pipe_contents c = contents_of(obj->pipe);
	int r = pipe_valid(opener_where(o), &c);

	if (r < 0)
		return r;
	r = make(o, ret);
	if (r < 0)
		return r;
	r = pipe_fill(o, ret[1], &c);
	if (r < 0) {
		opener_call(o, SYS_close, ret[0]);
		opener_call(o, SYS_close, ret[1]);
	}
	return r;
}

/* O_DIRECT is for F_SETFL here: open(2) refuses it, for want of an aops. */
static int another_end(struct opener *o, int end, unsigned flags)
{
	int fd = fd_reopen(o, end, flags & ~O_DIRECT);

	return fd < 0 ? fd : fd_set_flags(o, fd, flags);
}

static int pipe_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	unsigned mode = desc->flags & O_ACCMODE;
	int ends[2], keep = -1, r;

	if (peer >= 0)
		return another_end(o, peer, desc->flags);
	r = pipe_pair(o, obj, ends);
	if (r < 0)
		return r;
	if (mode == O_RDONLY || mode == O_WRONLY) {
		keep = mode == O_WRONLY;
		r = fd_set_flags(o, ends[keep], desc->flags);
	} else {
		r = another_end(o, ends[0], desc->flags);
	}
	for (int i = 0; i < 2; i++)
		if (i != keep)
			opener_call(o, SYS_close, ends[i]);
	return r;
}

const struct file_kind pipe_kind = {
	.name		= "pipe",
	.tag		= FILE_OBJECT__KIND_PIPE,
	.is		= pipe_is,
	.check		= pipe_check,
	.dump		= pipe_dump,
	.ready		= pipe_ready,
	.open		= pipe_open,
	.pair		= pipe_pair,
	.own_inode	= true,
};
