/* SPDX-License-Identifier: Apache-2.0 */
/* fd_eventfd.c - eventfd(2): a counter and one flag. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>

#include "fd_common.h"
#include "kinds.h"

static bool eventfd_is(const struct file_facts *f)
{
	return !strcmp(f->link, "anon_inode:[eventfd]") && !(f->flags & O_PATH);
}

/* Only the kernel itself, counting for a device, can bring a counter there. */
static int eventfd_check(const struct file_facts *f, struct obstacles *list)
{
	uint64_t count;

	if (fdinfo_u64(&f->info, "eventfd-count", 16, &count) == 0 && count == UINT64_MAX)
		obstacle(list, "fd.eventfd-overflow", AT_FD(f->pid, f->fd),
			 "Let the program read the eventfd before the dump.",
			 "the counter of an eventfd has overflowed, and cannot be set to that again");
	return 0;
}

static int eventfd_dump(const struct file_facts *f, const struct where *at, FileObject *obj)
{
	Eventfd *efd = ARENA_MSG(f->mem, Eventfd, eventfd);
	uint64_t semaphore = 0;
	int r;

	if (!efd)
		return fail(at, -ENOMEM, "no memory");

	/* The count is printed in hex, without 0x. */
	r = fdinfo_u64(&f->info, "eventfd-count", 16, &efd->count);
	if (r < 0)
		return fail(at, r, "no count in fdinfo");

	if (fdinfo_u64(&f->info, "eventfd-semaphore", 10, &semaphore) < 0)
		say(SAY_WARN, at, "kernels before 6.5 do not tell a semaphore (EFD_SEMAPHORE) "
		    "from a counter: saved as a counter");
	efd->semaphore = semaphore;
	obj->kind_case = FILE_OBJECT__KIND_EVENTFD;
	obj->eventfd = efd;
	return 0;
}

static int eventfd_open(struct opener *o, const FileObject *obj, const Description *desc, int peer)
{
	const Eventfd *efd = obj->eventfd;
	long fd, r;

	(void)desc;
	(void)peer;
	fd = opener_call(o, SYS_eventfd2, 0, EFD_CLOEXEC | (efd->semaphore ? EFD_SEMAPHORE : 0));
	if (fd < 0)
		return opener_fail(o, fd, "eventfd");

	/* By write, because the argument of eventfd2 is only 32 bits wide. */
	opener_reset(o);
	r = efd->count ? opener_write(o, (int)fd, &efd->count, sizeof(efd->count)) : 0;
	if (r < 0)
		return fd_give_up(o, (int)fd, r, "set the counter");
	return (int)fd;
}

const struct file_kind eventfd_kind = {
	.name	= "eventfd",
	.tag	= FILE_OBJECT__KIND_EVENTFD,
	.is	= eventfd_is,
	.check	= eventfd_check,
	.dump	= eventfd_dump,
	.open	= eventfd_open,
};
