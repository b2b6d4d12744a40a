/* SPDX-License-Identifier: Apache-2.0 */
/* share.c - a sorted list of kernel objects that can only be compared. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arena.h"
#include "share.h"

int share_add(struct arena *a, struct share_set *s, pid_t pid, uint32_t id, uint32_t *ret)
{
	size_t low = 0, high = s->n;

	while (low < high) {
		size_t mid = (low + high) / 2;
		long r = syscall(SYS_kcmp, pid, s->list[mid].pid, s->type, 0, 0);

		if (r < 0)
			return -errno;
		if (r == 0) {
			*ret = s->list[mid].first;
			return 0;
		}
		if (r == 1)
			high = mid;
		else
			low = mid + 1;
	}
	if (!ARENA_ADD(a, s->list, s->n))
		return -ENOMEM;
	memmove(&s->list[low + 1], &s->list[low], (s->n - 1 - low) * sizeof(*s->list));
	s->list[low] = (struct share){ pid, id };
	*ret = id;
	return 0;
}
