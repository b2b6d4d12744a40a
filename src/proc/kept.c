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

#define KEPT_MAX 6

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
static bool is_too_high(int fd)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 || (rlim_t)fd >= limit.rlim_cur / 2;
}

void proc_keep(int dir, const char *name)
{
	struct kept *row = has_row(dir) ? &kept[dir] : NULL;
	int fd;

	if (!row || row->n == KEPT_MAX)
		return;
	fd = proc_openat(dir, name);
	if (fd >= 0 && is_too_high(fd)) {
		close(fd);
		return;
	}
	if (fd >= 0) {
		row->file[row->n].name = name;
		row->file[row->n++].fd = fd;
	}
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

struct proc_file proc_file_open(int dir, const char *name)
{
	for (size_t i = 0; dir >= 0 && (size_t)dir < n_kept && i < kept[dir].n; i++)
		if (!strcmp(kept[dir].file[i].name, name))
			return (struct proc_file){ kept[dir].file[i].fd, true };
	return (struct proc_file){ proc_openat(dir, name), false };
}

void proc_file_close(struct proc_file *f)
{
	if (!f->kept && f->fd >= 0)
		close(f->fd);
}
