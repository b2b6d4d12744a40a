/* SPDX-License-Identifier: Apache-2.0 */
/* fault.h - operations that fail on demand, for tests of what comes after.
 *
 * Once per command, `--fault KIND:N` makes the N-th operation of one kind fail
 * without being tried; all others, those of the rolling back included, are made.
 * Unless one is set an operation pays one comparison.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
	FAULT_PTRACE,		/* a ptrace request */
	FAULT_REMOTE,		/* a run of remote calls */
	FAULT_READ,		/* of a file, or of a task's memory */
	FAULT_WRITE,
	FAULT_FSYNC,
	FAULT_RENAME,
	FAULT_ALLOC,
	FAULT_OPEN,
	FAULT_MOVE,		/* a look at a page that has not moved: this one has. Nothing fails by that */
	FAULT_KINDS
};

int fault_set(const char *text);	/* "read:17"; -EINVAL */
const char *fault_kinds(void);		/* their names, for messages */

/* True for the one that is to fail; errno says how. Any thread may ask. */
bool fault(enum fault_kind kind);

/* *ret_kind NULL: none is set. Else how many operations of that kind there were. */
uint64_t fault_count(const char **ret_kind, uint64_t *ret_n);

/* A call that gives -1 and errno, or a pointer. */
#define FAULTY(kind, call) (fault(kind) ? -1 : (call))
#define FAULTY_ALLOC(call) (fault(FAULT_ALLOC) ? NULL : (call))
