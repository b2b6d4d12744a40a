/* SPDX-License-Identifier: Apache-2.0 */
/* text.c - small files of /proc, read without touching the arena. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "text.h"

int proc_openat(int dirfd, const char *name)
{
	int fd = FAULTY(FAULT_OPEN, openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));

	return fd < 0 ? -errno : fd;
}

static ssize_t read_once(int fd, char *buf, size_t size)
{
	ssize_t n;

	do
		n = FAULTY(FAULT_READ, pread(fd, buf, size, 0));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

int proc_text(struct arena *a, int dirfd, const char *name, char *buf, size_t size,
	      const char **ret, size_t *ret_len)
{
	auto_(proc_file_close) struct proc_file f = proc_file_open(dirfd, name);
	char *text;
	ssize_t n;
	int r;

	if (f.fd < 0)
		return f.fd;
	n = read_once(f.fd, buf, size);
	if (n < 0)
		return n;
	if ((size_t)n < size) {
		*ret = buf;
		*ret_len = n;
		return 0;
	}
	r = io_slurp(a, dirfd, name, PROC_TEXT_MAX, &text, ret_len);
	if (!r)
		*ret = text;
	return r;
}
