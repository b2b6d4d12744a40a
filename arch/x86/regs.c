/* SPDX-License-Identifier: Apache-2.0 */
/* regs.c - general registers, and how an interrupted system call goes on. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "arch.h"
#include "runner.h"

/* Codes of include/linux/errno.h, which only a tracer ever sees. */
enum {
	ERESTARTSYS = 512,
	ERESTARTNOINTR = 513,
	ERESTARTNOHAND = 514,
	ERESTART_RESTARTBLOCK = 516,
};

/* Calls that say EINTR after a mere stop, though no handler has run. Making
 * the call again is right for all of them: nothing was consumed. connect(2)
 * is not here, because a second one says EALREADY. */
static const long eintr_calls[] = {
	SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2, SYS_rt_sigtimedwait,
	SYS_semop, SYS_semtimedop, SYS_io_getevents, SYS_io_pgetevents, SYS_io_uring_enter,
	SYS_accept, SYS_accept4, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_read, SYS_readv,
};

bool arch_call_interrupted(const struct user_regs_struct *r)
{
	long code = -(long)r->rax;

	if ((long)r->orig_rax < 0)
		return false;
	return (code >= ERESTARTSYS && code <= ERESTARTNOHAND) || code == ERESTART_RESTARTBLOCK;
}

bool arch_call_says_eintr(long nr)
{
	for (size_t i = 0; i < sizeof(eintr_calls) / sizeof(eintr_calls[0]); i++)
		if (nr == eintr_calls[i])
			return true;
	return false;
}

/* With a handler to run, the kernel turns ERESTARTNOHAND into EINTR; without
 * one it makes the call again. That is what these calls do when nobody traces. */
void arch_undo_eintr(struct user_regs_struct *r)
{
	if ((long)r->rax == -EINTR && arch_call_says_eintr((long)r->orig_rax))
		r->rax = (uint64_t)-ERESTARTNOHAND;
}

bool arch_has_restart_block(const struct user_regs_struct *r)
{
	return arch_call_interrupted(r) && -(long)r->rax == ERESTART_RESTARTBLOCK;
}

long arch_call_nr(const struct user_regs_struct *r)
{
	return (long)r->orig_rax;
}

void arch_call_args(const struct user_regs_struct *r, uint64_t ret[6])
{
	ret[0] = r->rdi;
	ret[1] = r->rsi;
	ret[2] = r->rdx;
	ret[3] = r->r10;
	ret[4] = r->r8;
	ret[5] = r->r9;
}

void arch_set_call_arg(struct user_regs_struct *r, unsigned i, uint64_t value)
{
	unsigned long long *const place[6] = { &r->rdi, &r->rsi, &r->rdx, &r->r10, &r->r8, &r->r9 };

	*place[i] = value;
}

void arch_interrupt_in(struct user_regs_struct *r, long nr)
{
	r->orig_rax = (uint64_t)nr;
	r->rax = (uint64_t)-ERESTARTNOHAND;
}

static void again(struct user_regs_struct *r, uint64_t nr)
{
	r->rax = nr;
	r->rip -= 2;		/* syscall is 0f 05 */
	r->orig_rax = (uint64_t)-1;
}

void arch_restart_by_hand(struct user_regs_struct *r)
{
	if (!arch_call_interrupted(r))
		return;
	again(r, -(long)r->rax == ERESTART_RESTARTBLOCK ? SYS_restart_syscall : r->orig_rax);
}

void arch_restart_anew(struct user_regs_struct *r, long first)
{
	if (arch_call_interrupted(r))
		again(r, r->orig_rax == SYS_restart_syscall && first > 0 ? (uint64_t)first : r->orig_rax);
}

/* A restart comes first, as in exit_to_user_mode_loop() of kernel/entry: it
 * may lead back into the sequence. */
bool arch_abort_section(struct user_regs_struct *r, uint64_t start, uint64_t len, uint64_t abort)
{
	struct user_regs_struct next = *r;

	arch_restart_by_hand(&next);
	if (next.rip - start >= len)
		return false;
	*r = next;
	r->rip = abort;
	return true;
}

void arch_set_call(struct user_regs_struct *r, uint64_t syscall_va, long nr, const uint64_t arg[6])
{
	r->rip = syscall_va;
	r->rax = (uint64_t)nr;
	r->orig_rax = (uint64_t)-1;
	r->rdi = arg[0];
	r->rsi = arg[1];
	r->rdx = arg[2];
	r->r10 = arg[3];
	r->r8 = arg[4];
	r->r9 = arg[5];
}

void arch_set_runner(struct user_regs_struct *r, uint64_t code, uint64_t first, uint64_t end, uint64_t ctx)
{
	r->rip = code;
	r->rbx = first;
	r->rbp = end;
	r->r12 = ctx;
	r->rax = 0;
	r->orig_rax = (uint64_t)-1;
	r->eflags &= ~0x400ull;	/* DF */
}

void arch_set_runner_open(struct user_regs_struct *r, uint64_t start, uint64_t len)
{
	r->rip += (uint64_t)(runner_open - runner_code);
	r->rdi = start;
	r->rsi = len;
	r->rdx = PROT_READ | PROT_WRITE;
}

#define EACH_REGISTER(X)							\
	X(r15) X(r14) X(r13) X(r12) X(rbp) X(rbx) X(r11) X(r10) X(r9) X(r8)	\
	X(rax) X(rcx) X(rdx) X(rsi) X(rdi) X(orig_rax) X(rip) X(cs) X(rsp) X(ss)	\
	X(fs_base) X(gs_base) X(ds) X(es) X(fs) X(gs)

void arch_regs_to_message(const struct user_regs_struct *r, X86Regs *ret)
{
#define X(name) ret->name = r->name;
	EACH_REGISTER(X)
#undef X
	ret->eflags = r->eflags;
}

void arch_regs_from_message(const X86Regs *m, struct user_regs_struct *ret)
{
#define X(name) ret->name = m->name;
	EACH_REGISTER(X)
#undef X
	ret->eflags = m->eflags;
}
