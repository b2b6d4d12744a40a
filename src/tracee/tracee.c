/* SPDX-License-Identifier: Apache-2.0 */
/* tracee.c - stopping a thread, looking at it, and letting it go. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "heal.h"
#include "tracee.h"

#ifndef PTRACE_GET_RSEQ_CONFIGURATION
#define PTRACE_GET_RSEQ_CONFIGURATION 0x420f
#endif
#define PTRACE_GET_DISPATCH 0x4211	/* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG of linux/ptrace.h */
#define PEEK_MAX 32		/* signals at a time */

static long request(int what, const struct tracee *t, unsigned long addr, void *data)
{
	long r = FAULTY(FAULT_PTRACE, ptrace(what, t->tid, addr, data));

	return r < 0 ? -errno : r;
}

static struct tracee *new_tracee(pid_t tid, struct waits *w)
{
	struct tracee *t = FAULTY_ALLOC(calloc(1, sizeof(*t)));

	if (t) {
		t->tid = t->ns_tid = t->ns_tgid = tid;
		t->waits = w;
		t->end_signal = SIGURG;
	}
	return t;
}

int tracee_attach(pid_t tid, struct waits *w, struct tracee **ret)
{
	autofree struct tracee *t = new_tracee(tid, w);
	long r;

	if (!t)
		return -ENOMEM;
	r = request(PTRACE_SEIZE, t, 0, (void *)PTRACE_O_TRACESYSGOOD);
	if (r < 0)
		return (int)r;
	t->running = true;
	r = request(PTRACE_INTERRUPT, t, 0, NULL);
	if (r < 0 && r != -ESRCH)
		return (int)r;
	*ret = take_ptr(t);
	return 0;
}

static int get_state(struct tracee *t)
{
	int r = tracee_get_regs(t, &t->regs);

	return r < 0 ? r : (int)request(PTRACE_GETSIGMASK, t, sizeof(t->mask), &t->mask);
}

/* As SYNCHRONOUS_MASK of kernel/signal.c. */
static bool is_fault(const siginfo_t *info)
{
	switch (info->si_signo) {
	case SIGSEGV: case SIGBUS: case SIGILL: case SIGTRAP: case SIGFPE: case SIGSYS:
		return info->si_code > SI_USER;
	default:
		return false;
	}
}

/* 1: the instruction at which the task is has failed, and the task is about to be told so. */
static int has_faulted(struct tracee *t)
{
	siginfo_t info[PEEK_MAX];
	size_t first = 0;
	int n;

	do {
		n = tracee_peek_signals(t, false, first, info, PEEK_MAX);
		for (int i = 0; i < n; i++)
			if (is_fault(&info[i]) && !(t->mask >> (info[i].si_signo - 1) & 1))
				return 1;
		first += PEEK_MAX;
	} while (n == PEEK_MAX);
	return MIN(n, 0);
}

int tracee_to_stop(struct tracee *t)
{
	int r;

	for (;;) {
		/* An earlier try may have come as far as a stop. */
		r = t->running ? tracee_wait_kept(t) : 0;
		if (r < 0)
			return r;
		if (t->at == STOP_INTERRUPT || t->at == STOP_GROUP) {
			r = get_state(t);
			if (r == 0 && t->at == STOP_INTERRUPT)
				r = has_faulted(t);
			if (r <= 0)
				return r;
			/* Its handler may look at the instruction: first the handler. Should we
			 * die in a batch, the signal would come to a task that is in the runner. */
		}
		/* A signal on its way to a handler, or to death: let it arrive. An interrupt
		 * that is still pending behind it is not made two. */
		r = t->at == STOP_SIGNAL ? tracee_interrupt(t) : 0;
		if (r < 0)
			return r;
		r = tracee_resume(t, PTRACE_CONT, t->at == STOP_SIGNAL ? t->signal : 0);
		if (r < 0)
			return r;
	}
}

