/* SPDX-License-Identifier: Apache-2.0 */
/* file_kind.h - what a descriptor can refer to, one row per kind.
 *
 * A new kind of file is a message in proto/, a branch in FileObject, a file
 * src/kind/fd_*.c that defines one struct file_kind, and its line in
 * src/kind/kinds.c. See docs/adding-a-kind.md.
 */
#pragma once
#include <stdbool.h>
#include <sys/stat.h>
#include "arena.h"
#include "files.pb-c.h"
#include "obstacles.h"
#include "opener.h"
#include "proc.h"

/* All there is to know about an open file description without asking what
 * kind it is: seen through the first descriptor that was found to refer to it. */
struct file_facts {
	struct arena *mem;
	pid_t pid;
	int fd;
	int ours;			/* our duplicate of it, valid during dump */
	struct stat st;
	uint64_t fs_magic;		/* fstatfs(2) f_type */
	const char *link;		/* readlink of /proc/PID/fd/FD */
	struct fdinfo info;
	unsigned flags;			/* F_GETFL, O_PATH included, O_CLOEXEC not */
	bool shell_job;			/* --shell-job was given */
	bool has_reader, has_writer;	/* pipes, FIFOs: some description in the tree can read, write */
	pid_t (*pgrp_in_tree)(void *tree, pid_t pgid);	/* pgid if it is a group in the tree, else 0 */
	void *tree;
	/* Which description does descriptor fd of this process refer to: its id, 0 if none or not known. */
	uint32_t (*description_of)(const struct file_facts *f, int fd);
	/* A process and descriptor that refer to the description of this id; false: there are not so many. */
	bool (*sight_of)(const struct file_facts *f, uint32_t id, pid_t *pid, int *fd);
};

struct file_kind {
	const char *name;		/* also the name in Inventory.needs, "fd." before it */
	FileObject__KindCase tag;

	/* True if f is one of ours. Looks at f only, changes nothing. */
	bool (*is)(const struct file_facts *f);

	/* Optional: add what cannot be saved. From facts and questions that
	 * change nothing (fcntl, getsockopt, poll, MSG_PEEK) through f->ours.
	 * -errno, not said: ckpt itself could not tell. */
	int (*check)(const struct file_facts *f, struct obstacles *list);

	/* Fill in our branch of obj (allocated in f->mem). Called once per object. */
	int (*dump)(const struct file_facts *f, const struct where *at, FileObject *obj);

	/* Optional, before any process exists: can it be opened again here? Says why not. */
	int (*ready)(const struct where *at, const FileObject *obj, const Description *desc);

	/* Make one description of the object, through o; a descriptor of o's,
	 * or -errno, said. `peer`: another description of the same object that
	 * is open already in o's table, or -1. Position, O_NONBLOCK and other
	 * F_SETFL flags, owner and mode are set by the caller. */
	int (*open)(struct opener *o, const FileObject *obj, const Description *desc, int peer);

	/* Optional: the two descriptions that one call makes, for an object that
	 * has just these: O_RDONLY and O_WRONLY of a pipe, in this order. A pipe
	 * end opened again by open() shows O_LARGEFILE in F_GETFL; these do not. */
	int (*pair)(struct opener *o, const FileObject *obj, int ret[2]);

	/* Optional: in the process, before descriptors have their final numbers:
	 * descriptions are at source[id], and all that number() tells is free. */
	int (*watch)(struct opener *o, const FileObject *obj, int fd, const int *source);
	int64_t (*number)(const FileObject *obj, size_t i);	/* -1: no more than i */

	/* Optional: in the process, when all descriptors have their final numbers. */
	int (*link)(struct opener *o, const FileObject *obj, int fd);

	bool seekable;			/* the caller puts the position back */
	bool own_inode;			/* made anew: the caller gives owner and mode back */
};

extern const struct file_kind *const file_kinds[];	/* NULL-terminated, most specific first */

const struct file_kind *file_kind_of(const struct file_facts *f);	/* NULL: none */
const struct file_kind *file_kind_by_tag(FileObject__KindCase tag);

/* The obstacle for a description that no kind claims: a name per sort of file
 * ("fd.unix", "fd.timerfd", "fd.deleted", ...). In src/kind/fd_unknown.c. */
void file_unknown(const struct file_facts *f, struct obstacles *list);

/* The obstacles that a description of any kind can have: locks, a SIGIO owner,
 * a lease, a path that does not lead to the file any more. -errno, not said. */
int file_check_common(const struct file_facts *f, struct obstacles *list);
