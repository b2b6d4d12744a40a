/* SPDX-License-Identifier: Apache-2.0 */
/* restore.c - the story of a restore. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "phase.h"
#include "restore_state.h"

static const struct phase {
	const char *name;
	int (*run)(struct restore *r);
} phases[] = {
	{ "load", restore_load },
	{ "ready", restore_ready },
	{ "open", restore_open },
	{ "tree", restore_tree },
	{ "memory", restore_memory },
	{ "files", restore_files },
	{ "threads", restore_threads },
	{ "jobs", restore_jobs },
	{ "state", restore_task_state },
	{ "calls", restore_calls },
	{ "pidfile", pidfile_write },
	{ "commit", restore_commit },
};

static int run_phases(struct restore *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		int64_t began = io_now_ns(CLOCK_MONOTONIC);
		struct phase_time *t = &r->result->phases[r->result->n_phases];
		int err;

		r->at = (struct where){ .phase = phases[i].name, .fd = -1 };
		err = waits_check(&r->tree.waits);
		if (err == 0)
			err = phases[i].run(r);
		if (err < 0)
			return phase_failed(&r->at, err, &r->tree.waits);
		r->result->n_phases++;
		t->name = phases[i].name;
		t->ns = io_now_ns(CLOCK_MONOTONIC) - began;
	}
	return 0;
}

int restore_run(struct arena *mem, const struct restore_options *o, struct restore_result *ret)
{
	struct restore r = { .mem = mem, .opt = o, .result = ret, .at = { .fd = -1 }, .tree = { .mem = mem },
			     .pidfile = -1 };
	int64_t began = io_now_ns(CLOCK_MONOTONIC);
	int err;

	*ret = (struct restore_result){ 0 };
	waits_init(&r.tree.waits, o->timeout_ns);
	err = run_phases(&r);
	if (err < 0 && !r.committed) {
		restore_kill(&r);
		pidfile_remove(&r);
	}
	autoclose_fd(&r.pidfile);
	restore_close_sources(&r);
	stub_unmap(&r.stub);
	image_close(r.image);
	if (err == 0)
		ret->root = r.tree.list[0]->pid;
	ret->total_ns = io_now_ns(CLOCK_MONOTONIC) - began;
	return err;
}

int restore_wait(pid_t root)
{
	static const int passed_on[] = { SIGINT, SIGTERM, SIGHUP };
	sigset_t set;
	int status;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++)
		sigaddset(&set, passed_on[i]);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		pid_t pid = waitpid(root, &status, WNOHANG);
		int sig;

		if (pid == root)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (pid < 0 && errno != EINTR)
			return 1;
		sig = sigwaitinfo(&set, NULL);
		if (sig > 0 && sig != SIGCHLD)
			kill(root, sig);
	}
}
