/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line, taken apart. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options {
	const char *command;
	pid_t pid;			/* -t; 0: not given */
	const char *images_dir;		/* "." if not given */
	const char *work_dir;		/* NULL: the images directory */
	const char *log_file, *pidfile;
	int verbosity;
	int64_t timeout_ns;
	bool leave_running, leave_stopped, detached, sibling, shell_job, overwrite, json, help, version;
	const char *feature;
	const char **operands;		/* what follows the options; points into argv */
	int n_operands;
};

/* 0, or -EINVAL, said: unknown options, those that are not supported yet (by
 * name), values that make no sense. argv may be reordered. */
int options_parse(int argc, char **argv, struct options *ret);
void options_help(const char *command);		/* for one command, or NULL: all; to stdout */
