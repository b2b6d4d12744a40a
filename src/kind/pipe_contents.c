/* SPDX-License-Identifier: Apache-2.0 */
/* pipe_contents.c - what is in a pipe or a FIFO, looked at without reading it. */
#include "fault.h"
#include "pipe_contents.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "cleanup.h"

struct pipe_pair { int r, w; };

static void close_pair(struct pipe_pair *p)
{
	autoclose_fd(&p->r);
	autoclose_fd(&p->w);
}

/* A pipe of our own with as many slots as the other, one more if allowed. */
static int make_pair(int size, struct pipe_pair *ret)
{
	int fds[2];

	if (FAULTY(FAULT_OPEN, pipe2(fds, O_CLOEXEC | O_NONBLOCK)) < 0)
		return -errno;
	ret->r = fds[0];
	ret->w = fds[1];
	if ((size <= INT_MAX / 2 && fcntl(ret->w, F_SETPIPE_SZ, 2 * size) >= 0) ||
	    fcntl(ret->w, F_SETPIPE_SZ, size) >= 0)
		return 0;
	return -errno;
}

/* tee(2) wants a description that can read. On pipefs opening never waits. */
static int reader_of(const struct file_facts *f)
{
	char path[32];
	int fd;

	if (fd_can_read(f->flags))
		fd = fcntl(f->ours, F_DUPFD_CLOEXEC, 0);
	else {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", f->ours);
		fd = FAULTY(FAULT_OPEN, open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	}
	return fd < 0 ? -errno : fd;
}

/* Cut the copy into packets. A read(2) ends after the slot of a packet, and a
 * byte stream takes in everything up to there (pipe_read in fs/pipe.c). So a
 * last byte of ours, not a packet, tells what the end of the contents is. */
static int cut(const struct file_facts *f, const struct pipe_pair *copy, struct pipe_contents *c)
{
	size_t len = c->data.len, done = 0;
	bool marked = FAULTY(FAULT_WRITE, write(copy->w, "", 1)) == 1, stream;

	if (!marked && errno != EAGAIN)		/* there is no slot more: it may be a packet */
		return -errno;
	c->data.data = arena_zalloc(f->mem, len + 1);
	if (!c->data.data)
		return -ENOMEM;
	while (done < len) {
		ssize_t r = FAULTY(FAULT_READ, read(copy->r, c->data.data + done, len + 1 - done));
		uint64_t *packet;

		if (r <= 0)
			return r ? -errno : -EIO;
		packet = ARENA_ADD(f->mem, c->packets, c->n_packets);
		if (!packet)
			return -ENOMEM;
		*packet = r;
		done += r;
	}
	stream = done > len || (!marked && c->n_packets == 1);
	for (size_t i = 0; !stream && i < c->n_packets; i++)
		c->mixed |= c->packets[i] > PIPE_BUF;
	if (stream) {
		c->mixed = c->n_packets > 1;
		c->n_packets = 0;
	}
	return 0;
}

int pipe_peek(const struct file_facts *f, struct pipe_contents *ret)
{
	auto_(close_pair) struct pipe_pair copy = { -1, -1 };
	autoclose reader = -1;
	int size = fcntl(f->ours, F_GETPIPE_SZ), unread = 0, r;
	ssize_t n;

	*ret = (struct pipe_contents){ 0 };
	if (size < 0 || ioctl(f->ours, FIONREAD, &unread) < 0)
		return -errno;
	ret->size = MAX(size, unread);	/* slots filled by splice(2) may hold more than a page */
	if (!unread)
		return 0;
	reader = reader_of(f);
	if (reader < 0)
		return reader;
	r = make_pair(size, &copy);
	if (r < 0)
		return r;
	n = tee(reader, copy.w, INT_MAX, SPLICE_F_NONBLOCK);
	if (n < 0)
		return -errno;
	ret->data.len = n;
	return cut(f, &copy, ret);
}

/* Asked of a description that can read and has not seen a hangup: a FIFO
 * opened with O_NONBLOCK sees none before the first writer (fifo(7)). An
 * empty pipe tells by whether tee would wait. 1: yes; 0; -errno. */
static int has_writer(const struct file_facts *f)
{
	auto_(close_pair) struct pipe_pair copy = { -1, -1 };
	int r = make_pair(4096, &copy);
	ssize_t n = r < 0 ? 0 : tee(f->ours, copy.w, 1, SPLICE_F_NONBLOCK);

	if (n < 0 && errno != EAGAIN)
		return -errno;
	return r < 0 ? r : n != 0;
}

/* Which end somebody outside the tree has, and nobody inside; or NULL. */
static int end_outside(const struct file_facts *f, const char **ret)
{
	struct pollfd p = { .fd = f->ours };
	int r = poll(&p, 1, 0) < 0 ? -errno : 0;

	*ret = NULL;
	if (r < 0)
		return r;
	if (fd_can_write(f->flags) && !f->has_reader && !(p.revents & POLLERR))
		*ret = "reads";
	else if (fd_can_read(f->flags) && !f->has_writer && !(p.revents & POLLHUP))
		r = has_writer(f);
	if (r > 0)
		*ret = "writes";
	return MIN(r, 0);
}

int pipe_check(const struct file_facts *f, struct obstacles *list)
{
	struct pipe_contents c;
	const char *outside;
	int r = end_outside(f, &outside);

	if (r < 0)
		return r;
	r = pipe_peek(f, &c);
	if (is_own_error(r))
		return r;
	if (outside && fd_has_path(f))
		obstacle(list, "fd.fifo-outside", AT_FD(f->pid, f->fd),
			 "Dump the process at the other end too, or close its end before the dump.",
			 "only a process outside the tree %s %s", outside, f->link);
	else if (outside)
		obstacle(list, "fd.pipe-outside", AT_FD(f->pid, f->fd),
			 "Dump the process at the other end too, or start the program with files "
			 "in place of pipes (< file > file).",
			 "only a process outside the tree %s %s", outside, f->link);
	if (r < 0)
		obstacle(list, "fd.pipe-contents", AT_FD(f->pid, f->fd),
			 "Let ckpt have pipes as large (fs.pipe-max-size, fs.pipe-user-pages-soft), "
			 "and open the pipe for reading.",
			 "the contents of %s cannot be looked at: %s", f->link, strerror(-r));
	else if (c.mixed)
		obstacle(list, "fd.pipe-contents", AT_FD(f->pid, f->fd),
			 "Let the reader empty the pipe before the dump.",
			 "%s holds both packets (O_DIRECT) and a byte stream, whose border cannot be seen",
			 f->link);
	return 0;
}

int pipe_valid(const struct where *at, const struct pipe_contents *c)
{
	uint64_t sum = 0;

	if (!c->size || c->size > INT_MAX || c->data.len > c->size)
		return fail(at, 0, "a capacity of %" PRIu64 " for %zu bytes", c->size, c->data.len);
	for (size_t i = 0; i < c->n_packets; i++) {
		if (!c->packets[i] || c->packets[i] > PIPE_BUF)
			return fail(at, 0, "a packet of %" PRIu64 " bytes", c->packets[i]);
		sum += c->packets[i];
	}
	if (c->n_packets && sum != c->data.len)
		return fail(at, 0, "packets of %" PRIu64 " bytes in %zu of contents", sum, c->data.len);
	return 0;
}

int pipe_set_size(struct opener *o, int fd, uint64_t size)
{
	long r = opener_call(o, SYS_fcntl, fd, F_GETPIPE_SZ, 0);

	if (r >= 0 && (uint64_t)r != size)
		r = opener_call(o, SYS_fcntl, fd, F_SETPIPE_SZ, size);
	if (r < 0)
		return opener_fail(o, r, "make the pipe %" PRIu64 " bytes large", size);
	return 0;
}

static int write_packets(struct opener *o, int fd_w, const struct pipe_contents *c)
{
	const uint8_t *data = c->data.data;
	long r = opener_call(o, SYS_fcntl, fd_w, F_SETFL, O_NONBLOCK | O_DIRECT);

	for (size_t i = 0; r >= 0 && i < c->n_packets; i++) {
		r = opener_write(o, fd_w, data, c->packets[i]);
		data += c->packets[i];
	}
	return (int)r;
}

int pipe_fill(struct opener *o, int fd_w, const struct pipe_contents *c)
{
	int r = pipe_set_size(o, fd_w, c->size);

	if (r < 0)
		return r;
	opener_reset(o);
	r = c->n_packets ? write_packets(o, fd_w, c) :
	    opener_write(o, fd_w, c->data.data, c->data.len);
	if (r < 0)
		return opener_fail(o, r, "put %zu bytes into the pipe", c->data.len);
	return 0;
}
