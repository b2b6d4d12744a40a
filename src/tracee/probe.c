/* SPDX-License-Identifier: Apache-2.0 */
/* probe.c - ptrace requests that only `ckpt check` makes, to see whether they work. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ptrace.h>

#include "arch.h"
#include "cleanup.h"
#include "probe.h"
#include "tracee.h"

/* linux/ptrace.h has them since 5.13, 6.4 and 4.4. */
#define GET_RSEQ_CONFIGURATION 0x420f
#define GET_DISPATCH_CONFIG 0x4211
#define GET_SECCOMP_FILTER 0x420c

static int request(unsigned what, const struct tracee *t, unsigned long addr, void *data)
{
	return ptrace(what, t->tid, addr, data) < 0 ? -errno : 0;
}

int probe_options(struct tracee *t)
{
	return tracee_set_options(t, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
				     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK);
}

int probe_state(struct tracee *t)
{
	size_t max = arch_xstate_max(), len;
	autofree void *xstate = malloc(max);
	int r = xstate ? arch_get_xstate(t, xstate, max, &len) : -ENOMEM;

	if (r == 0)
		r = arch_set_xstate(t, xstate, len);
	if (r == 0)
		r = tracee_set_regs(t, &t->regs);
	return r ? r : tracee_set_mask(t, t->mask);
}

int probe_rseq(struct tracee *t)
{
	uint64_t configuration[3];	/* struct ptrace_rseq_configuration */

	return request(GET_RSEQ_CONFIGURATION, t, sizeof(configuration), configuration);
}

int probe_dispatch(struct tracee *t)
{
	uint64_t configuration[4];	/* struct ptrace_sud_config */

	return request(GET_DISPATCH_CONFIG, t, sizeof(configuration), configuration);
}

int probe_seccomp_filter(struct tracee *t)
{
	return request(GET_SECCOMP_FILTER, t, 0, NULL);		/* asks for its length alone */
}
