/* SPDX-License-Identifier: Apache-2.0 */
/* phase.c - how a phase of a command ends. */
#include <errno.h>

#include "phase.h"

int phase_failed(const struct where *at, int err, const struct waits *w)
{
	if (said_error())
		return err;
	if (err == -EINTR && w->signal)
		return fail(at, 0, "interrupted by signal %d", w->signal);
	if (err == -ETIMEDOUT)
		return fail(at, 0, "the time given with --timeout is over");
	return fail(at, err, "cannot go on");
}
