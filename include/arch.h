/* SPDX-License-Identifier: Apache-2.0 */
/* arch.h - what differs between processors; arch/x86/ is the one there is.
 *
 * Quiet: 0 or -errno. Facts: arch/x86/kernel/{signal,fpu/signal,ptrace,tls}.c of
 * Linux 6.18.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "inventory.pb-c.h"
#include "x86.pb-c.h"

struct arena;
struct tracee;

#define ARCH_PAGE 4096ull
#define ARCH_TASK_SIZE 0x7ffffffff000ull	/* 4-level paging */
#define ARCH_KEYS 16		/* memory protection keys: pkeys(7) */

/* Restart of interrupted system calls. */
bool arch_call_interrupted(const struct user_regs_struct *r);	/* it will be restarted, or say EINTR to a handler */
void arch_undo_eintr(struct user_regs_struct *r);	/* an EINTR that a mere stop caused becomes restartable */
bool arch_call_says_eintr(long nr);
void arch_restart_by_hand(struct user_regs_struct *r);	/* what the kernel would do without a handler */
void arch_restart_anew(struct user_regs_struct *r, long first);	/* likewise, where the restart block is lost */

bool arch_has_restart_block(const struct user_regs_struct *r);	/* interrupted: goes on by restart_syscall(2) */

/* Of the call that the task was interrupted in. */
long arch_call_nr(const struct user_regs_struct *r);
void arch_call_args(const struct user_regs_struct *r, uint64_t ret[6]);
void arch_set_call_arg(struct user_regs_struct *r, unsigned i, uint64_t value);

/* Make a call that was interrupted start anew as `nr`; a handler that runs
 * first makes it say EINTR. Counts in a signal stop only. */
void arch_interrupt_in(struct user_regs_struct *r, long nr);

/* Abort a restartable sequence of `len` bytes, if that is where the task is. */
bool arch_abort_section(struct user_regs_struct *r, uint64_t start, uint64_t len, uint64_t abort);

/* A system call at the instruction `syscall_va`. */
void arch_set_call(struct user_regs_struct *r, uint64_t syscall_va, long nr, const uint64_t arg[6]);
static inline bool arch_is_syscall(const unsigned char code[2]) { return code[0] == 0x0f && code[1] == 0x05; }
static inline long arch_result(const struct user_regs_struct *r) { return (long)r->rax; }

/* Registers with which the batch runner at `code` starts. */
void arch_set_runner(struct user_regs_struct *r, uint64_t code, uint64_t first, uint64_t end, uint64_t ctx);
void arch_set_runner_open(struct user_regs_struct *r, uint64_t start, uint64_t len);	/* then: make this writable first */

/* A frame as rt_sigreturn(2) takes it, with a return address before it: the
 * task that returns into `restorer` with rsp at the frame is where it was. */
#define ARCH_FRAME_MAX 16384
int arch_frame(const struct user_regs_struct *regs, uint64_t mask, const void *xstate, size_t area,
	       uint64_t restorer, uint64_t frame_va, void *buf, size_t *ret_len);
size_t arch_frame_size(size_t area);
bool arch_is_frame(const void *buf, uint64_t frame_va);	/* begins there: of a ckpt, maybe one that died */

/* How much of the xstate goes into a frame; `plain` is arch_xstate_plain(). */
size_t arch_frame_area(const void *xstate, size_t len, size_t plain);

int arch_get_xstate(struct tracee *t, void *buf, size_t max, size_t *ret_len);
int arch_set_xstate(struct tracee *t, const void *buf, size_t len);	/* zero bytes at its end may be missing */

/* Why the kernel would not take an xstate that a process with this ARCH_XCOMP_ASKED is said to have; NULL: it would. */
const char *arch_xstate_refuses(const void *buf, size_t len, uint64_t asked);

/* Rights to memory of each protection key, two bits a key, to deny access and to deny writing (Intel SDM
 * volume 1, 13.4.8). Where they are in an xstate: 0, nowhere; to be asked once, it is not cheap. */
size_t arch_pkru_offset(void);
uint32_t arch_pkru(const void *buf, size_t len, size_t offset);
static inline bool arch_key_permits(uint32_t pkru, unsigned key) { return !(pkru >> 2 * key & 3); }

/* What of an xstate is to be kept: all but zero bytes at its end. */
size_t arch_xstate_used(const void *buf, size_t len);

/* What no ptrace request can do: the task under restore does it itself, in
 * code of the stub. Before its registers are set. */
int arch_prepare(struct tracee *t, const X86Regs *regs, const void *xstate, size_t xstate_len);

int arch_get_tls(struct arena *a, struct tracee *t, X86TlsEntry ***ret, size_t *ret_n);
int arch_set_tls(struct tracee *t, X86TlsEntry *const *tls, size_t n);

void arch_regs_to_message(const struct user_regs_struct *r, X86Regs *ret);
void arch_regs_from_message(const X86Regs *m, struct user_regs_struct *ret);

/* This processor; and a sentence if an image of `from` cannot run here. */
int arch_cpu(struct arena *a, CpuFeatures *ret);
const char *arch_cpu_refuses(struct arena *a, const CpuFeatures *from, const CpuFeatures *here);
/* Bytes of an XSAVE area: with everything this CPU has; and of a task that has
 * used nothing it must ask for first. Not cheap on a virtual machine. */
size_t arch_xstate_max(void);
size_t arch_xstate_plain(void);

/* Since Linux 5.16 a process asks for tiles, by arch_prctl(2), and gets them
 * for ever. Asked for: out of what it is permitted. */
#define ARCH_GET_XCOMP_PERM 0x1022
#define ARCH_REQ_XCOMP_PERM 0x1023
#define ARCH_XCOMP_ASKED(perm) ((perm) & 1ull << 18)

/* The vdso of this kernel, as ckpt itself has it. */
struct arch_vdso {
	const unsigned char *code;
	size_t size;		/* of [vdso] */
	uint64_t syscall_ret;	/* offset of a `syscall` that is followed by nothing but xors and ret */
	uint64_t checksum;
};
int arch_vdso(struct arch_vdso *ret);

/* Offset in [code, code+len) of `mov $__NR_rt_sigreturn, %rax; syscall`, or -1. */
ssize_t arch_find_restorer(const unsigned char *code, size_t len);

/* The number in a `mov $nr, %eax` right before a syscall instruction that ends at `end`, or -1. */
long arch_number_before(const unsigned char *bytes, size_t len);
