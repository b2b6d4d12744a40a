/* SPDX-License-Identifier: Apache-2.0 */
/* show.h - ckpt show: a checkpoint, or one of its files, for people or programs. */
#pragma once
#include <stdbool.h>

struct show_options {
	const char *path;	/* an images directory, or one metadata file of it */
	bool json;
};

/* 0, or -errno, said. The result goes to stdout. */
int show_command(const struct show_options *o);
