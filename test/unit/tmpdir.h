/* SPDX-License-Identifier: Apache-2.0 */
/* tmpdir.h - a directory for one test, made before it and removed after it. */
#pragma once
#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct tmpdir {
	char path[64];
	int fd;
};

static inline void tmpdir_make(struct tmpdir *t)
{
	strcpy(t->path, "/tmp/ckpt-unit-XXXXXX");
	if (!mkdtemp(t->path)) {
		perror(t->path);
		abort();
	}
	t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Remove every file in it; with `count`, only count them. */
static inline int tmpdir_files(struct tmpdir *t, bool count)
{
	int fd = openat(t->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0;
	DIR *d = fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		n++;
		if (!count && unlinkat(t->fd, e->d_name, 0))
			unlinkat(t->fd, e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
	return n;
}

static inline int tmpdir_count(struct tmpdir *t)
{
	return tmpdir_files(t, true);
}

static inline void tmpdir_remove(struct tmpdir *t)
{
	tmpdir_files(t, false);
	close(t->fd);
	rmdir(t->path);
}

static inline bool tmpdir_has(struct tmpdir *t, const char *name)
{
	return !faccessat(t->fd, name, F_OK, AT_SYMLINK_NOFOLLOW);
}

/* Make or replace a file. */
static inline void tmpdir_put(struct tmpdir *t, const char *name, const void *data, size_t len)
{
	int fd = openat(t->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, len) != (ssize_t)len) {
		perror(name);
		abort();
	}
	close(fd);
}

/* The contents of a file, malloced. */
static inline uint8_t *tmpdir_get(struct tmpdir *t, const char *name, size_t *ret_len)
{
	int fd = openat(t->fd, name, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *data;

	if (fd < 0 || fstat(fd, &st)) {
		perror(name);
		abort();
	}
	data = malloc((size_t)st.st_size + 1);
	if (!data || read(fd, data, (size_t)st.st_size) != st.st_size)
		abort();
	close(fd);
	*ret_len = (size_t)st.st_size;
	return data;
}
