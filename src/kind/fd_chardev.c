/* SPDX-License-Identifier: Apache-2.0 */
/* fd_chardev.c - character devices without state: null, zero, full, random, urandom. */
#include <errno.h>
#include <sys/sysmacros.h>

#include "cleanup.h"
#include "fd_common.h"
#include "kinds.h"

/* Of major number 1: Documentation/admin-guide/devices.txt. */
static const unsigned stateless[] = { 3, 5, 7, 8, 9 };

static bool is_stateless(unsigned maj, unsigned min)
{
	for (size_t i = 0; i < ARRAY_SIZE(stateless); i++)
		if (maj == 1 && min == stateless[i])
			return true;
	return false;
}

static bool chardev_is(const struct file_facts *f)
{
	return S_ISCHR(f->st.st_mode) && fd_has_path(f) &&
	       is_stateless(major(f->st.st_rdev), minor(f->st.st_rdev));
}

static int chardev_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	CharDevice *dev = ARENA_MSG(f->mem, CharDevice, char_device);

	if (!dev)
		return fail(at, -ENOMEM, "no memory");
	dev->path = arena_strdup(f->mem, f->link);
	if (!dev->path)
		return fail(at, -ENOMEM, "no memory");
	dev->major = major(f->st.st_rdev);
	dev->minor = minor(f->st.st_rdev);
	obj->kind_case = FILE_OBJECT__KIND_CHARDEV;
	obj->chardev = dev;
	return 0;
}

static int chardev_ready(const struct where *at, const FileObject *obj, const Description *desc)
{
	const CharDevice *dev = obj->chardev;
	struct stat st;
	int r;

	(void)desc;
	if (!is_stateless(dev->major, dev->minor))
		return fail(at, 0, "device %u:%u is none of this kind", dev->major, dev->minor);
	r = fd_path_ready(at, dev->path, S_IFCHR, &st);
	if (r < 0)
		return r;
	if (st.st_rdev != makedev(dev->major, dev->minor))
		return fail(at, 0, "%s is device %u:%u, not %u:%u", dev->path,
			    major(st.st_rdev), minor(st.st_rdev), dev->major, dev->minor);
	return 0;
}

static int chardev_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	(void)peer;
	return fd_open_path(o, obj->chardev->path, desc->flags);
}

const struct file_kind chardev_kind = {
	.name	= "chardev",
	.tag	= FILE_OBJECT__KIND_CHARDEV,
	.is	= chardev_is,
	.dump	= chardev_dump,
	.ready	= chardev_ready,
	.open	= chardev_open,
};
