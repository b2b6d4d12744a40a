/* SPDX-License-Identifier: Apache-2.0 */
/* fault.c - counts operations of one kind, and says which of them is to fail. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "cleanup.h"
#include "fault.h"

static const struct { const char *name; int err; } kinds[FAULT_KINDS] = {
	[FAULT_PTRACE] = { "ptrace", EBUSY },	/* EIO would be a kernel that does not know the request */
	[FAULT_REMOTE] = { "remote", EIO },
	[FAULT_READ] = { "read", EIO },
	[FAULT_WRITE] = { "write", ENOSPC },
	[FAULT_FSYNC] = { "fsync", EIO },
	[FAULT_RENAME] = { "rename", EIO },
	[FAULT_ALLOC] = { "alloc", ENOMEM },
	[FAULT_OPEN] = { "open", EIO },
	[FAULT_MOVE] = { "move", 0 },
};

/* Set before there is a second thread. */
static struct {
	enum fault_kind kind;
	uint64_t n;
	atomic_uint_fast64_t count;
} state = { .kind = FAULT_KINDS };

int fault_set(const char *text)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char *end;

	for (size_t i = 0; len && i < ARRAY_SIZE(kinds); i++) {
		if (strncmp(kinds[i].name, text, len) || kinds[i].name[len])
			continue;
		state.n = strtoull(colon + 1, &end, 10);
		if (colon[1] < '0' || colon[1] > '9' || *end || !state.n)
			return -EINVAL;
		state.kind = (enum fault_kind)i;
		return 0;
	}
	return -EINVAL;
}

const char *fault_kinds(void)
{
	return "ptrace, remote, read, write, fsync, rename, alloc, open, move";
}

bool fault(enum fault_kind kind)
{
	if (kind != state.kind || atomic_fetch_add(&state.count, 1) + 1 != state.n)
		return false;
	errno = kinds[kind].err;
	return true;
}

uint64_t fault_count(const char **ret_kind, uint64_t *ret_n)
{
	*ret_kind = state.kind < FAULT_KINDS ? kinds[state.kind].name : NULL;
	*ret_n = state.n;
	return atomic_load(&state.count);
}
