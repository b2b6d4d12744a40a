/* SPDX-License-Identifier: Apache-2.0 */
/* check_child.c - children that probes are made in and on; none outlives its probe. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "check_parts.h"
#include "cleanup.h"
#include "io.h"
#include "tracee.h"

#define PATIENCE_NS 10000000000ll	/* for a child of ours to stop */

static void die_with(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
}

/* Results go through a pipe: an exit status is too narrow, and a child that is
 * killed (by a seccomp filter, say) has none. */
__attribute__((noreturn))
static void child(int (*act)(void), int to, pid_t parent, bool stay)
{
	int32_t r;

	die_with(parent);
	r = act ? act() : 0;
	die_with(parent);	/* a change of uid has cleared it */
	if (io_write_all(to, &r, sizeof(r)) < 0)
		_exit(1);
	while (stay)
		pause();
	_exit(0);
}

static int start(int (*act)(void), bool stay, pid_t *ret)
{
	pid_t self = getpid();
	int ends[2];
	int32_t r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	autoclose from = ends[0];
	*ret = fork();
	if (*ret == 0)
		child(act, ends[1], self, stay);
	r = *ret < 0 ? -errno : 0;
	close(ends[1]);
	if (r < 0)
		return r;
	return io_read_all(from, &r, sizeof(r)) < 0 ? -ECHILD : r;
}

static void reap(pid_t pid)
{
	if (pid > 0)
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
}

int check_in_child(int (*act)(void))
{
	pid_t pid;
	int r = start(act, false, &pid);

	reap(pid);
	return r;
}

static int stop(struct child *c, struct waits *w)
{
	int r = tracee_attach(c->pid, w, &c->tracee);

	return r ? r : tracee_settle(c->tracee);
}

int check_with_child(bool seize, int (*prepare)(void), int (*probe)(const struct child *c))
{
	struct child c = { .pid = -1 };
	struct waits w;
	sigset_t was;
	int r = start(prepare, true, &c.pid);

	sigprocmask(SIG_SETMASK, NULL, &was);
	waits_init(&w, PATIENCE_NS);
	if (r == 0 && seize)
		r = stop(&c, &w);
	if (r == 0)
		r = probe(&c);
	if (c.pid > 0)
		kill(c.pid, SIGKILL);
	reap(c.pid);
	tracee_free(c.tracee);
	sigprocmask(SIG_SETMASK, &was, NULL);
	return r;
}
