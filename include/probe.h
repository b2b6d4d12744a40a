/* SPDX-License-Identifier: Apache-2.0 */
/* probe.h - ptrace requests that only `ckpt check` makes, to see whether they work.
 *
 * Each on a stopped tracee of ckpt's own, which it leaves as it was; 0 or -errno.
 */
#pragma once

struct tracee;

int probe_options(struct tracee *t);		/* all that a restore sets, PTRACE_O_EXITKILL included */
int probe_state(struct tracee *t);		/* registers and mask, read and written back */
int probe_rseq(struct tracee *t);		/* -EIO: the kernel has no rseq(2) */
int probe_dispatch(struct tracee *t);
int probe_seccomp_filter(struct tracee *t);	/* of a task that has one */
