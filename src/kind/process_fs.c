/* SPDX-License-Identifier: Apache-2.0 */
/* process_fs.c - working directory, root directory, umask, cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "io.h"
#include "proc.h"
#include "task_part.h"

static int look(struct arena *a, struct task *t)
{
	struct process *p = t->process;
	struct stat st;
	char *cwd;
	int r = proc_read_link(a, p->dir, "cwd", &cwd);

	if (r < 0)
		return r;
	p->fs = ARENA_MSG(a, Fs, fs);
	if (!p->fs)
		return -ENOMEM;
	p->fs->id = p->image->fs = p->index + 1;
	p->fs->cwd = cwd;
	p->fs->umask = t->status.umask;
	/* Of a process that was there before the freeze it is known already. */
	r = p->cgroup ? 0 : proc_read_cgroup(a, p->dir, &p->cgroup);
	if (r < 0)
		return r;
	p->image->cgroup = p->cgroup ?: p->image->cgroup;
	if (fstatat(p->dir, "cwd", &st, 0) < 0)
		return -errno;
	p->fs->cwd_dev = st.st_dev;
	p->fs->cwd_ino = st.st_ino;
	return 0;
}

static int check(struct arena *a, struct task *t, struct obstacles *list)
{
	struct process *p = t->process;
	struct stat by_path;
	char *root;
	int r = proc_read_link(a, p->dir, "root", &root);

	if (r < 0)
		return r;
	if (strcmp(root, "/") != 0)
		obstacle(list, "task.chroot", AT_PID(p->pid), "Run the program without chroot.",
			 "the root directory is %s, and another root cannot be saved yet", root);
	if (stat(p->fs->cwd, &by_path) < 0)
		r = -errno;
	if (is_own_error(r))
		return r;
	if (r < 0 || p->fs->cwd_ino != by_path.st_ino || p->fs->cwd_dev != by_path.st_dev)
		obstacle(list, "task.cwd", AT_PID(p->pid), "Let the program change to a directory that exists.",
			 "the working directory %s is not to be found under its name", p->fs->cwd);
	return 0;
}

static int put(struct task *t)
{
	const Fs *fs = t->process->fs;
	rptr cwd = remote_push(t->tracee, fs->cwd, strlen(fs->cwd) + 1);

	if (!cwd.va || PUT(t->tracee, SYS_chdir, cwd.va) < 0 ||
	    remote_ask(t->tracee, 0, 0, SYS_umask, REMOTE_ARGS(fs->umask)) < 0)
		return -ENOSPC;
	return 0;
}

const struct task_part fs_part = {
	.name = "working directory", .leader_only = true, .stage = STAGE_TASK, .look = look, .check = check, .put = put,
};
