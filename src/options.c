/* SPDX-License-Identifier: Apache-2.0 */
/* options.c - the command line, taken apart. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fault.h"
#include "options.h"
#include "say.h"

enum { OPT_PIDFILE = 256, OPT_TIMEOUT, OPT_OVERWRITE, OPT_JSON, OPT_FEATURE, OPT_FAULT, OPT_IGNORED, OPT_LATER };

/* Later: known, with the capability they belong to not there yet. */
static const struct option table[] = {
	{ "tree", required_argument, NULL, 't' },
	{ "images-dir", required_argument, NULL, 'D' },
	{ "work-dir", required_argument, NULL, 'W' },
	{ "log-file", required_argument, NULL, 'o' },
	{ "verbosity", optional_argument, NULL, 'v' },
	{ "leave-running", no_argument, NULL, 'R' },
	{ "leave-stopped", no_argument, NULL, 's' },
	{ "restore-detached", no_argument, NULL, 'd' },
	{ "restore-sibling", no_argument, NULL, 'S' },
	{ "shell-job", no_argument, NULL, 'j' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ "pidfile", required_argument, NULL, OPT_PIDFILE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "overwrite", no_argument, NULL, OPT_OVERWRITE },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "feature", required_argument, NULL, OPT_FEATURE },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "no-default-config", no_argument, NULL, OPT_IGNORED },
	{ "pre-dump-mode", required_argument, NULL, OPT_IGNORED },
	{ "root", required_argument, NULL, OPT_LATER },
	{ "external", required_argument, NULL, OPT_LATER },
	{ "ext-unix-sk", optional_argument, NULL, OPT_LATER },
	{ "ext-mount-map", required_argument, NULL, OPT_LATER },
	{ "inherit-fd", required_argument, NULL, OPT_LATER },
	{ "tcp-established", no_argument, NULL, OPT_LATER },
	{ "tcp-close", no_argument, NULL, OPT_LATER },
	{ "skip-in-flight", no_argument, NULL, OPT_LATER },
	{ "file-locks", no_argument, NULL, OPT_LATER },
	{ "link-remap", no_argument, NULL, OPT_LATER },
	{ "ghost-limit", required_argument, NULL, OPT_LATER },
	{ "manage-cgroups", optional_argument, NULL, OPT_LATER },
	{ "cgroup-root", required_argument, NULL, OPT_LATER },
	{ "freeze-cgroup", required_argument, NULL, OPT_LATER },
	{ "track-mem", no_argument, NULL, OPT_LATER },
	{ "prev-images-dir", required_argument, NULL, OPT_LATER },
	{ "auto-dedup", no_argument, NULL, OPT_LATER },
	{ "action-script", required_argument, NULL, OPT_LATER },
	{ "evasive-devices", no_argument, NULL, OPT_LATER },
	{ "empty-ns", required_argument, NULL, OPT_LATER },
	{ "join-ns", required_argument, NULL, OPT_LATER },
	{ "lsm-profile", required_argument, NULL, OPT_LATER },
	{ "cpu-cap", optional_argument, NULL, OPT_LATER },
	{ "config", required_argument, NULL, OPT_LATER },
	{ "status-fd", required_argument, NULL, OPT_LATER },
	{ NULL, 0, NULL, 0 }
};
static const char short_options[] = "t:D:W:o:v::RsdSjhVlr:";

static int number(const char *name, const char *text, long low, long high, long *ret)
{
	char *end;

	errno = 0;
	*ret = strtol(text, &end, 10);
	if (errno || end == text || *end || *ret < low || *ret > high)
		return fail(NOWHERE, 0, "--%s: '%s' is no number from %ld to %ld", name, text, low, high);
	return 0;
}

static int later(const char *name)
{
	return fail(NOWHERE, 0, "--%s is not supported yet", name);
}

