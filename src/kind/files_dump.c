/* SPDX-License-Identifier: Apache-2.0 */
/* files_dump.c - what kind each open file is, its contents, its records. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include "cleanup.h"
#include "fault.h"
#include "files_priv.h"
#include "io.h"

#define RESERVE 64	/* descriptors that ckpt needs for itself */

static uint32_t description_of(const struct file_facts *facts, int fd)
{
	struct files *f = facts->tree;
	const DescriptorTable *t = NULL;
	size_t low = 0, high;

	for (size_t i = 0; i < f->tree->n && !t; i++)
		if (f->tree->list[i]->pid == facts->pid)
			t = f->tree->list[i]->table;
	high = t ? t->n_slots : 0;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if ((int)t->slots[mid]->fd == fd)
			return t->slots[mid]->description;
		if ((int)t->slots[mid]->fd < fd)
			low = mid + 1;
		else
			high = mid;
	}
	return 0;
}

static bool sight_of(const struct file_facts *facts, uint32_t id, pid_t *pid, int *fd)
{
	struct files *f = facts->tree;

	if (id == 0 || id > f->n)
		return false;
	*pid = f->list[id - 1]->facts.pid;
	*fd = f->list[id - 1]->facts.fd;
	return true;
}

static pid_t pgrp_in_tree(void *tree, pid_t pgid)
{
	struct files *f = tree;

	for (size_t i = 0; i < f->tree->n; i++)
		if (f->tree->list[i]->stat.pgrp == pgid)
			return pgid;
	return 0;
}

/* A duplicate of the description, ours until the caller closes it. */
static int borrow(struct files *f, struct file *file)
{
	struct file_facts *facts = &file->facts;
	struct statfs fs;

	facts->ours = (int)FAULTY(FAULT_OPEN, syscall(SYS_pidfd_getfd, file->process->pidfd, facts->fd, 0));
	if (facts->ours < 0)
		return -errno;
	facts->tree = f;
	facts->pgrp_in_tree = pgrp_in_tree;
	facts->description_of = description_of;
	facts->sight_of = sight_of;
	facts->has_reader = file->object->has_reader;
	facts->has_writer = file->object->has_writer;
	/* Those of the kernel's own, which have a story, always tell. */
	if (!facts->fs_magic && fstatfs(facts->ours, &fs) == 0)
		facts->fs_magic = (uint64_t)fs.f_type;
	return 0;
}

/* A restore opens all of them at once, at numbers that no process needs. */
static void check_count(struct files *f, struct obstacles *list)
{
	struct rlimit limit;
	size_t needed = f->n + f->n_objects + RESERVE;

	EACH_PROCESS(p, f->tree)
		if (p->table)
			needed = MAX(needed, f->n + f->n_objects + RESERVE + p->table->n_slots);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && needed > limit.rlim_max)
		obstacle(list, "fd.too-many", AT_PID(f->tree->list[0]->pid), "Raise ckpt's own hard limit (ulimit -Hn).",
			 "the tree has %zu open files, and ckpt may open %llu", f->n, (unsigned long long)limit.rlim_max);
}

int files_check(struct files *f, struct where *at, struct obstacles *list)
{
	check_count(f, list);
	for (size_t i = 0; i < f->n; i++) {
		struct file *file = f->list[i];
		autoclose ours = -1;
		int r;

		at->pid = file->facts.pid;
		at->fd = file->facts.fd;
		r = borrow(f, file);
		if (r < 0)
			return fail(at, r, "cannot duplicate the descriptor");
		ours = file->facts.ours;
		file->kind = file_kind_of(&file->facts);
		if (!file->kind) {
			file_unknown(&file->facts, list);
			continue;
		}
		at->kind = file->kind->name;
		r = file_check_common(&file->facts, list);
		if (r == 0 && file->kind->check)
			r = file->kind->check(&file->facts, list);
		if (r < 0)
			return fail(at, r, "cannot tell whether it can be saved");
		at->kind = NULL;
	}
	*at = (struct where){ .phase = at->phase, .fd = -1 };
	return 0;
}

