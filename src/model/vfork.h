/* SPDX-License-Identifier: Apache-2.0 */
/* vfork.h - stopping a task that waits for its child in vfork(2). */
#pragma once
#include "model.h"

/* The task is in a call that makes a task, perhaps until that has called execve. */
bool vfork_waits(const struct task *t);

/* tracee_settle(); should it take the task's child for that, the child is
 * stopped no more afterwards, and *ret_again becomes true. */
int vfork_settle(struct task *t, bool *ret_again);
