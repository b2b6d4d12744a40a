/* SPDX-License-Identifier: Apache-2.0 */
/* process_fs.c - working directory, root directory, umask, cgroup. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "io.h"
#include "proc.h"
#include "task_part.h"

static void check(struct arena *a, struct task *t, struct obstacles *list)
{
	struct process *p = t->process;
	char *root = NULL, *cwd = NULL;

	if (proc_read_link(a, p->dir, "root", &root) == 0 && strcmp(root, "/") != 0)
		obstacle(list, "task.chroot", AT_PID(p->pid), "Run the program without chroot.",
			 "the root directory is %s, and another root cannot be saved yet", root);
	if (proc_read_link(a, p->dir, "cwd", &cwd) == 0) {
		struct stat by_link, by_path;

		if (fstatat(p->dir, "cwd", &by_link, 0) == 0 &&
		    (stat(cwd, &by_path) < 0 || by_link.st_ino != by_path.st_ino || by_link.st_dev != by_path.st_dev))
			obstacle(list, "task.cwd", AT_PID(p->pid), "Let the program change to a directory that exists.",
				 "the working directory %s is not to be found under its name", cwd);
	}
}

/* The line "0::/path" of /proc/PID/cgroup; cgroups(7). */
char *cgroup_of(struct arena *a, int procdir)
{
	char *text, *at;

	if (io_slurp(a, procdir, "cgroup", 65536, &text, NULL) < 0)
		return NULL;
	at = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!at)
		return NULL;
	at = strchr(at, ':') + 2;
	at[strcspn(at, "\n")] = '\0';
	return at;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	struct process *p = t->process;
	struct stat st;
	char *cwd;
	int r = proc_read_link(a, p->dir, "cwd", &cwd);

	(void)from;
	(void)list;
	if (r < 0)
		return r;
	p->fs = ARENA_MSG(a, Fs, fs);
	if (!p->fs)
		return -ENOMEM;
	p->fs->id = p->image->fs = p->index + 1;
	p->fs->cwd = cwd;
	p->fs->umask = t->status.umask;
	p->image->cgroup = cgroup_of(a, p->dir) ?: p->image->cgroup;
	if (fstatat(p->dir, "cwd", &st, 0) == 0) {
		p->fs->cwd_dev = st.st_dev;
		p->fs->cwd_ino = st.st_ino;
	}
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
	.name = "working directory", .leader_only = true, .stage = STAGE_TASK, .check = check, .take = take, .put = put,
};