int files_mapped(struct files *f, const char *path, dev_t dev, uint64_t ino, uint32_t *ret_id)
{
	struct object *o;
	struct object **place;
	struct stat st;

	*ret_id = 0;
	for (size_t i = 0; i < f->n_objects; i++) {
		o = f->objects[i];
		if (o->ino != ino || o->shared_inode || strcmp(o->link, path) != 0)
			continue;
		*ret_id = o->msg->id;
		o->mapped_image = true;
		return 0;
	}
	if (stat(path, &st) < 0)
		return is_own_error(-errno) ? -errno : 0;
	if (st.st_ino != ino || !S_ISREG(st.st_mode))
		return 0;
	(void)dev;		/* btrfs and overlayfs show another number in maps */
	o = arena_zalloc(f->mem, sizeof(*o));
	place = o ? ARENA_ADD(f->mem, f->objects, f->n_objects) : NULL;
	if (!place)
		return -ENOMEM;
	*place = o;
	*o = (struct object){ .dev = st.st_dev, .ino = st.st_ino, .link = path,
			      .msg = ARENA_MSG(f->mem, FileObject, file_object) };
	if (!o->msg)
		return -ENOMEM;
	o->msg->id = *ret_id = (uint32_t)f->n_objects;
	o->msg->dev = st.st_dev;
	o->msg->ino = st.st_ino;
	o->msg->uid = st.st_uid;
	o->msg->gid = st.st_gid;
	o->msg->mode = st.st_mode;
	o->msg->kind_case = FILE_OBJECT__KIND_REGULAR;
	o->msg->regular = ARENA_MSG(f->mem, RegularFile, regular_file);
	if (!o->msg->regular)
		return -ENOMEM;
	o->msg->regular->path = (char *)(uintptr_t)path;
	o->msg->regular->size = (uint64_t)st.st_size;
	o->msg->regular->mtime_ns = st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
	o->msg->regular->executable_image = true;
	return 0;
}

int files_contents(struct files *f, struct where *at)
{
	for (size_t i = 0; i < f->n; i++) {
		struct file *file = f->list[i];
		autoclose ours = -1;
		int r;

		if (file->object->first != file)
			continue;
		*at = (struct where){ .phase = at->phase, .pid = file->facts.pid, .fd = file->facts.fd,
				      .kind = file->kind->name };
		r = borrow(f, file);
		if (r < 0)
			return fail(at, r, "cannot duplicate the descriptor");
		ours = file->facts.ours;
		r = file->kind->dump(&file->facts, at, file->object->msg);
		if (r < 0)
			return r;
		if (file->object->mapped_image && file->object->msg->kind_case == FILE_OBJECT__KIND_REGULAR)
			file->object->msg->regular->executable_image = true;
	}
	*at = (struct where){ .phase = at->phase, .fd = -1 };
	return 0;
}

static int write_record(struct image_part *part, FileRecord__RecordCase which, void *message)
{
	FileRecord record = FILE_RECORD__INIT;

	record.record_case = which;
	record.object = message;
	return image_part_add(part, &record.base);
}

int files_write(struct files *f, struct image_part *part)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->n_objects; i++)
		r = write_record(part, FILE_RECORD__RECORD_OBJECT, f->objects[i]->msg);
	for (size_t i = 0; r == 0 && i < f->n; i++)
		r = write_record(part, FILE_RECORD__RECORD_DESCRIPTION, f->list[i]->msg);
	EACH_PROCESS(p, f->tree)
		if (r == 0 && p->table)
			r = write_record(part, FILE_RECORD__RECORD_TABLE, p->table);
	return r < 0 ? fail(NOWHERE, r, "cannot write the files part") : 0;
}

int files_needs(struct files *f, char ***list, size_t *n)
{
	for (size_t i = 0; i < f->n; i++) {
		char *name = arena_printf(f->mem, "fd.%s", f->list[i]->kind->name);
		char **place;
		bool known = false;

		if (!name)
			return -ENOMEM;
		for (size_t j = 0; j < *n; j++)
			known |= strcmp((*list)[j], name) == 0;
		if (known)
			continue;
		place = ARENA_ADD(f->mem, *list, *n);
		if (!place)
			return -ENOMEM;
		*place = name;
	}
	return 0;
}