int tracee_settle(struct tracee *t)
{
	uint64_t was;
	int r = tracee_to_stop(t);

	if (r == 0)
		r = heal_wait(t);
	if (r < 0)
		return r;
	t->stopped_ns = io_now_ns(CLOCK_MONOTONIC);
	t->stopped_job = t->at == STOP_GROUP;
	was = t->regs.rax;
	arch_undo_eintr(&t->regs);
	t->settled = true;
	/* At once: should we die before, the program sees the EINTR. */
	return t->regs.rax != was ? tracee_set_regs(t, &t->regs) : 0;
}

int tracee_adopt(pid_t tid, struct waits *w, struct tracee **ret)
{
	autofree struct tracee *t = new_tracee(tid, w);
	int r;

	if (!t)
		return -ENOMEM;
	t->running = true;
	r = tracee_wait(t);
	if (r < 0)
		return r;
	*ret = take_ptr(t);
	return 0;
}

void tracee_catch(struct tracee *t)
{
	bool was;

	if (!t || !t->running || t->gone)
		return;
	was = t->waits->patient;
	t->waits->patient = true;
	if (tracee_interrupt(t) == 0 && (t->slot ? tracee_wait(t) : tracee_wait_kept(t)) == 0) {
		if (t->at == STOP_SIGNAL && t->slot && t->signal != t->end_signal)
			t->came |= 1ull << (t->signal - 1);
		if (t->slot && t->touched)
			tracee_put_back(t);
	}
	t->waits->patient = was;
}

void tracee_release(struct tracee *t)
{
	if (!t)
		return;
	tracee_catch(t);
	if (!t->gone && t->touched) {
		tracee_to_signal_stop(t);
		tracee_put_back(t);
	}
	for (int sig = 1; !t->gone && sig < 64; sig++)
		if (t->came & (1ull << (sig - 1)))
			syscall(SYS_tgkill, t->ns_tgid, t->tid, sig);
	if (!t->gone && t->stop_again)
		kill(t->tid, SIGSTOP);
	tracee_detach(t);
}

void tracee_detach(struct tracee *t)
{
	/* Once more, should it fail: else it stands still until ckpt ends. */
	if (!t->gone && request(PTRACE_DETACH, t, 0, (void *)(long)t->kept) < 0)
		request(PTRACE_DETACH, t, 0, (void *)(long)t->kept);
	tracee_free(t);
}

void tracee_free(struct tracee *t)
{
	if (!t)
		return;
	if (t->owns_slot)
		free(t->slot);
	free(t->born);
	free(t);
}

int tracee_resume(struct tracee *t, int what, int sig)
{
	long r;

	if (t->gone)
		return -ESRCH;
	r = request(what, t, 0, (void *)(long)sig);
	if (r == 0) {
		t->running = true;
		t->kept = 0;
	}
	return (int)r;
}

int tracee_to_signal_stop(struct tracee *t)
{
	int r;

	if (t->at != STOP_SYSCALL)
		return 0;
	r = tracee_interrupt(t);
	while (r == 0) {
		r = tracee_resume(t, PTRACE_CONT, 0);
		if (r == 0)
			r = tracee_wait(t);
		if (r == 0 && (t->at == STOP_INTERRUPT || t->at == STOP_GROUP))
			return 0;
		if (r == 0 && t->at == STOP_SIGNAL && t->signal == SIGSTOP)
			t->stop_again = true;
	}
	return r;
}

int tracee_set_options(struct tracee *t, uint64_t options)
{
	return (int)request(PTRACE_SETOPTIONS, t, 0, (void *)options);
}

int tracee_get_regs(struct tracee *t, struct user_regs_struct *ret)
{
	struct iovec iov = { ret, sizeof(*ret) };

	return (int)request(PTRACE_GETREGSET, t, NT_PRSTATUS, &iov);
}

int tracee_set_regs(struct tracee *t, const struct user_regs_struct *regs)
{
	struct iovec iov = { (void *)(uintptr_t)regs, sizeof(*regs) };

	t->touched = true;
	return (int)request(PTRACE_SETREGSET, t, NT_PRSTATUS, &iov);
}

