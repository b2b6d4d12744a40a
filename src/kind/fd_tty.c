/* SPDX-License-Identifier: Apache-2.0 */
/* fd_tty.c - the terminal of a shell job; a restore puts ckpt's own in its place. */
#include <asm/ioctls.h>
#include <asm/termbits.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "fault.h"
#include "fd_common.h"
#include "kinds.h"

static bool is_ptmx(dev_t dev)
{
	return dev == makedev(5, 2);	/* pts(4): the master of a pseudo-terminal */
}

static bool tty_is(const struct file_facts *f)
{
	return S_ISCHR(f->st.st_mode) && !(f->flags & O_PATH) && fd_has_path(f) &&
	       !is_ptmx(f->st.st_rdev) && isatty(f->ours);
}

/* tty_nr of /proc/PID/stat: proc(5). */
static dev_t device_of(uint32_t nr)
{
	return makedev((nr >> 8) & 0xfff, (nr & 0xff) | ((nr >> 12) & 0xfff00));
}

/* The process that has it open, if the terminal is the one that controls it. */
static int controlled(const struct file_facts *f, struct proc_stat *ret, bool *ret_other)
{
	autoclose proc = proc_open(f->pid);
	int r = proc < 0 ? proc : proc_read_stat(f->mem, proc, ret);

	if (r < 0)
		return r;
	*ret_other = f->st.st_rdev != makedev(5, 0) && f->st.st_rdev != device_of(ret->tty);
	return 0;
}

static int tty_check(const struct file_facts *f, struct obstacles *list)
{
	struct proc_stat stat;
	bool other = false;
	int r = f->shell_job ? controlled(f, &stat, &other) : 0;

	if (!f->shell_job)
		obstacle(list, "fd.tty", AT_FD(f->pid, f->fd),
			 "Give --shell-job, and restore from a terminal; or start the program with "
			 "its input and output redirected (< /dev/null > file 2>&1).",
			 "%s is a terminal", f->link);
	else if (other)
		obstacle(list, "fd.tty-other", AT_FD(f->pid, f->fd),
			 "Start the program with its input and output redirected (< /dev/null > file 2>&1), "
			 "or close the terminal before the dump.",
			 "%s is a terminal, but not the one that controls the process: a restore "
			 "has only one to offer", f->link);
	return r;
}

/* How the terminal was set belongs to the job only if it was in the
 * foreground; else it belongs to the shell. */
static int tty_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Terminal *tty = ARENA_MSG(f->mem, Terminal, terminal);
	struct termios2 *termios = arena_zalloc(f->mem, sizeof(*termios));
	struct proc_stat stat;
	bool other = false;
	int r;

	if (!tty || !termios)
		return fail(at, -ENOMEM, "no memory");
	r = controlled(f, &stat, &other);
	if (r < 0)
		return fail(at, r, "/proc/%d/stat", f->pid);
	tty->path = arena_strdup(f->mem, f->link);
	if (!tty->path)
		return fail(at, -ENOMEM, "no memory");
	tty->major = major(f->st.st_rdev);
	tty->minor = minor(f->st.st_rdev);
	if (stat.tty && stat.tpgid > 0)
		tty->foreground = f->pgrp_in_tree(f->tree, stat.tpgid);
	if (tty->foreground) {
		if (ioctl(f->ours, TCGETS2, termios) < 0)
			return fail(at, errno, "how the terminal is set");
		tty->termios = (ProtobufCBinaryData){ sizeof(*termios), (uint8_t *)termios };
	}
	obj->kind_case = FILE_OBJECT__KIND_TTY;
	obj->tty = tty;
	return 0;
}

/* ckpt's own terminal: its input, output or errors; else whatever controls it. */
static const char *own_terminal(char buf[PATH_MAX])
{
	for (int fd = 0; fd <= 2; fd++)
		if (isatty(fd) && ttyname_r(fd, buf, PATH_MAX) == 0)
			return buf;
	return "/dev/tty";
}

static int tty_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	const Terminal *tty = obj->tty;
	char buf[PATH_MAX];
	const char *path = own_terminal(buf);
	autoclose fd = FAULTY(FAULT_OPEN, open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));

	(void)desc;
	if (fd < 0)
		return fail(at, errno, "%s is a terminal, and ckpt has none to put in its place", tty->path);
	if (tty->termios.len && tty->termios.len != sizeof(struct termios2))
		return fail(at, 0, "settings of %zu bytes", tty->termios.len);
	return 0;
}

static int tty_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	const Terminal *tty = obj->tty;
	char buf[PATH_MAX];
	bool controlling = tty->major == 5 && tty->minor == 0;	/* /dev/tty, whichever that is */

	(void)peer;
	return fd_open_path(o, controlling ? "/dev/tty" : own_terminal(buf), desc->flags);
}

static long set_terminal(struct opener *o, int fd, const Terminal *tty)
{
	uint64_t termios = opener_push(o, tty->termios.data, tty->termios.len);
	int pgrp = (int)tty->foreground;
	uint64_t foreground = opener_push(o, &pgrp, sizeof(pgrp));
	long r;

	if (!termios || !foreground)
		return -ENOBUFS;
	r = opener_call(o, SYS_ioctl, fd, TIOCSPGRP, foreground);
	return r < 0 ? r : opener_call(o, SYS_ioctl, fd, TCSETS2, termios);
}

/* As late as that, because it outlives a restore that is rolled back. From the
 * background both stop the caller, unless SIGTTOU is blocked (tcsetpgrp(3)). */
static int tty_link(struct opener *o, const FileObject *obj, int fd)
{
	const Terminal *tty = obj->tty;
	uint64_t ttou = UINT64_C(1) << (SIGTTOU - 1), mask, before;
	long r;

	if (!tty->foreground)
		return 0;
	if (tty->termios.len != sizeof(struct termios2) || tty->foreground > INT_MAX)
		return opener_fail(o, -EINVAL, "settings of %zu bytes", tty->termios.len);
	opener_reset(o);
	mask = opener_push(o, &ttou, sizeof(ttou));
	before = opener_push(o, NULL, sizeof(ttou));
	if (!mask || !before)
		return opener_fail(o, -ENOBUFS, "set the terminal");
	r = opener_call(o, SYS_rt_sigprocmask, SIG_BLOCK, mask, before, sizeof(ttou));
	if (r >= 0) {
		r = set_terminal(o, fd, tty);
		opener_call(o, SYS_rt_sigprocmask, SIG_SETMASK, before, 0, sizeof(ttou));
	}
	return r < 0 ? opener_fail(o, r, "give the terminal to process group %u", tty->foreground) : 0;
}

const struct file_kind tty_kind = {
	.name	= "tty",
	.tag	= FILE_OBJECT__KIND_TTY,
	.is	= tty_is,
	.check	= tty_check,
	.dump	= tty_dump,
	.ready	= tty_ready,
	.open	= tty_open,
	.link	= tty_link,
};
