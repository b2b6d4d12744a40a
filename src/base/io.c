/* SPDX-License-Identifier: Apache-2.0 */
/* io.c - whole reads and writes over the partial ones of the kernel. */
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"

#define SLURP_FIRST 4096

int io_read_all(int fd, void *buf, size_t len)
{
	char *to = buf;

	while (len) {
		ssize_t n = FAULTY(FAULT_READ, read(fd, to, len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		to += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_pread_all(int fd, void *buf, size_t len, uint64_t at)
{
	char *to = buf;

	while (len) {
		ssize_t n = FAULTY(FAULT_READ, pread(fd, to, len, (off_t)at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -ENODATA;
		to += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

int io_write_all(int fd, const void *buf, size_t len)
{
	const char *from = buf;

	while (len) {
		ssize_t n = FAULTY(FAULT_WRITE, write(fd, from, len));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		len -= (size_t)n;
	}
	return 0;
}

int io_pwrite_all(int fd, const void *buf, size_t len, uint64_t at)
{
	const char *from = buf;

	while (len) {
		ssize_t n = FAULTY(FAULT_WRITE, pwrite(fd, from, len, (off_t)at));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/* Fill *text (malloced, of *room bytes) to the end of the file. One byte more
 * than `max` is asked for: if it is there, the file is too big. */
static int read_to_end(int fd, size_t max, char **text, size_t *ret_len)
{
	size_t len = 0, room = 0;

	for (;;) {
		ssize_t n;

		if (len == room) {
			char *bigger;

			room = room ? 2 * room : SLURP_FIRST;
			bigger = FAULTY_ALLOC(realloc(*text, room));
			if (!bigger)
				return -ENOMEM;
			*text = bigger;
		}
		n = FAULTY(FAULT_READ, read(fd, *text + len, room - len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	*ret_len = len;
	return 0;
}

int io_slurp(struct arena *a, int dirfd, const char *path, size_t max,
	     char **ret, size_t *ret_len)
{
	autoclose fd = FAULTY(FAULT_OPEN, openat(dirfd, path, O_RDONLY | O_CLOEXEC));
	autofree char *text = NULL;
	size_t len = 0;
	char *out;
	int err;

	if (fd < 0)
		return -errno;
	err = read_to_end(fd, max, &text, &len);
	if (err)
		return err;
	out = arena_zalloc(a, len + 1);
	if (!out)
		return -ENOMEM;
	memcpy(out, text, len);
	*ret = out;
	if (ret_len)
		*ret_len = len;
	return 0;
}

int io_readlink(struct arena *a, int dirfd, const char *path, char **ret)
{
	for (size_t room = 256; room <= 1 << 20; room *= 2) {
		autofree char *text = FAULTY_ALLOC(malloc(room));
		ssize_t n;

		if (!text)
			return -ENOMEM;
		n = FAULTY(FAULT_READ, readlinkat(dirfd, path, text, room));
		if (n < 0)
			return -errno;
		if ((size_t)n < room) {
			*ret = arena_strndup(a, text, (size_t)n);
			return *ret ? 0 : -ENOMEM;
		}
	}
	return -ENAMETOOLONG;
}

int io_put(int dirfd, const char *path, const char *text)
{
	autoclose fd = FAULTY(FAULT_OPEN, openat(dirfd, path, O_WRONLY | O_CLOEXEC));
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = FAULTY(FAULT_WRITE, write(fd, text, len));
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int64_t io_now_ns(int clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		return 0;
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}
