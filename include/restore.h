/* SPDX-License-Identifier: Apache-2.0 */
/* restore.h - `ckpt restore`, as a function. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "dump.h"

struct restore_options {
	int images;		/* descriptor of the images directory; the caller's */
	bool sibling;		/* the root task becomes a child of ckpt's parent */
	bool shell_job;
	int64_t timeout_ns;	/* 0: none */
	int pidfile_dir;	/* where `pidfile` is relative to */
	const char *pidfile;	/* NULL: none. Written before the tree runs */
};

struct restore_result {
	struct phase_time phases[DUMP_PHASES_MAX];
	size_t n_phases;
	pid_t root;
	int64_t total_ns;
	uint64_t processes, tasks, pages;
};

/* 0: the tree runs; -errno, said: nothing of it is left. */
int restore_run(struct arena *mem, const struct restore_options *o, struct restore_result *ret);

/* Wait for the root task, passing SIGINT, SIGTERM and SIGHUP on to it.
 * Returns the exit status a shell would give: 128 + signal if it was killed. */
int restore_wait(pid_t root);
