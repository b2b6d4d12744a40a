/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c - files of /proc that are opened once and read several times. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "cleanup.h"
#include "fault.h"
#include "proc.h"
#include "text.h"

#define KEPT_MAX 12

/* By the number of the directory's descriptor. Filled by one thread; others only read. */
static struct kept { struct { const char *name; int fd; } file[KEPT_MAX]; size_t n; } *kept;
static size_t n_kept;

static bool has_row(int dir)
{
	size_t n = MAX((size_t)dir + 64, 2 * n_kept);
	struct kept *more;

	if ((size_t)dir < n_kept)
		return true;
	more = FAULTY_ALLOC(reallocarray(kept, n, sizeof(*kept)));
	if (!more)
		return false;
	memset(more + n_kept, 0, (n - n_kept) * sizeof(*kept));
	kept = more;
	n_kept = n;
	return true;
}

/* Half of the descriptors that ckpt may have are left for all else. */
bool proc_is_too_high(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || (rlim_t)fd >= limit.rlim_cur / 2;
}

static bool has_room(int dir)
{
	return has_row(dir) && kept[dir].n < KEPT_MAX;
}

static void keep(int dir, const char *name, int fd)
{
	struct kept *row = &kept[dir];

	if (fd >= 0 && proc_is_too_high(fd)) {
		close(fd);
	} else if (fd >= 0) {
		row->file[row->n].name = name;
		row->file[row->n++].fd = fd;
	}
}

void proc_keep(int dir, const char *name)
{
	if (has_room(dir))
		keep(dir, name, proc_openat(dir, name));
}

void proc_keep_link(int dir, const char *name)
{
	if (has_room(dir))
		keep(dir, name, FAULTY(FAULT_OPEN, openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC)));
}

void proc_close(int dir)
{
	if (dir >= 0 && (size_t)dir < n_kept) {
		for (size_t i = 0; i < kept[dir].n; i++)
			close(kept[dir].file[i].fd);
		kept[dir].n = 0;
	}
	if (dir >= 0)
		close(dir);
}

static int find(int dir, const char *name)
{
	for (size_t i = 0; dir >= 0 && (size_t)dir < n_kept && i < kept[dir].n; i++)
		if (!strcmp(kept[dir].file[i].name, name))
			return kept[dir].file[i].fd;
	return -1;
}

struct proc_file proc_file_open(int dir, const char *name)
{
	int fd = find(dir, name);

	return fd >= 0 ? (struct proc_file){ fd, true } : (struct proc_file){ proc_openat(dir, name), false };
}

ssize_t proc_read_link_into(int dir, const char *name, char *buf, size_t size)
{
	int fd = find(dir, name);
	ssize_t n = fd >= 0 ? readlinkat(fd, "", buf, size) : -1;

	/* By name again, for the error that a task which is gone has there. */
	return n >= 0 ? n : readlinkat(dir, name, buf, size);
}

void proc_file_close(struct proc_file *f)
{
	if (!f->kept && f->fd >= 0)
		close(f->fd);
}
