/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c - how much memory there is to be had: on this machine, and below the limits of a cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

#define CGROUPS "/sys/fs/cgroup"

int proc_read_cgroup(struct arena *a, int procdir, char **ret)
{
	char *text, *at;
	int r = io_slurp(a, procdir, "cgroup", 65536, &text, NULL);

	*ret = NULL;
	if (r == -ENOENT)	/* CONFIG_CGROUPS */
		return 0;
	if (r < 0)
		return r;
	at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!at)
		return 0;
	at = strchr(at, ':') + 2;
	at[strcspn(at, "\n")] = '\0';
	*ret = at;
	return 0;
}

int proc_parse_kib(const char *text, size_t len, const char *key, uint64_t *ret_bytes)
{
	struct scan s = scan_text(text, len), line;

	while (scan_line(&s, &line)) {
		if (!scan_word(&line, key, strlen(key)))
			continue;
		scan_blanks(&line);
		return scan_kib(&line, ret_bytes) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

/* Of memory that is used: contents of files that the kernel can drop. */
static uint64_t droppable(struct arena *a, int dir)
{
	const char *at;
	char *text;

	if (io_slurp(a, dir, "memory.stat", 65536, &text, NULL) < 0)
		return 0;
	at = strstr(text, "\ninactive_file ");
	return at ? strtoull(at + strlen("\ninactive_file "), NULL, 10) : 0;
}

/* What one cgroup leaves; all, where it has no limit: "max" is no number, and the root has no such file. */
static int left_in(struct arena *a, int root, const char *path, uint64_t *ret)
{
	autoclose dir = FAULTY(FAULT_OPEN, openat(root, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	uint64_t limit, used;
	int r = dir < 0 ? -errno : proc_read_u64(a, dir, "memory.max", 10, &limit);

	if (r == 0)
		r = proc_read_u64(a, dir, "memory.current", 10, &used);
	*ret = UINT64_MAX;
	if (r == 0) {
		used -= MIN(used, droppable(a, dir));
		*ret = limit > used ? limit - used : 0;
	}
	return r == -ENOMEM ? r : 0;
}

int cgroup_memory_left(struct arena *a, int root, const char *path, uint64_t *ret)
{
	char *here = arena_strndup(a, path, strlen(path));
	int r = here ? 0 : -ENOMEM;

	*ret = UINT64_MAX;
	for (char *end = here; r == 0 && end; ) {
		uint64_t left;

		end = strrchr(here, '/');
		r = left_in(a, root, here[0] == '/' && here[1] ? here + 1 : ".", &left);
		*ret = MIN(*ret, left);
		if (end)
			*end = '\0';
	}
	return r;
}

int proc_memory_left(struct arena *a, uint64_t *ret)
{
	autoclose self = proc_open(getpid());
	autoclose root = FAULTY(FAULT_OPEN, open(CGROUPS, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	uint64_t available, below = UINT64_MAX;
	char *text, *path = NULL;
	size_t len;
	int r = io_slurp(a, AT_FDCWD, "/proc/meminfo", 65536, &text, &len);

	if (r == 0)
		r = proc_parse_kib(text, len, "MemAvailable:", &available);
	if (r == 0)
		r = self < 0 ? self : proc_read_cgroup(a, self, &path);
	if (r == 0 && path && root >= 0)
		r = cgroup_memory_left(a, root, path, &below);
	*ret = r == 0 ? MIN(available, below) : 0;
	return r;
}
