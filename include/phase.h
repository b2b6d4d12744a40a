/* SPDX-License-Identifier: Apache-2.0 */
/* phase.h - how a phase of a command ends. */
#pragma once
#include "say.h"
#include "tracee.h"

/* A phase returned err < 0: never an exit without a word. Says what ended it,
 * if nobody has yet: a signal or the time limit of `w`, or an error of a quiet
 * layer that nobody has named. Returns a negative errno. */
int phase_failed(const struct where *at, int err, const struct waits *w);
