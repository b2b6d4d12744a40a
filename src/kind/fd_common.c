/* SPDX-License-Identifier: Apache-2.0 */
/* fd_common.c - checks that every open file needs, and opening by path. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "fd_common.h"

/* fdinfo shows the locks taken through this very description, leases among
 * them: "lock:	1: FLOCK  ADVISORY  WRITE 4711 00:1f:54321 0 EOF". */
static void check_locks(const struct file_facts *f, struct obstacles *list)
{
	for (size_t i = 0; i < f->info.n_lines; i++) {
		const struct fdinfo_line *l = &f->info.lines[i];
		char sort[16] = "";

		if (strcmp(l->key, "lock") != 0)
			continue;
		sscanf(l->value, "%*s %15s", sort);
		if (!strcmp(sort, "LEASE") || !strcmp(sort, "DELEG"))
			continue;
		obstacle(list, "fd.lock", AT_FD(f->pid, f->fd),
			 "Let the program release the lock before the dump.",
			 "%s is locked (%s), and ckpt does not save file locks yet", f->link, sort);
	}
}

static void check_owner(const struct file_facts *f, struct obstacles *list)
{
	struct f_owner_ex owner = { 0 };
	int signo = fcntl(f->ours, F_GETSIG);

	if (fcntl(f->ours, F_GETOWN_EX, &owner) == 0 && owner.pid)
		obstacle(list, "fd.owner", AT_FD(f->pid, f->fd),
			 "Let the program take the owner away (F_SETOWN 0) before the dump.",
			 "%s has an owner for SIGIO and SIGURG (pid %d), which ckpt does not save yet",
			 f->link, owner.pid);
	else if (signo > 0)
		obstacle(list, "fd.owner", AT_FD(f->pid, f->fd),
			 "Let the program put the signal back to the default (F_SETSIG 0) before the dump.",
			 "%s announces input by signal %d (F_SETSIG), which ckpt does not save yet",
			 f->link, signo);
}

static void check_lease(const struct file_facts *f, struct obstacles *list)
{
	int lease = fcntl(f->ours, F_GETLEASE);

	if (lease == F_RDLCK || lease == F_WRLCK)
		obstacle(list, "fd.lease", AT_FD(f->pid, f->fd),
			 "Let the program give the lease up (F_SETLEASE F_UNLCK) before the dump.",
			 "%s is leased (F_SETLEASE), and ckpt does not save leases yet", f->link);
}

/* A restore finds the file by its path, so the path must lead to it. */
static int check_path(const struct file_facts *f, struct obstacles *list)
{
	static const char deleted[] = " (deleted)";
	const char *tail = f->link + strlen(f->link);
	struct stat st;
	bool gone;
	int r = fstatat(AT_FDCWD, f->link, &st, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;

	if (is_own_error(r) || (r == 0 && st.st_dev == f->st.st_dev && st.st_ino == f->st.st_ino))
		return r;
	/* The kernel says so of a name that is gone; one that it shows and that
	 * leads nowhere is hidden, by a mount as a rule. */
	gone = (size_t)(tail - f->link) > strlen(deleted) && !strcmp(tail - strlen(deleted), deleted);
	if (r == 0 && !gone)
		obstacle(list, "fd.replaced", AT_FD(f->pid, f->fd),
			 "Let the program open the new file, or put the old one back, before the dump.",
			 "%s is another file now than the one that is open", f->link);
	else if (f->st.st_nlink == 0 || gone)
		obstacle(list, "fd.deleted", AT_FD(f->pid, f->fd),
			 "Let the program close it, or keep the file in its place until after the dump.",
			 "%s has been deleted, or never had a name", f->link);
	else
		obstacle(list, "fd.unreachable", AT_FD(f->pid, f->fd),
			 "Unmount what hides the path, or let ckpt search the directories on the way.",
			 "%s does not lead to the open file: %s", f->link, strerror(-r));
	return 0;
}

int file_check_common(const struct file_facts *f, struct obstacles *list)
{
	check_locks(f, list);
	if (!(f->flags & O_PATH)) {	/* which fcntl(2) answers with EBADF */
		check_owner(f, list);
		check_lease(f, list);
	}
	return fd_has_path(f) && !fd_has_own_story(f) ? check_path(f, list) : 0;
}

int fd_give_up(struct opener *o, int fd, long err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (fd >= 0)
		opener_call(o, SYS_close, fd);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return opener_fail(o, err, "%s", text);
}

int fd_open_path(struct opener *o, const char *path, unsigned flags)
{
	static const unsigned again = O_ACCMODE | O_APPEND | O_DIRECT | O_DSYNC | O_SYNC | O_NOATIME |
				      O_NONBLOCK | O_NOFOLLOW | O_PATH | O_DIRECTORY;
	uint64_t name;
	long fd;

	opener_reset(o);
	name = opener_string(o, path);
	if (!name)
		return opener_fail(o, -ENAMETOOLONG, "%.64s...", path);
	fd = opener_call(o, SYS_openat, AT_FDCWD, name, (flags & again) | O_CLOEXEC | O_NOCTTY, 0);
	if (fd < 0)
		return opener_fail(o, fd, "open %s", path);
	return (int)fd;
}

int fd_set_flags(struct opener *o, int fd, unsigned flags)
{
	static const unsigned settable = O_APPEND | O_ASYNC | O_DIRECT | O_NOATIME | O_NONBLOCK;
	long r = opener_call(o, SYS_fcntl, fd, F_SETFL, flags & settable);

	return r < 0 ? fd_give_up(o, fd, r, "set flags 0%o", flags & settable) : fd;
}

int fd_reopen(struct opener *o, int peer, unsigned flags)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", peer);
	return fd_open_path(o, path, flags);
}

int fd_path_ready(const struct where *at, const char *path, mode_t type, struct stat *ret)
{
	if (path[0] != '/')
		return fail(at, 0, "\"%s\" is no absolute path", path);
	if (stat(path, ret) < 0)
		return fail(at, errno, "%s", path);
	if ((ret->st_mode & S_IFMT) != type)
		return fail(at, 0, "%s is not the sort of file that it was", path);
	return 0;
}
