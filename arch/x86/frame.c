/* SPDX-License-Identifier: Apache-2.0 */
/* frame.c - a signal frame as the kernel would have laid it down.
 *
 * Layout: struct rt_sigframe of arch/x86/include/asm/sigframe.h and
 * check_xstate_in_sigframe() of arch/x86/kernel/fpu/signal.c, Linux 6.18.
 */
#include <errno.h>
#include <string.h>
#include <ucontext.h>

#include "arch.h"
#include "xstate.h"

#define XSTATE_MAGIC1 0x46505853u	/* FP_XSTATE_MAGIC1, FP_XSTATE_MAGIC2 of asm/sigcontext.h */
#define XSTATE_MAGIC2 0x46505845u
#define UC_FLAGS 7			/* UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS */
#define SS_LEAVE_ALONE 0x40		/* not a value sigaltstack(2) takes: the stack stays as it is */

/* The kernel's view of it: uc_sigmask is 8 bytes there. */
struct frame_head {
	uint64_t return_address;
	uint64_t uc_flags, uc_link;
	stack_t uc_stack;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip;
	uint64_t eflags;
	uint16_t cs, gs, fs, ss;
	uint64_t err, trapno, oldmask, cr2, fpstate, reserved[8];
	uint64_t sigmask;
	unsigned char siginfo[128];
};
_Static_assert(sizeof(struct frame_head) == 440, "as the kernel's struct rt_sigframe");

struct sw_bytes {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size;
};

size_t arch_frame_size(size_t area)
{
	return sizeof(struct frame_head) + 64 + area + 4 + 64;
}

static void fill_head(struct frame_head *h, const struct user_regs_struct *regs, uint64_t mask)
{
#define X(name) h->name = regs->name;
	X(r8) X(r9) X(r10) X(r11) X(r12) X(r13) X(r14) X(r15) X(rdi) X(rsi) X(rbp) X(rbx)
	X(rdx) X(rax) X(rcx) X(rsp) X(rip) X(eflags)
#undef X
	h->cs = (uint16_t)regs->cs;
	h->ss = (uint16_t)regs->ss;
	h->uc_flags = UC_FLAGS;
	h->uc_stack.ss_flags = SS_LEAVE_ALONE;
	h->sigmask = mask;
}

/* ptrace(2) gives room for tiles whether or not there are any; but of an area
 * larger than the task's own the kernel takes the legacy part alone. */
size_t arch_frame_area(const void *xstate, size_t len, size_t plain)
{
	return plain < len && !(xstate_components(xstate, len) & XSTATE_TILE_DATA) ? plain : len;
}

/* frame_va is where `buf` will lie, 64-byte aligned plus 8 as after a call. */
int arch_frame(const struct user_regs_struct *regs, uint64_t mask, const void *xstate, size_t area,
	       uint64_t restorer, uint64_t frame_va, void *buf, size_t *ret_len)
{
	uint64_t fp_va = (frame_va + sizeof(struct frame_head) + 63) & ~63ull;
	struct frame_head h = { .return_address = restorer, .fpstate = fp_va };
	size_t fp = fp_va - frame_va, len = fp + area + 4;
	struct sw_bytes sw = { .magic1 = XSTATE_MAGIC1, .extended_size = (uint32_t)area + 4,
			       .xstate_size = (uint32_t)area };
	uint32_t magic2 = XSTATE_MAGIC2;

	if (len > ARCH_FRAME_MAX || area < XSTATE_MIN)
		return -EINVAL;
	fill_head(&h, regs, mask);
	memset(buf, 0, len);
	memcpy(buf, &h, sizeof(h));
	memcpy((char *)buf + fp, xstate, area);
	memcpy(&sw.xfeatures, (const char *)xstate + XSTATE_SW, 8);
	if (!(xstate_components(xstate, area) & XSTATE_TILE_DATA))
		sw.xfeatures &= ~XSTATE_TILE_DATA;
	memset((char *)buf + fp + XSTATE_SW, 0, 48);
	memcpy((char *)buf + fp + XSTATE_SW, &sw, sizeof(sw));
	memcpy((char *)buf + fp + area, &magic2, 4);
	*ret_len = len;
	return 0;
}

bool arch_is_frame(const void *buf, uint64_t frame_va)
{
	struct frame_head h;

	memcpy(&h, buf, sizeof(h));
	return h.uc_flags == UC_FLAGS && h.uc_stack.ss_flags == SS_LEAVE_ALONE &&
	       h.fpstate == ((frame_va + sizeof(h) + 63) & ~63ull);
}
