/* SPDX-License-Identifier: Apache-2.0 */
/* stub.c - the memory that processes under restore run from. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "remote.h"
#include "runner.h"
#include "stub.h"

/* Where to look: from above what programs use down to what nothing should. */
#define LOWEST 0x10000000ull
#define STEP 0x40000000ull

static int map_at(int fd, uint64_t at, size_t len)
{
	void *code = mmap((void *)at, ARCH_PAGE, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	void *slots;

	if (code == MAP_FAILED)
		return -errno;
	slots = mmap((void *)(at + ARCH_PAGE), len - ARCH_PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_FIXED_NOREPLACE, fd, ARCH_PAGE);
	if (slots != MAP_FAILED)
		return 0;
	munmap(code, ARCH_PAGE);
	return -errno;
}

int stub_map(size_t slots, stub_free_fn *is_free, void *context, struct stub *ret)
{
	size_t len = ARCH_PAGE + slots * STUB_SLOT + STUB_ROOM, code = (size_t)(runner_stub_end - runner_code);
	autoclose fd = FAULTY(FAULT_OPEN, memfd_create("ckpt-stub", MFD_CLOEXEC | 0x10u /* MFD_EXEC */));

	if (fd < 0 && errno == EINVAL)		/* MFD_EXEC came with Linux 6.3 */
		fd = memfd_create("ckpt-stub", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, (off_t)len) < 0)
		return -errno;
	if (FAULTY(FAULT_WRITE, pwrite(fd, runner_code, code, 0)) != (ssize_t)code)
		return -EIO;
	for (uint64_t at = LOWEST; at + len < ARCH_TASK_SIZE; at += STEP) {
		if (!is_free(context, at, at + len) || map_at(fd, at, len) < 0)
			continue;
		*ret = (struct stub){ .start = at, .end = at + len, .room = at + len - STUB_ROOM, .slots = slots };
		return 0;
	}
	return -ENOSPC;
}

int stub_give_slot(struct stub *s, struct tracee *t)
{
	uint64_t at = s->start + ARCH_PAGE + s->used * STUB_SLOT;

	if (s->used == s->slots)
		return -ENOSPC;
	s->used++;
	return remote_stub(t, s->start, at, (void *)at, STUB_SLOT);
}

void stub_unmap(struct stub *s)
{
	if (s->start)
		munmap((void *)s->start, s->end - s->start);
	s->start = 0;
}
