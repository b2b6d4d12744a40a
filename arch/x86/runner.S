/* SPDX-License-Identifier: Apache-2.0 */
/* runner.S - the batch runner: the only code of ours that runs in a target.
 *
 * What stands behind runner_code_end is in the stub alone: a task under restore
 * may be made to enter there, with rsp at what is to be loaded.
 */
#include "runner.h"

	.section .rodata
	.balign 16
	.globl runner_code, runner_code_end
runner_code:
next:
	cmp	%rbp, %rbx
	jae	end
	mov	ENTRY_A0+0(%rbx), %rdi
	mov	ENTRY_A0+8(%rbx), %rsi
	mov	ENTRY_A0+16(%rbx), %rdx
	mov	ENTRY_A0+24(%rbx), %r10
	mov	ENTRY_A0+32(%rbx), %r8
	mov	ENTRY_A0+40(%rbx), %r9
	mov	ENTRY_NR(%rbx), %r13
	mov	%r13, %r14
	shr	$ENTRY_REPEAT_SHIFT, %r14
	mov	%r13, %rcx
	shr	$ENTRY_RESULTS_SHIFT, %rcx
	jz	call
	test	$1, %cl
	jz	1f
	mov	(%rdi), %rdi
1:	test	$2, %cl
	jz	1f
	mov	(%rsi), %rsi
1:	test	$4, %cl
	jz	1f
	mov	(%rdx), %rdx
1:	test	$8, %cl
	jz	1f
	mov	(%r10), %r10
1:	test	$16, %cl
	jz	1f
	mov	(%r8), %r8
1:	test	$32, %cl
	jz	call
	mov	(%r9), %r9
call:
	mov	%r13d, %eax
	syscall
	mov	%rax, ENTRY_RET(%rbx)
	bt	$ENTRY_REQUIRED_BIT, %r13
	jnc	1f
	cmp	$-4096, %rax
	ja	end
1:	bt	$ENTRY_CHILD_EXITS_BIT, %r13
	jnc	1f
	test	%rax, %rax
	jnz	1f
	mov	$60, %eax		/* exit: we are the child, and nobody took us over */
	xor	%edi, %edi
	syscall
1:	sub	$1, %r14
	jc	1f
	test	%rax, %rax
	js	1f
	inc	%rdi			/* these are as they were before the call */
	add	%r8, %rsi
	add	%r9, %rdx
	jmp	call
1:	add	$ENTRY_SIZE, %rbx
	jmp	next

end:
	movq	$1, CTX_DONE(%r12)
leave:
	mov	CTX_END_A0(%r12), %rdi
	mov	CTX_END_A1(%r12), %rsi
	mov	CTX_END_A2(%r12), %rdx
	xor	%r10d, %r10d
	mov	$8, %r8d
	mov	CTX_END_NR(%r12), %rax
	syscall

	/* Nobody stopped us: heal. Signals are blocked while rsp points into
	 * the context; the mask comes back when rsp is the task's own. */
	lea	CTX_FLAGS(%r12), %rsp
	popfq
	mov	CTX_RSP(%r12), %rsp
	mov	$14, %eax		/* rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8) */
	mov	$2, %edi
	lea	CTX_MASK(%r12), %rsi
	mov	$0, %edx
	mov	$8, %r10d
	syscall
	mov	CTX_RAX(%r12), %rax
	mov	CTX_RBX(%r12), %rbx
	mov	CTX_RCX(%r12), %rcx
	mov	CTX_RDX(%r12), %rdx
	mov	CTX_RSI(%r12), %rsi
	mov	CTX_RDI(%r12), %rdi
	mov	CTX_RBP(%r12), %rbp
	mov	CTX_R8(%r12), %r8
	mov	CTX_R9(%r12), %r9
	mov	CTX_R10(%r12), %r10
	mov	CTX_R11(%r12), %r11
	mov	CTX_R13(%r12), %r13
	mov	CTX_R14(%r12), %r14
	mov	CTX_R15(%r12), %r15
	jmp	*CTX_TRAMPOLINE(%r12)

	/* Where the calls are not to be written to yet: mprotect(rdi, rsi, rdx). */
	.globl runner_open
runner_open:
	mov	$10, %eax
	syscall
	test	%rax, %rax
	jz	next
	jmp	leave
runner_code_end:

	.globl runner_set_flags, runner_use_tiles, runner_stub_end
runner_set_flags:
	popfq
	jmp	next

runner_use_tiles:
	ldtilecfg (%rsp)
	tilezero %tmm0
	jmp	next
runner_stub_end:

	.section .note.GNU-stack, "", @progbits
