/* SPDX-License-Identifier: Apache-2.0 */
/* signals.h - signals that wait on a queue. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "model.h"
#include "tree.pb-c.h"

struct arena;

/* Queue the calls that put signals back on a queue, in order. */
int signals_put(struct task *t, bool shared, QueuedSignal *const *list, size_t n);

/* Append what is on the task's own or its process's queue, in order. */
int signals_take(struct arena *a, struct tracee *t, bool shared, QueuedSignal ***ret, size_t *ret_n);