int tracee_set_mask(struct tracee *t, uint64_t mask)
{
	t->touched = true;
	return (int)request(PTRACE_SETSIGMASK, t, sizeof(mask), &mask);
}

/* The mask first: a task with its registers and a foreign mask would keep that
 * for ever, should we die in between. */
int tracee_put_back(struct tracee *t)
{
	int masked = tracee_set_mask(t, t->mask), set = tracee_set_regs(t, &t->regs);

	/* From the end of a system call the kernel restarts nothing: not done yet. */
	t->touched = masked < 0 || set < 0 || t->at == STOP_SYSCALL;
	return masked < 0 ? masked : set;
}

int tracee_interrupt(struct tracee *t)
{
	return (int)request(PTRACE_INTERRUPT, t, 0, NULL);
}

int tracee_event_message(struct tracee *t, uint64_t *ret)
{
	unsigned long message = 0;
	int r = (int)request(PTRACE_GETEVENTMSG, t, 0, &message);

	*ret = message;
	return r;
}

int tracee_siginfo(struct tracee *t, siginfo_t *ret)
{
	return (int)request(PTRACE_GETSIGINFO, t, 0, ret);
}

int tracee_peek_signals(struct tracee *t, bool shared, size_t first, siginfo_t *ret, int n)
{
	struct __ptrace_peeksiginfo_args args = {
		.off = first, .flags = shared ? PTRACE_PEEKSIGINFO_SHARED : 0, .nr = n,
	};

	return (int)request(PTRACE_PEEKSIGINFO, t, (unsigned long)&args, ret);
}

int tracee_rseq(struct tracee *t, struct tracee_rseq *ret)
{
	struct { uint64_t address; uint32_t size, signature, flags, pad; } c = { 0 };
	long r = request(PTRACE_GET_RSEQ_CONFIGURATION, t, sizeof(c), &c);

	if (r < 0 && r != -EIO && r != -EINVAL)
		return (int)r;
	*ret = (struct tracee_rseq){ c.address, c.size, c.signature };
	return 0;
}

int tracee_dispatch_on(struct tracee *t, bool *ret)
{
	struct { uint64_t mode, selector, offset, len; } c = { 0 };
	long r = request(PTRACE_GET_DISPATCH, t, sizeof(c), &c);

	*ret = c.mode != 0;
	return r < 0 && r != -EIO && r != -EINVAL ? (int)r : 0;
}

int memory_read(pid_t pid, rptr from, void *to, size_t len)
{
	struct iovec local = { to, len }, remote = { (void *)from.va, len };
	ssize_t r = FAULTY(FAULT_READ, process_vm_readv(pid, &local, 1, &remote, 1, 0));

	if (r < 0)
		return -errno;
	return (size_t)r == len ? 0 : -EFAULT;
}

int tracee_read(const struct tracee *t, rptr from, void *to, size_t len)
{
	return memory_read(t->tid, from, to, len);
}

int tracee_write(const struct tracee *t, rptr to, const void *from, size_t len)
{
	struct iovec local = { (void *)(uintptr_t)from, len }, remote = { (void *)to.va, len };
	ssize_t r = FAULTY(FAULT_WRITE, process_vm_writev(t->tid, &local, 1, &remote, 1, 0));

	if (r < 0)
		return -errno;
	return (size_t)r == len ? 0 : -EFAULT;
}

int tracee_write_pieces(const struct tracee *t, const struct tracee_piece *pieces, size_t n)
{
	char path[40];
	autoclose fd = -1;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/%d/mem", t->tid);
	fd = FAULTY(FAULT_OPEN, open(path, O_WRONLY | O_CLOEXEC));
	if (fd < 0)
		return -errno;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = io_pwrite_all(fd, pieces[i].from, pieces[i].len, pieces[i].to);
	return r;
}

int tracee_write_force(const struct tracee *t, rptr to, const void *from, size_t len)
{
	return tracee_write_pieces(t, &(struct tracee_piece){ to.va, from, len }, 1);
}
