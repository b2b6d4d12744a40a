/* SPDX-License-Identifier: Apache-2.0 */
/* sysvipc.c - the semaphore sets of ckpt's own IPC namespace, as /proc/sysvipc/sem lists them. */
#include <errno.h>
#include <fcntl.h>
#include "arena.h"
#include "io.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

/* key semid perms nsems uid gid cuid cgid otime ctime: sysvipc_sem_proc_show() in ipc/sem.c */
static bool scan_set(struct scan *line, struct proc_semset *ret)
{
	int64_t field[10];

	for (unsigned i = 0; i < 10; i++) {
		scan_blanks(line);
		if (!scan_s64(line, &field[i]))
			return false;
	}
	if (field[1] < 0 || field[1] > INT_MAX || field[3] < 0)
		return false;
	*ret = (struct proc_semset){ .id = (int)field[1], .n = (size_t)field[3], .used_at = field[8] };
	return true;
}

int proc_parse_semaphores(struct arena *a, const char *text, size_t len, struct proc_semset **ret, size_t *ret_n)
{
	struct scan s = scan_text(text, len), line;

	*ret = NULL;
	*ret_n = 0;
	if (!scan_line(&s, &line))
		return -EINVAL;
	while (scan_line(&s, &line)) {
		struct proc_semset *set = ARENA_ADD(a, *ret, *ret_n);

		if (!set)
			return -ENOMEM;
		if (!scan_set(&line, set))
			return -EINVAL;
	}
	return s.p == s.end ? 0 : -EINVAL;
}

int proc_read_semaphores(struct arena *a, struct proc_semset **ret, size_t *ret_n)
{
	char *text;
	size_t len;
	int r = io_slurp(a, AT_FDCWD, "/proc/sysvipc/sem", PROC_TEXT_MAX, &text, &len);

	if (r == 0)
		return proc_parse_semaphores(a, text, len, ret, ret_n);
	*ret = NULL;
	*ret_n = 0;
	return r == -ENOENT ? 0 : r;	/* a kernel without System V IPC */
}
