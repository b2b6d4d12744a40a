/* SPDX-License-Identifier: Apache-2.0 */
/* fd_common.h - what the kinds of files share.
 *
 * Functions that take an opener say what failed. They may call opener_reset():
 * nothing pushed stays valid over a call of a kind.
 */
#pragma once
#include <fcntl.h>

#include "file_kind.h"

static inline bool fd_can_read(unsigned flags)
{
	return (flags & O_ACCMODE) == O_RDONLY || (flags & O_ACCMODE) == O_RDWR;
}

static inline bool fd_can_write(unsigned flags)
{
	return (flags & O_ACCMODE) == O_WRONLY || (flags & O_ACCMODE) == O_RDWR;
}

/* The link is a path, not "pipe:[1]" or "anon_inode:[eventfd]". */
static inline bool fd_has_path(const struct file_facts *f)
{
	return f->link[0] == '/';
}

/* Does the file system or the name say that this is no ordinary file (memfd,
 * /proc, nsfs, ...)? In fd_unknown.c, which has the obstacles for them. */
bool fd_has_own_story(const struct file_facts *f);

/* Close fd (if >= 0), say what failed, return -|err|. */
int fd_give_up(struct opener *o, int fd, long err, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Open a path with those of the flags that open(2) makes sense of again;
 * never creates, truncates, or takes a controlling terminal. */
int fd_open_path(struct opener *o, const char *path, unsigned flags);

/* F_SETFL with those of the flags that it changes. On failure fd is closed. */
int fd_set_flags(struct opener *o, int fd, unsigned flags);

/* Another description of what descriptor `peer` of o's refers to. */
int fd_reopen(struct opener *o, int peer, unsigned flags);

/* For `ready`: the path is there and is of the type (S_IF*). */
int fd_path_ready(const struct where *at, const char *path, mode_t type, struct stat *ret);
