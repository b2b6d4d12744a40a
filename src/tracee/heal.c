/* SPDX-License-Identifier: Apache-2.0 */
/* heal.c - tasks that put themselves back after the death of an earlier ckpt.
 *
 * What they do last is to make an interrupted call once more, by restart_syscall(2).
 * The kernel forgets what that is to go on with when a signal frame is left, as
 * our calls may do: so they must not come in between.
 */
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "arch.h"
#include "heal.h"
#include "runner.h"

/* It needs microseconds, or the 50 ms that a batch without an end signal sleeps
 * at its end. Times in which a busy machine did not let it run do not count. */
#define TRIES 60
#define TRIES_ALL 1000
#define TRY_US 1000

/* What ckpt blocks around its calls, less one signal in a batch, no program
 * blocks for long, but in a sleep of its own: the C library keeps two signals
 * back. */
static bool blocks_all(const struct tracee *t)
{
	const uint64_t always = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1);
	uint64_t open = ~(t->mask | always);

	return (open & (open - 1)) == 0;
}

/* On its way in a scratch: the mask may be its own already. */
static int is_in_runner(const struct tracee *t)
{
	size_t len = (size_t)(runner_code_end - runner_code), in_page = t->regs.rip % ARCH_PAGE;
	uint64_t at = t->regs.rip - t->regs.rip % TRAMPOLINE_SIZE;
	unsigned char code[ARCH_PAGE];
	int r = tracee_read(t, RPTR(at), code, TRAMPOLINE_SIZE);

	if (r < 0 || runner_is_trampoline(code) || in_page >= len)
		return r < 0 ? r : runner_is_trampoline(code);
	r = tracee_read(t, RPTR(t->regs.rip - in_page), code, len);
	return r < 0 ? r : memcmp(code, runner_code, len) == 0;
}

/* 1, 0, or -errno. */
static int may_be_healing(const struct tracee *t)
{
	bool in_call = arch_call_interrupted(&t->regs);
	unsigned char code[2];
	int r;

	if (in_call && arch_call_nr(&t->regs) != SYS_ppoll)
		return 0;
	if (blocks_all(t))
		return 1;
	r = is_in_runner(t);
	if (r == 0 && arch_result(&t->regs) == SYS_restart_syscall && !in_call) {
		r = tracee_read(t, RPTR(t->regs.rip), code, sizeof(code));
		if (r == 0)
			r = arch_is_syscall(code);
	}
	return r == -EFAULT ? 0 : r;
}

int heal_wait(struct tracee *t)
{
	int r = may_be_healing(t);

	for (unsigned all = 0, tries = 0; r > 0 && all < TRIES_ALL && tries < TRIES; all++) {
		uint64_t rip = t->regs.rip;

		r = tracee_resume(t, PTRACE_CONT, 0);
		usleep(TRY_US);
		if (r == 0)
			r = tracee_interrupt(t);
		if (r == 0)
			r = tracee_to_stop(t);
		tries += t->regs.rip != rip || arch_call_interrupted(&t->regs);
		if (r == 0)
			r = may_be_healing(t);
	}
	return r < 0 ? r : 0;
}
