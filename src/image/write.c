/* SPDX-License-Identifier: Apache-2.0 */
/* write.c - a new checkpoint grows beside whatever is in the directory. */
#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include "cleanup.h"
#include "fault.h"
#include "image.h"
#include "writer.h"

#define FIRST_ROOM 65536

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Some file systems (of FUSE, SMB) cannot sync a directory, and say so. */
int image_sync_dir(int dirfd)
{
	return FAULTY(FAULT_FSYNC, fsync(dirfd)) && errno != EINVAL ? -errno : 0;
}

/* A dump that was killed may have changed inventories without a sync: on the
 * disk the files that go here are those of the checkpoint that counts. */
void image_remove_others(int dirfd, const uint8_t *keep, bool synced)
{
	int fd = FAULTY(FAULT_OPEN, openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	auto_(closedirp) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d && fd >= 0)
		close(fd);
	while (d && (e = readdir(d))) {
		char part[IMAGE_NAME_ROOM] = "";
		const char *dash = strchr(e->d_name, '-');

		if (!part_file_is_ours(e->d_name))
			continue;
		memcpy(part, e->d_name, (size_t)(dash - e->d_name));
		if (keep && part_file_is(e->d_name, part, keep))
			continue;
		if (!synced && image_sync_dir(dirfd))
			break;
		synced = true;
		unlinkat(dirfd, e->d_name, 0);
	}
}

/* What is there already. Files of a dump that was killed would else hold their
 * space until a dump succeeds, which may need just that space. */
static int look_around(struct image_writer *w, bool overwrite, const char **why)
{
	const char *unused;
	Inventory *old;
	struct stat st;

	if (fstatat(w->dir, IMAGE_INVENTORY, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT)
			return WHY(w->mem, why, -errno, "cannot look for inventory.img");
		image_remove_others(w->dir, NULL, false);
		return 0;
	}
	if (!overwrite)
		return WHY(w->mem, why, -EEXIST, "there is a checkpoint in the directory already; "
			   "--overwrite replaces it");
	if (S_ISDIR(st.st_mode))
		return WHY(w->mem, why, -EISDIR, "inventory.img is a directory");
	w->replaces = true;
	if (!image_read_inventory(w->mem, w->dir, &old, &unused))
		image_remove_others(w->dir, old->id.data, false);
	return 0;
}

static void writer_free(struct image_writer *w)
{
	for (size_t i = 0; i < w->n_parts; i++) {
		free(w->parts[i]->data);
		free(w->parts[i]);
	}
	if (w->pages >= 0)
		close(w->pages);
	if (w->dir >= 0)
		close(w->dir);
	free(w);
}

static int open_dir(struct image_writer *w, int dirfd, const char **why)
{
	w->dir = FAULTY(FAULT_OPEN, openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (w->dir < 0)
		return WHY(w->mem, why, -errno, "cannot open the images directory");
	/* Not all file systems can lock a directory: then callers must not race. */
	if (flock(w->dir, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK)
		return WHY(w->mem, why, -EBUSY, "another ckpt is writing a checkpoint into the directory");
	if (getrandom(w->id, sizeof(w->id), 0) != sizeof(w->id))
		return WHY(w->mem, why, -EIO, "no random numbers for a checkpoint id");
	return 0;
}

int image_create(struct arena *a, int dirfd, bool overwrite, struct image_writer **ret, const char **why)
{
	struct image_writer *w = FAULTY_ALLOC(calloc(1, sizeof(*w)));
	int err;

	if (!w)
		return WHY(a, why, -ENOMEM, "no memory");
	w->mem = a;
	w->pages = -1;
	err = open_dir(w, dirfd, why);
	if (!err)
		err = look_around(w, overwrite, why);
	if (err)
		writer_free(w);
	else
		*ret = w;
	return err;
}

int image_new_file(struct image_writer *w, const char *name)
{
	const char *copy = arena_strdup(w->mem, name);
	const char **made = copy ? ARENA_ADD(w->mem, w->made, w->n_made) : NULL;
	autoclose fd = -1;

	if (!made)
		return -ENOMEM;
	fd = FAULTY(FAULT_OPEN, openat(w->dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
	if (fd < 0) {
		w->n_made--;
		return -errno;
	}
	*made = copy;
	/* The umask may have taken bits away, an ACL of the directory added some. */
	if (fchmod(fd, 0600))
		return -errno;
	return take_fd(&fd);
}

int image_part_begin(struct image_writer *w, const char *name, struct image_part **ret)
{
	const struct part_type *type = part_type_by_name(name);
	struct image_part *p;

	if (!type || w->n_parts == ARRAY_SIZE(w->parts))
		return -EINVAL;
	for (size_t i = 0; i < w->n_parts; i++)
		if (w->parts[i]->type == type)
			return -EEXIST;
	p = FAULTY_ALLOC(calloc(1, sizeof(*p)));
	if (!p)
		return -ENOMEM;
	p->type = type;
	p->size = IMAGE_HEADER_SIZE;
	w->parts[w->n_parts++] = *ret = p;
	return 0;
}

static int make_room(struct image_part *p, size_t more)
{
	size_t room = p->room ? p->room : FIRST_ROOM;
	uint8_t *data;

	if (more > IMAGE_METADATA_MAX - p->size)
		return -EFBIG;
	while (room < p->size + more)
		room *= 2;
	if (room == p->room)
		return 0;
	data = FAULTY_ALLOC(realloc(p->data, room));
	if (!data)
		return -ENOMEM;
	p->data = data;
	p->room = room;
	return 0;
}

int image_part_add(struct image_part *p, const ProtobufCMessage *record)
{
	size_t len = protobuf_c_message_get_packed_size(record);
	uint32_t prefix = htole32((uint32_t)len);
	int err;

	if (record->descriptor != p->type->type)
		return -EINVAL;
	if (len > IMAGE_METADATA_MAX - sizeof(prefix))
		return -EFBIG;
	err = make_room(p, len + sizeof(prefix));
	if (err)
		return err;
	memcpy(p->data + p->size, &prefix, sizeof(prefix));
	protobuf_c_message_pack(record, p->data + p->size + sizeof(prefix));
	p->size += len + sizeof(prefix);
	p->records++;
	return 0;
}

int image_pages_create(struct image_writer *w, int *ret_fd)
{
	char name[IMAGE_NAME_ROOM];

	if (w->pages < 0) {
		int fd;

		part_file_name(name, IMAGE_PAGES, w->id);
		fd = image_new_file(w, name);
		if (fd < 0)
			return fd;
		w->pages = fd;
	}
	*ret_fd = w->pages;
	return 0;
}

uint64_t image_bytes(const struct image_writer *w)
{
	uint64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < w->n_parts; i++)
		bytes += w->parts[i]->size;
	if (w->pages >= 0 && !fstat(w->pages, &st))
		bytes += (uint64_t)st.st_size;
	return bytes;
}

void image_abort(struct image_writer *w)
{
	if (!w)
		return;
	for (size_t i = 0; i < w->n_made; i++)
		unlinkat(w->dir, w->made[i], 0);
	writer_free(w);
}
