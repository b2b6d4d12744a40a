/* SPDX-License-Identifier: Apache-2.0 */
/* files_collect.c - the open files of a tree, each found once. */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "cleanup.h"
#include "files_priv.h"
#include "io.h"

struct files *files_new(struct arena *a, struct tree *tree, bool shell_job)
{
	struct files *f = arena_zalloc(a, sizeof(*f));

	if (f) {
		f->mem = a;
		f->tree = tree;
		f->shell_job = shell_job;
	}
	return f;
}

/* <0, 0, >0 as the kernel orders descriptions within an inode; *err on failure. */
static int order(const struct file *a, const struct file *b, int *err)
{
	long r;

	if (a->facts.st.st_dev != b->facts.st.st_dev)
		return a->facts.st.st_dev < b->facts.st.st_dev ? -1 : 1;
	if (a->facts.st.st_ino != b->facts.st.st_ino)
		return a->facts.st.st_ino < b->facts.st.st_ino ? -1 : 1;
	r = syscall(SYS_kcmp, a->facts.pid, b->facts.pid, KCMP_FILE, a->facts.fd, b->facts.fd);
	if (r < 0)
		*err = -errno;
	return r == 1 ? -1 : r == 2 ? 1 : 0;
}

/* The file that `probe` is another sight of, or NULL and where it belongs. */
static struct file *find(struct files *f, const struct file *probe, size_t *ret_at, int *err)
{
	size_t low = 0, high = f->n_sorted;

	while (low < high && !*err) {
		size_t mid = (low + high) / 2;
		int o = order(probe, f->sorted[mid], err);

		if (o == 0 && !*err)
			return f->sorted[mid];
		if (o < 0)
			high = mid;
		else
			low = mid + 1;
	}
	*ret_at = low;
	return NULL;
}

/* Of one inode, under one name: names matter for files that are found again by
 * theirs. Descriptions of an inode lie side by side. */
static struct object *known_object(const struct files *f, const struct file *file, size_t at)
{
	for (int step = -1; step <= 1; step += 2)
		for (size_t i = at + (size_t)step; i < f->n_sorted; i += (size_t)step) {
			struct object *o = f->sorted[i]->object;

			if (o->dev != file->facts.st.st_dev || o->ino != file->facts.st.st_ino || o->shared_inode)
				break;
			if (strcmp(o->link, file->facts.link) == 0)
				return o;
		}
	return NULL;
}

static struct object *object_of(struct files *f, struct file *file, size_t at)
{
	struct object *o = known_object(f, file, at);
	struct object **place;

	if (o)
		return o;
	o = arena_zalloc(f->mem, sizeof(*o));
	place = o ? ARENA_ADD(f->mem, f->objects, f->n_objects) : NULL;
	if (!place)
		return NULL;
	*place = o;
	o->dev = file->facts.st.st_dev;
	o->ino = file->facts.st.st_ino;
	o->link = file->facts.link;
	o->first = file;
	/* All eventfds, epolls and so on of a kernel are one inode. */
	o->shared_inode = strncmp(o->link, "anon_inode:", 11) == 0;
	o->msg = ARENA_MSG(f->mem, FileObject, file_object);
	if (!o->msg)
		return NULL;
	o->msg->id = (uint32_t)f->n_objects;
	o->msg->dev = o->dev;
	o->msg->ino = o->ino;
	o->msg->uid = file->facts.st.st_uid;
	o->msg->gid = file->facts.st.st_gid;
	o->msg->mode = file->facts.st.st_mode;
	return o;
}

static int add_file(struct files *f, const struct file *probe, size_t at, struct file **ret)
{
	struct file *file = arena_memdup(f->mem, probe, sizeof(*probe));
	struct file **place = file ? ARENA_ADD(f->mem, f->list, f->n) : NULL;
	char name[32];
	char *link;
	int r;

	if (!place || !ARENA_ADD(f->mem, f->sorted, f->n_sorted))
		return -ENOMEM;
	*place = file;
	memmove(&f->sorted[at + 1], &f->sorted[at], (f->n_sorted - 1 - at) * sizeof(*f->sorted));
	f->sorted[at] = file;
	snprintf(name, sizeof(name), "fd/%d", file->facts.fd);
	r = io_readlink(f->mem, file->process->dir, name, &link);
	if (r < 0)
		return r;
	file->facts.mem = f->mem;
	file->facts.link = link;
	file->facts.ours = -1;
	file->facts.flags = file->facts.info.flags & ~(unsigned)O_CLOEXEC;
	file->facts.shell_job = f->shell_job;
	file->object = object_of(f, file, at);
	file->msg = ARENA_MSG(f->mem, Description, description);
	if (!file->object || !file->msg)
		return -ENOMEM;
	file->msg->id = (uint32_t)f->n;
	file->msg->object = file->object->msg->id;
	file->msg->flags = file->facts.flags;
	file->msg->pos = file->facts.info.pos;
	file->msg->mnt_id = (uint32_t)file->facts.info.mnt_id;
	file->msg->link = link;
	*ret = file;
	return 0;
}

