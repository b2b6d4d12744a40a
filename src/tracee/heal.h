/* SPDX-License-Identifier: Apache-2.0 */
/* heal.h - tasks that put themselves back after the death of an earlier ckpt. */
#pragma once
#include "tracee.h"

/* It has stopped: let it go on until it is in nothing of ours any more, and in
 * no restart that needs what our calls would take away. It has stopped again
 * then, and regs and mask are up to date. 0 or -errno. */
int heal_wait(struct tracee *t);

int tracee_to_stop(struct tracee *t);	/* tracee.c: wait for the stop, and read regs and mask */
