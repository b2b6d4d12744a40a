/* SPDX-License-Identifier: Apache-2.0 */
/* dump.h - `ckpt dump` and the dry run `ckpt check -t`, as functions. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "obstacles.h"

struct dump_options {
	pid_t pid;
	int images;		/* descriptor of the images directory; the caller's */
	bool dry_run;		/* look, name the obstacles, let go */
	bool leave_running, leave_stopped;
	bool shell_job;
	bool overwrite;
	int64_t timeout_ns;	/* 0: none */
};

#define DUMP_PHASES_MAX 16

struct dump_result {
	struct phase_time { const char *name; int64_t ns; } phases[DUMP_PHASES_MAX];
	size_t n_phases;
	int64_t frozen_ns;	/* first stop to last release; to the end of memory where the tree is killed */
	uint64_t processes, tasks, pages, bytes;
	const struct obstacle *obstacles;	/* in `mem` */
	size_t n_obstacles;
};

struct arena;

/* 0, or -errno and said. Obstacles are no errors said: -ENOTSUP and the list. */
int dump_run(struct arena *mem, const struct dump_options *o, struct dump_result *ret);

/* For people: obstacles that are alike but for their places are told once, at the first. */
bool obstacle_is_first(const struct dump_result *r, size_t i);
void obstacle_places(const struct dump_result *r, size_t i, char *buf, size_t len);	/* "pids 412, 413: fd 7" */
#define PLACES_ROOM 1024