static int take(struct options *o, int c, const char *name)
{
	long n = 0;
	int r = 0;

	switch (c) {
	case 't':
		r = number("tree", optarg, 1, INT32_MAX, &n);
		o->pid = (pid_t)n;
		return r;
	case 'D': o->images_dir = optarg; return 0;
	case 'W': o->work_dir = optarg; return 0;
	case 'o': o->log_file = optarg; return 0;
	case 'R': o->leave_running = true; return 0;
	case 's': o->leave_stopped = true; return 0;
	case 'd': o->detached = true; return 0;
	case 'S': o->sibling = true; return 0;
	case 'j': o->shell_job = true; return 0;
	case 'h': o->help = true; return 0;
	case 'V': o->version = true; return 0;
	case 'l': return later("file-locks");
	case 'r': return later("root");
	case 'v':
		/* -v, -v4, -vv, --verbosity, --verbosity=4 */
		if (optarg && optarg[0] == 'v') {
			o->verbosity = (int)strlen(optarg) + 1;
			return 0;
		}
		r = optarg ? number("verbosity", optarg, 0, 9, &n) : 0;
		o->verbosity = optarg ? (int)n : o->verbosity + 1;
		return r;
	case OPT_PIDFILE: o->pidfile = optarg; return 0;
	case OPT_TIMEOUT:
		r = number("timeout", optarg, 0, 1000000, &n);
		o->timeout_ns = n * 1000000000ll;
		return r;
	case OPT_OVERWRITE: o->overwrite = true; return 0;
	case OPT_JSON: o->json = true; return 0;
	case OPT_FEATURE: o->feature = optarg; return 0;
	case OPT_FAULT:
		return fault_set(optarg) < 0 ? fail(NOWHERE, 0, "--fault: '%s' is none of %s, with :N behind it",
						    optarg, fault_kinds()) : 0;
	case OPT_IGNORED: return 0;
	case OPT_LATER: return later(name);
	default: return -EINVAL;
	}
}

/* The public test driver writes -verbosity=4. */
static void mend_spelling(int argc, char **argv)
{
	static char mended[] = "--verbosity=0";

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "-verbosity=", 11) && strlen(argv[i]) == 12) {
			mended[12] = argv[i][11];
			argv[i] = mended;
		}
}

int options_parse(int argc, char **argv, struct options *ret)
{
	*ret = (struct options){ .images_dir = ".", .verbosity = 1 };
	mend_spelling(argc, argv);
	opterr = 0;
	optind = 0;
	for (;;) {
		int index = -1, r;
		int c = getopt_long(argc, argv, short_options, table, &index);

		if (c < 0)
			break;
		if (c == '?')
			return fail(NOWHERE, 0, "unknown option, or one without its value: %s (ckpt --help lists them)",
				    argv[optind - 1]);
		r = take(ret, c, index >= 0 ? table[index].name : "");
		if (r < 0)
			return r;
	}
	if (optind < argc)
		ret->command = argv[optind++];
	ret->operands = (const char **)argv + optind;
	ret->n_operands = argc - optind;
	return 0;
}

static const struct { const char *command, *text; } help[] = {
	{ "dump", "ckpt dump -t PID [-D DIR] [OPTION]...\n"
	  "  Save the tree of processes under PID into DIR, then kill it.\n"
	  "  -R, --leave-running        let it run on\n"
	  "  -s, --leave-stopped        leave it stopped (SIGCONT lets it go on)\n"
	  "      --overwrite            replace the checkpoint that is in DIR\n" },
	{ "restore", "ckpt restore [-D DIR] [OPTION]...\n"
	  "  Bring the tree in DIR back, wait for its root task, exit as it does.\n"
	  "  -d, --restore-detached     return as soon as it runs\n"
	  "  -S, --restore-sibling      make the root task a child of ckpt's parent\n"
	  "      --pidfile FILE         write the root task's pid to FILE\n" },
	{ "check", "ckpt check -t PID [OPTION]...\n"
	  "  Find what stands between the tree under PID and its checkpoint; change nothing.\n"
	  "ckpt check\n"
	  "  Say what this kernel and these privileges allow.\n" },
	{ "show", "ckpt show [DIR | FILE.img] [--json]\n"
	  "  Print a checkpoint, or decode one file of it.\n" },
	{ "verify", "ckpt verify [DIR]\n"
	  "  Check every checksum and reference of a checkpoint.\n" },
};

void options_help(const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(help); i++)
		if (!command || !strcmp(command, help[i].command))
			tell("%s", help[i].text);
	tell("Options of all commands:\n"
	     "  -D, --images-dir DIR       where the images are (default: here)\n"
	     "  -W, --work-dir DIR         where log and pid file are (default: DIR of -D)\n"
	     "  -o, --log-file FILE        messages go there, not to stderr\n"
	     "  -v, --verbosity[=LEVEL]    0 errors, 1 warnings, 2 the course of things, 3 everything\n"
	     "  -j, --shell-job            session and terminal are those of a shell\n"
	     "      --timeout SECONDS      give up and undo everything after that long\n"
	     "      --json                 results for programs\n"
	     "  -h, --help, -V, --version\n");
}
