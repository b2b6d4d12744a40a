/* SPDX-License-Identifier: Apache-2.0 */
/* list.c - what directories of /proc list: threads, children, descriptors. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

int proc_open(pid_t pid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d", pid);
	fd = FAULTY(FAULT_OPEN, open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	return fd < 0 ? -errno : fd;
}

int proc_open_task(int procdir, pid_t tid)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "task/%d", tid);
	fd = FAULTY(FAULT_OPEN, openat(procdir, path, O_PATH | O_DIRECTORY | O_CLOEXEC));
	return fd < 0 ? -errno : fd;
}

struct numbers { int *v; size_t n; };

static int add_entry(struct arena *a, const char *name, struct numbers *list)
{
	struct scan s = scan_text(name, strlen(name));
	int v, *el;

	if (*name < '0' || *name > '9')		/* "." and "..", "self" */
		return 0;
	if (!scan_int(&s, &v) || s.p != s.end)
		return -EINVAL;
	el = ARENA_ADD(a, list->v, list->n);
	if (!el)
		return -ENOMEM;
	*el = v;
	return 0;
}

/* getdents64(2) itself: a DIR costs an allocation for every process. */
static int list_dir(struct arena *a, int procdir, const char *name, struct numbers *list)
{
	auto_(proc_file_close) struct proc_file f = proc_file_open(procdir, name);
	char buf[32768] __attribute__((aligned(8)));
	ssize_t n;

	if (f.fd < 0)
		return f.fd;
	if (f.kept && lseek(f.fd, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = FAULTY(FAULT_READ, getdents64(f.fd, buf, sizeof(buf)))) > 0) {
		for (ssize_t at = 0; at < n; ) {
			struct dirent64 *e = (void *)(buf + at);
			int r = add_entry(a, e->d_name, list);

			if (r)
				return r;
			at += e->d_reclen;
		}
	}
	return n < 0 ? -errno : 0;
}

int proc_list_processes(struct arena *a, pid_t **ret, size_t *ret_n)
{
	struct numbers list = { 0 };
	int r = list_dir(a, AT_FDCWD, "/proc", &list);

	*ret = list.v;
	*ret_n = list.n;
	return r;
}

int proc_list_tasks(struct arena *a, int procdir, pid_t **ret, size_t *ret_n)
{
	struct numbers list = { 0 };
	int r = list_dir(a, procdir, "task", &list);

	if (r)
		return r;
	if (!list.n)
		return -ESRCH;
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

static int by_number(const void *x, const void *y)
{
	int a = *(const int *)x, b = *(const int *)y;

	return (a > b) - (a < b);
}

int proc_list_fds(struct arena *a, int procdir, int **ret, size_t *ret_n)
{
	struct numbers list = { 0 };
	int r = list_dir(a, procdir, "fd", &list);

	if (r)
		return r;
	for (size_t i = 1; i < list.n; i++)
		if (list.v[i - 1] > list.v[i]) {
			qsort(list.v, list.n, sizeof(*list.v), by_number);
			break;
		}
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}

/* "12 34 ", where a read may end in the middle of a number: `part` is what there is of it. */
struct part { int64_t v; bool any; };

static int add_children(struct arena *a, struct scan *s, struct part *part, struct numbers *list)
{
	for (; s->p < s->end; s->p++) {
		unsigned d = scan_digit(*s->p);
		int *el;

		if (d < 10) {
			part->v = part->v * 10 + d;
			part->any = true;
			if (part->v > INT_MAX)
				return -EINVAL;
			continue;
		}
		if (*s->p != ' ' || !part->any)
			return -EINVAL;
		el = ARENA_ADD(a, list->v, list->n);
		if (!el)
			return -ENOMEM;
		*el = part->v;
		*part = (struct part){ 0 };
	}
	return 0;
}

static int read_children(struct arena *a, int fd, struct numbers *list)
{
	struct part part = { 0 };
	char buf[4096];
	off_t at = 0;
	ssize_t n;

	while ((n = FAULTY(FAULT_READ, pread(fd, buf, sizeof(buf), at))) != 0) {
		struct scan s;
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		s = scan_text(buf, n);
		r = add_children(a, &s, &part, list);
		if (r)
			return r;
	}
	return part.any ? -EINVAL : 0;
}

/* A thread that ended has no children; a kernel without CONFIG_PROC_CHILDREN cannot tell. */
static int children_of_task(struct arena *a, int taskdir, struct numbers *list)
{
	auto_(proc_file_close) struct proc_file f = proc_file_open(taskdir, "children");

	if (f.fd == -ENOENT)
		return faccessat(taskdir, "stat", F_OK, 0) ? 0 : -EOPNOTSUPP;
	return f.fd < 0 ? f.fd : read_children(a, f.fd, list);
}

int proc_list_task_children(struct arena *a, int taskdir, pid_t **ret, size_t *ret_n)
{
	struct numbers list = { 0 };
	int r = children_of_task(a, taskdir, &list);

	*ret = list.v;
	*ret_n = list.n;
	return r;
}

int proc_list_children(struct arena *a, int procdir, pid_t **ret, size_t *ret_n)
{
	struct numbers list = { 0 };
	pid_t *tids;
	size_t n_tids;
	int r = proc_list_tasks(a, procdir, &tids, &n_tids);

	for (size_t i = 0; !r && i < n_tids; i++) {
		autoclose dir = proc_open_task(procdir, tids[i]);

		r = dir < 0 ? dir : children_of_task(a, dir, &list);
		if (r == -ESRCH || r == -ENOENT)
			r = 0;
	}
	if (r)
		return r;
	*ret = list.v;
	*ret_n = list.n;
	return 0;
}
