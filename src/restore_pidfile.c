/* SPDX-License-Identifier: Apache-2.0 */
/* restore_pidfile.c - the pid file, which is there when the tree runs, and else is not. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "restore_state.h"

/* Without a name if the file system can do that: then it goes with ckpt. */
int pidfile_write(struct restore *r)
{
	const char *path = r->opt->pidfile, *slash = path ? strrchr(path, '/') : NULL;
	char dir[PATH_MAX + 2], text[16];
	int err;

	if (!path)
		return 0;
	snprintf(dir, sizeof(dir), "%.*s.", slash ? (int)(slash + 1 - path) : 0, path);
	r->pidfile = FAULTY(FAULT_OPEN, openat(r->opt->pidfile_dir, dir, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0644));
	if (r->pidfile < 0 && errno == EOPNOTSUPP)
		r->pidfile = openat(r->opt->pidfile_dir, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (r->pidfile < 0)
		return fail(&r->at, errno, "cannot make the pid file %s", path);
	snprintf(text, sizeof(text), "%d\n", r->tree.list[0]->pid);
	err = io_write_all(r->pidfile, text, strlen(text));
	return err < 0 ? fail(&r->at, err, "cannot write the pid file") : 0;
}

static bool has_name(const struct restore *r)
{
	struct stat st;

	return fstat(r->pidfile, &st) == 0 && st.st_nlink;
}

int pidfile_link(const struct restore *r)
{
	char self[40];

	if (r->pidfile < 0 || has_name(r))
		return 0;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", r->pidfile);
	if (linkat(AT_FDCWD, self, r->opt->pidfile_dir, r->opt->pidfile, AT_SYMLINK_FOLLOW) < 0)
		return fail(&r->at, errno, "cannot make the pid file %s", r->opt->pidfile);
	return 0;
}

void pidfile_remove(const struct restore *r)
{
	if (r->pidfile >= 0 && has_name(r))
		unlinkat(r->opt->pidfile_dir, r->opt->pidfile, 0);
}
