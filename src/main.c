/* SPDX-License-Identifier: Apache-2.0 */
/* main.c - options to commands; presents their results. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "arena.h"
#include "check.h"
#include "cleanup.h"
#include "dump.h"
#include "fault.h"
#include "options.h"
#include "privileges.h"
#include "restore.h"
#include "say.h"
#include "show.h"
#include "verify.h"

#define KEEP_UP_TO (16 << 20)	/* bytes of freed memory */

struct session {
	struct options opt;
	struct arena *mem;
	int images, work, log;
};

static int open_dir(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? fail(NOWHERE, errno, "cannot open the directory %s", path) : fd;
}

/* Directories are held as descriptors from here on; the log exists whatever
 * happens later. */
static int open_session(struct session *s)
{
	int r;

	s->images = open_dir(s->opt.images_dir);
	if (s->images < 0)
		return s->images;
	s->work = open_dir(s->opt.work_dir ? s->opt.work_dir : s->opt.images_dir);
	if (s->work < 0)
		return s->work;
	if (s->opt.log_file) {
		s->log = openat(s->work, s->opt.log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		if (s->log < 0) {
			r = -errno;
			return fail(NOWHERE, r, "cannot open the log file %s", s->opt.log_file);
		}
		say_init(s->log, (enum level)MIN(s->opt.verbosity, (int)SAY_DEBUG));
	}
	return 0;
}

static void json_phases(const struct phase_time *p, size_t n)
{
	tell("\"phases\": [");
	for (size_t i = 0; i < n; i++)
		tell("%s{\"name\": \"%s\", \"us\": %lld}", i ? ", " : "", p[i].name, (long long)p[i].ns / 1000);
	tell("]");
}

/* What went wrong, if anything did; before the end of an object. */
static void json_error(void)
{
	if (!said_error())
		return;
	tell(",\n \"error\": ");
	tell_json(said_error());
}

static void say_phases(const struct phase_time *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		say(SAY_INFO, NOWHERE, "%-10s %8.3f ms", p[i].name, (double)p[i].ns / 1e6);
}

static void json_obstacles(const struct dump_result *r)
{
	tell("\"obstacles\": [");
	for (size_t i = 0; i < r->n_obstacles; i++) {
		const struct obstacle *o = &r->obstacles[i];

		tell("%s\n  {\"name\": \"%s\", \"pid\": %d", i ? "," : "", o->name, o->pid);
		if (o->fd >= 0)
			tell(", \"fd\": %d", o->fd);
		if (o->address)
			tell(", \"address\": %llu", (unsigned long long)o->address);
		tell(", \"cause\": ");
		tell_json(o->cause);
		tell(", \"remedy\": ");
		tell_json(o->remedy);
		tell("}");
	}
	tell("]");
}

static void say_obstacles(const struct dump_result *r)
{
	for (size_t i = 0; i < r->n_obstacles; i++) {
		const struct obstacle *o = &r->obstacles[i];
		char place[PLACES_ROOM];

		if (!obstacle_is_first(r, i))
			continue;
		obstacle_places(r, i, place, sizeof(place));
		fail(NOWHERE, 0, "%s: %s: %s. %s", place, o->name, o->cause, o->remedy);
	}
	if (r->n_obstacles)
		fail(NOWHERE, 0, "%zu obstacle%s: the tree runs on as before", r->n_obstacles, r->n_obstacles == 1 ? "" : "s");
}

static int dump_command(struct session *s)
{
	struct dump_options o = {
		.pid = s->opt.pid, .images = s->images, .leave_running = s->opt.leave_running,
		.leave_stopped = s->opt.leave_stopped, .shell_job = s->opt.shell_job,
		.overwrite = s->opt.overwrite, .timeout_ns = s->opt.timeout_ns,
	};
	struct dump_result result;
	int r;

	if (!o.pid)
		return fail(NOWHERE, 0, "dump needs -t PID");
	if (o.leave_running && o.leave_stopped)
		return fail(NOWHERE, 0, "--leave-running and --leave-stopped exclude each other");
	r = dump_run(s->mem, &o, &result);
	say_obstacles(&result);
	say_phases(result.phases, result.n_phases);
	if (s->opt.json) {
		tell("{\"done\": %s, \"tasks\": %llu, \"processes\": %llu, \"pages\": %llu, \"bytes\": %llu, \"frozen_us\": %lld,\n ",
		     r ? "false" : "true", (unsigned long long)result.tasks, (unsigned long long)result.processes,
		     (unsigned long long)result.pages, (unsigned long long)result.bytes, (long long)result.frozen_ns / 1000);
		json_phases(result.phases, result.n_phases);
		tell(",\n ");
		json_obstacles(&result);
		json_error();
		tell("}\n");
	} else if (r == 0) {
		say(SAY_INFO, NOWHERE, "frozen     %8.3f ms", (double)result.frozen_ns / 1e6);
		if (isatty(STDOUT_FILENO))
			tell("%llu tasks, %.1f MiB, frozen for %.1f ms\n", (unsigned long long)result.tasks,
			     (double)result.bytes / 1048576, (double)result.frozen_ns / 1e6);
	}
	return r;
}

static int check_command(struct session *s)
{
	struct dump_options o = { .pid = s->opt.pid, .images = -1, .dry_run = true,
				  .shell_job = s->opt.shell_job, .timeout_ns = s->opt.timeout_ns };
	struct dump_result result;
	int r;

	if (!o.pid)
		return check_features(s->opt.feature, s->opt.json);
	r = dump_run(s->mem, &o, &result);
	if (s->opt.json) {
		tell("{\"savable\": %s, \"frozen_us\": %lld, ", r ? "false" : "true", (long long)result.frozen_ns / 1000);
		json_obstacles(&result);
		json_error();
		tell("}\n");
		return r;
	}
	for (size_t i = 0; i < result.n_obstacles; i++) {
		const struct obstacle *b = &result.obstacles[i];
		char place[PLACES_ROOM];

		if (!obstacle_is_first(&result, i))
			continue;
		obstacle_places(&result, i, place, sizeof(place));
		tell("%-24s %s: %s.\n%-24s %s\n", b->name, place, b->cause, "", b->remedy);
	}
	if (r == 0)
		tell("no obstacles\n");
	return r;
}

/* The exit status of the command itself: the root task's, when it was waited for. */
static int restore_command(struct session *s, int *ret_status)
{
	struct restore_options o = {
		.images = s->images, .sibling = s->opt.sibling, .shell_job = s->opt.shell_job,
		.timeout_ns = s->opt.timeout_ns, .pidfile_dir = s->work, .pidfile = s->opt.pidfile,
	};
	struct restore_result result;
	int r;

	if (o.sibling && !s->opt.detached)
		return fail(NOWHERE, 0, "--restore-sibling goes with --restore-detached");
	r = restore_run(s->mem, &o, &result);
	say_phases(result.phases, result.n_phases);
	if (s->opt.json) {
		tell("{\"done\": %s, \"pid\": %d, \"tasks\": %llu, \"processes\": %llu, \"pages\": %llu, \"total_us\": %lld,\n ",
		     r ? "false" : "true", result.root, (unsigned long long)result.tasks,
		     (unsigned long long)result.processes, (unsigned long long)result.pages, (long long)result.total_ns / 1000);
		json_phases(result.phases, result.n_phases);
		json_error();
		tell("}\n");
		tell_flush();
	}
	if (r == 0 && !s->opt.detached)
		*ret_status = restore_wait(result.root);
	return r;
}

static const char *operand(const struct session *s)
{
	return s->opt.n_operands ? s->opt.operands[0] : s->opt.images_dir;
}

static int run(struct session *s, int *ret_status)
{
	const char *command = s->opt.command;

	if (privileges_reduce(command) < 0)
		return -EPERM;
	if (!strcmp(command, "show"))
		return show_command(&(struct show_options){ operand(s), s->opt.json });
	if (!strcmp(command, "verify"))
		return verify_command(&(struct verify_options){ operand(s) });
	if (s->opt.n_operands)
		return fail(NOWHERE, 0, "what is '%s' for? ckpt %s takes options only", s->opt.operands[0], command);
	if (!strcmp(command, "check"))
		return check_command(s);
	if (strcmp(command, "dump") && strcmp(command, "restore"))
		return fail(NOWHERE, 0, "unknown command '%s'; there are dump, restore, check, show, verify", command);
	if (open_session(s) < 0)
		return -EINVAL;
	return !strcmp(command, "dump") ? dump_command(s) : restore_command(s, ret_status);
}

/* Whoever started ckpt with descriptors closed shall not find messages in the
 * images, which would be given their numbers. */
static int open_streams(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	return 0;
}

/* What was to be done may be done, and is then not undone by nobody reading of it. */
static int end_output(const struct session *s, int r)
{
	int err = tell_flush();
	bool acts = s->opt.command && (!strcmp(s->opt.command, "dump") || !strcmp(s->opt.command, "restore"));

	if (err == 0 || r < 0)
		return r;
	if (!acts)
		return fail(NOWHERE, err, "cannot write to standard output");
	say(SAY_WARN, NOWHERE, "cannot write to standard output: %s", strerror(-err));
	return r;
}

/* More than one descriptor for each task is held at a time; a write too long
 * or to a closed pipe is an error like any other, not the end. */
static void prepare(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	/* Buffers come and go by the thousand: given back to the kernel, each of their pages would be a fault again. */
	mallopt(M_MMAP_THRESHOLD, KEEP_UP_TO);
	mallopt(M_TRIM_THRESHOLD, KEEP_UP_TO);
	mallopt(M_ARENA_MAX, 1);	/* what one thread gave back, another can have */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
}

static void say_fault(void)
{
	const char *kind;
	uint64_t n, count = fault_count(&kind, &n);

	if (kind && count < n)
		say(SAY_WARN, NOWHERE, "the fault was not met: %llu operations of kind %s", (unsigned long long)count, kind);
}

int main(int argc, char **argv)
{
	struct session s = { .images = -1, .work = -1, .log = -1 };
	int r, status = 0;

	if (open_streams() < 0)
		return 1;
	prepare();
	say_init(-1, SAY_WARN);
	r = options_parse(argc, argv, &s.opt);
	if (r < 0)
		return 1;
	say_init(-1, (enum level)MIN(s.opt.verbosity, (int)SAY_DEBUG));
	if (s.opt.version || s.opt.help) {
		if (s.opt.version)
			tell("Version: %s\n", CKPT_VERSION);
		else
			options_help(s.opt.command);
		return end_output(&s, 0) < 0;
	}
	if (!s.opt.command) {
		options_help(NULL);
		tell_flush();
		return 1;
	}
	s.mem = arena_new();
	r = s.mem ? run(&s, &status) : fail(NOWHERE, ENOMEM, "arena");
	r = end_output(&s, r);
	say_fault();
	say_done();
	arena_free(s.mem);
	return r < 0 ? 1 : status;
}
