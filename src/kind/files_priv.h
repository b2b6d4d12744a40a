/* SPDX-License-Identifier: Apache-2.0 */
/* files_priv.h - the open files of a tree under dump: objects and descriptions. */
#pragma once
#include "arena.h"
#include "file_kind.h"
#include "files.h"

/* A descriptor of a process, before it is known which description that is. */
struct sight {
	int fd;
	const struct process *same_in;	/* NULL, or where that number has the same description: then the rest is zero */
	struct stat st;
	struct fdinfo info;
};
#define SAME_MAX 32u	/* of a process: their close-on-exec flags are asked for in one batch */

/* One open file description. */
struct file {
	struct file_facts facts;
	struct process *process;	/* where it was first seen */
	struct object *object;
	const struct file_kind *kind;
	Description *msg;
};

/* What descriptions are of: an inode, as a rule. */
struct object {
	dev_t dev;
	ino_t ino;
	const char *link;
	bool shared_inode;	/* the inode says nothing: each description is an object */
	bool has_reader, has_writer;
	bool mapped_image;	/* open, and mapped or executed as well */
	struct file *first;
	FileObject *msg;
};

struct files {
	struct arena *mem;
	struct tree *tree;
	bool shell_job;
	struct file **list;	/* by id - 1 */
	size_t n;
	struct file **sorted;	/* by inode, then in the kernel's order */
	size_t n_sorted;
	struct object **objects;	/* by id - 1 */
	size_t n_objects;
};