static void note_direction(struct file *file)
{
	unsigned mode = file->facts.flags & O_ACCMODE;

	if (file->facts.flags & O_PATH)
		return;
	if (mode != O_WRONLY)
		file->object->has_reader = true;
	if (mode != O_RDONLY)
		file->object->has_writer = true;
}

/* What was there when the process was forked is the parent's still, unless one
 * of them has something else there now. */
static bool is_parents(const struct process *p, int fd)
{
	const struct process *parent = p->parent;

	if (!parent || parent->zombie || leader(p)->tree->list[parent->index] != parent)
		return false;		/* there is none, or it has ended */
	return syscall(SYS_kcmp, p->pid, parent->pid, KCMP_FILE, fd, fd) == 0;
}

static int look_at(struct arena *a, const struct process *p, int fd, bool may_be_same, struct sight *ret)
{
	char name[32];

	ret->fd = fd;
	if (may_be_same && is_parents(p, fd)) {
		ret->same_in = p->parent;
		return 0;
	}
	snprintf(name, sizeof(name), "fd/%d", fd);
	if (fstatat(p->dir, name, &ret->st, 0) < 0)
		return -errno;
	return proc_read_fdinfo(a, p->dir, fd, &ret->info);
}

int files_look(struct arena *a, struct process *p, const struct where *from)
{
	struct where at = *from;
	size_t same = 0;
	int *fds;
	int r = p->shares[SHARES_FILES] == p ? proc_list_fds(a, p->dir, &fds, &p->n_sights) : 0;

	if (r < 0)
		return fail(&at, r, "cannot list the descriptors");
	p->sights = arena_zalloc(a, p->n_sights * sizeof(*p->sights));
	if (!p->sights)
		return fail(&at, ENOMEM, "descriptor table");
	for (size_t i = 0; i < p->n_sights; i++) {
		at.fd = fds[i];
		r = look_at(a, p, fds[i], same < SAME_MAX, &p->sights[i]);
		if (r < 0)
			return fail(&at, r, "cannot look at the descriptor");
		same += p->sights[i].same_in != NULL;
	}
	return 0;
}

/* Parents come first, and tables are in the order of the numbers. */
static struct file *file_of(const struct files *f, const struct process *p, int fd)
{
	const DescriptorTable *table = p->shares[SHARES_FILES]->table;
	size_t low = 0, high = table->n_slots;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (table->slots[mid]->fd == (uint32_t)fd)
			return f->list[table->slots[mid]->description - 1];
		if (table->slots[mid]->fd < (uint32_t)fd)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

static int collect_slot(struct files *f, struct process *p, const struct sight *s)
{
	struct file probe = { .process = p, .facts = { .pid = p->pid, .fd = s->fd, .st = s->st, .info = s->info } }, *file;
	Slot **place;
	size_t at = 0;
	int err = 0;

	file = s->same_in ? file_of(f, s->same_in, s->fd) : find(f, &probe, &at, &err);
	if (!file && s->same_in)
		return -EBADF;
	if (!file && !err)
		err = add_file(f, &probe, at, &file);
	if (err < 0)
		return err;
	note_direction(file);
	place = ARENA_ADD(f->mem, p->table->slots, p->table->n_slots);
	if (!place)
		return -ENOMEM;
	*place = ARENA_MSG(f->mem, Slot, slot);
	if (!*place)
		return -ENOMEM;
	(*place)->fd = (uint32_t)s->fd;
	(*place)->description = file->msg->id;
	(*place)->cloexec = s->info.flags & O_CLOEXEC;
	return 0;
}

static int collect_table(struct files *f, struct process *p, struct where *at)
{
	p->table = ARENA_MSG(f->mem, DescriptorTable, descriptor_table);
	if (!p->table)
		return fail(at, ENOMEM, "descriptor table");
	p->table->id = p->index + 1;
	for (size_t i = 0; i < p->n_sights; i++) {
		int r;

		at->fd = p->sights[i].fd;
		r = collect_slot(f, p, &p->sights[i]);
		if (r < 0)
			return fail(at, r, "cannot compare the descriptor");
	}
	at->fd = -1;
	return 0;
}

int files_collect(struct files *f, struct where *at)
{
	EACH_PROCESS(p, f->tree) {
		int r;

		if (p->zombie)
			continue;
		at->pid = p->pid;
		p->image->files = p->shares[SHARES_FILES]->index + 1;
		r = p->shares[SHARES_FILES] == p ? collect_table(f, p, at) : 0;
		if (r < 0)
			return r;
	}
	at->pid = 0;
	return 0;
}
