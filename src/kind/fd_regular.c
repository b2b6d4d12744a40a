/* SPDX-License-Identifier: Apache-2.0 */
/* fd_regular.c - regular files and directories, found again by their paths. */
#include <errno.h>
#include <inttypes.h>

#include "fd_common.h"
#include "kinds.h"

static bool regular_is(const struct file_facts *f)
{
	return S_ISREG(f->st.st_mode) && fd_has_path(f) && !fd_has_own_story(f);
}

static bool directory_is(const struct file_facts *f)
{
	return S_ISDIR(f->st.st_mode) && fd_has_path(f) && !fd_has_own_story(f);
}

static int64_t mtime_ns(const struct stat *st)
{
	return st->st_mtim.tv_sec * INT64_C(1000000000) + st->st_mtim.tv_nsec;
}

/* What maps the file (executable_image) is not known here: the caller adds it. */
static int regular_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	RegularFile *reg = ARENA_MSG(f->mem, RegularFile, regular_file);

	if (!reg)
		return fail(at, -ENOMEM, "no memory");
	reg->path = arena_strdup(f->mem, f->link);
	if (!reg->path)
		return fail(at, -ENOMEM, "no memory");
	reg->size = f->st.st_size;
	reg->mtime_ns = mtime_ns(&f->st);
	obj->kind_case = FILE_OBJECT__KIND_REGULAR;
	obj->regular = reg;
	return 0;
}

static int directory_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Directory *dir = ARENA_MSG(f->mem, Directory, directory);

	if (!dir)
		return fail(at, -ENOMEM, "no memory");
	dir->path = arena_strdup(f->mem, f->link);
	if (!dir->path)
		return fail(at, -ENOMEM, "no memory");
	obj->kind_case = FILE_OBJECT__KIND_DIRECTORY;
	obj->directory = dir;
	return 0;
}

static int regular_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	const RegularFile *reg = obj->regular;
	struct stat st;
	int r = fd_path_ready(at, reg->path, S_IFREG, &st);

	(void)desc;
	if (r < 0)
		return r;
	if (reg->executable_image && (uint64_t)st.st_size != reg->size)
		return fail(at, 0, "%s is mapped, and has %jd bytes where it had %" PRIu64,
			    reg->path, (intmax_t)st.st_size, reg->size);
	if ((uint64_t)st.st_size < reg->size)
		return fail(at, 0, "%s is shorter than it was: %jd bytes, not %" PRIu64,
			    reg->path, (intmax_t)st.st_size, reg->size);
	if (mtime_ns(&st) != reg->mtime_ns)
		say(SAY_INFO, at, "%s has been written to since the dump", reg->path);
	return 0;
}

static int directory_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	struct stat st;

	(void)desc;
	return fd_path_ready(at, obj->directory->path, S_IFDIR, &st);
}

static int regular_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	(void)peer;
	return fd_open_path(o, obj->regular->path, desc->flags);
}

static int directory_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	(void)peer;
	return fd_open_path(o, obj->directory->path, desc->flags | O_DIRECTORY);
}

const struct file_kind regular_kind = {
	.name		= "regular",
	.tag		= FILE_OBJECT__KIND_REGULAR,
	.is		= regular_is,
	.dump		= regular_dump,
	.ready		= regular_ready,
	.open		= regular_open,
	.seekable	= true,
};

const struct file_kind directory_kind = {
	.name		= "directory",
	.tag		= FILE_OBJECT__KIND_DIRECTORY,
	.is		= directory_is,
	.dump		= directory_dump,
	.ready		= directory_ready,
	.open		= directory_open,
	.seekable	= true,
};
