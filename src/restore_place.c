/* SPDX-License-Identifier: Apache-2.0 */
/* restore_place.c - page contents put where no page is yet. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "fill.h"
#include "inherit.h"
#include "place.h"
#include "remote.h"

#define WORTH_IT 1024u		/* pages of one VMA */

/* Memory under MADV_NOHUGEPAGE is known to be of small pages. */
bool place_fits(const struct process *p, size_t vma)
{
	const struct loaded_vma *v = &p->saved_mm->vmas[vma];
	uint64_t pages = 0;

	if (inherits_vma(p->inherited, vma) || v->msg->shared || v->msg->type != VMA_TYPE__VMA_TYPE_ANONYMOUS || !vma_has_flag(v->msg, "nh"))
		return false;
	for (size_t i = 0; i < v->n_chunks; i++)
		pages += v->chunks[i]->pages;
	return pages >= WORTH_IT;
}

static bool process_fits(const struct process *p)
{
	for (size_t i = 0; i < p->saved_mm->n_vmas; i++)
		if (place_fits(p, i))
			return true;
	return false;
}

/* One for the memory of the process, whose descriptors are ckpt's own still. */
static int make_fd(struct process *p)
{
	struct tracee *t = leader(p)->tracee;
	int n = remote_ask(t, 0, 0, SYS_userfaultfd, REMOTE_ARGS(O_CLOEXEC | UFFD_USER_MODE_ONLY));
	int r = n < 0 ? n : remote_run(&t, 1);

	return r < 0 ? r : (int)remote_result(t, n);
}

static int cover(const struct process *p, int fd)
{
	struct uffdio_api api = { .api = UFFD_API };

	if (FAULTY(FAULT_OPEN, ioctl(fd, UFFDIO_API, &api)) < 0)
		return -errno;
	for (size_t i = 0; i < p->saved_mm->n_vmas; i++) {
		const Vma *v = p->saved_mm->vmas[i].msg;
		struct uffdio_register area = { .range = { v->start, v->end - v->start },
						.mode = UFFDIO_REGISTER_MODE_MISSING };

		if (place_fits(p, i) && ioctl(fd, UFFDIO_REGISTER, &area) < 0)
			return -errno;
	}
	return 0;
}

int place_open(struct restore *r, const struct processes *ps, int **ret)
{
	int *fds = arena_zalloc(r->mem, ps->n * sizeof(*fds));

	if (!fds)
		return fail(&r->at, ENOMEM, "memory");
	memset(fds, -1, ps->n * sizeof(*fds));
	*ret = fds;
	for (size_t i = 0; i < ps->n; i++) {
		struct process *p = ps->list[i];
		int fd = process_fits(p) ? make_fd(p) : -ENOENT;
		int err = fd < 0 ? fd : cover(p, fd);

		if (err == -ESRCH)
			return fail(&r->at, err, "process %d is gone", p->pid);
		if (err < 0 && fd >= 0)
			close(fd);
		if (err == 0)
			fds[i] = fd;
		else if (err != -ENOENT)
			say(SAY_DEBUG, &r->at, "pages are written, not placed: %s", strerror(-err));
	}
	return 0;
}

void place_close(const struct processes *ps, int *fds)
{
	for (size_t i = 0; fds && i < ps->n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

int place_pages(int fd, const struct iovec *here, const struct iovec *there, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t done = 0;

		/* It may stop half-way, and then says how far it came. */
		while (done < here[i].iov_len) {
			struct uffdio_copy c = {
				.src = (uintptr_t)here[i].iov_base + done, .dst = (uintptr_t)there[i].iov_base + done,
				.len = here[i].iov_len - done,
			};

			if (FAULTY(FAULT_WRITE, ioctl(fd, UFFDIO_COPY, &c)) < 0 && (errno != EAGAIN || c.copy <= 0))
				return -errno;
			done += (size_t)c.copy;
		}
	}
	return 0;
}
