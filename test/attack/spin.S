/* SPDX-License-Identifier: Apache-2.0 */
/* spin.S - loops that hold known values in registers; offsets are those of spin.h. */
#define IN	0
#define OUT	512
#define GPR_IN	1024
#define GPR_OUT	1128
#define FLAGS	1232
#define GO	1240

#define EACH_YMM 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define EACH_GPR rax, rbx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15

	.macro saved op, r0, r1, r2, r3, r4, r5
	\op	%\r0
	\op	%\r1
	\op	%\r2
	\op	%\r3
	\op	%\r4
	\op	%\r5
	.endm

	.text
	.globl spin_avx
spin_avx:
	saved push, rbx, rbp, r12, r13, r14, r15
	.set at, 0
	.irp n, EACH_YMM
	vmovups	IN + at(%rdi), %ymm\n
	.set at, at + 32
	.endr
	.set at, 0
	.irp r, EACH_GPR
	mov	GPR_IN + at(%rdi), %\r
	.set at, at + 8
	.endr
	std
	stc
1:	pause
	mov	GO(%rdi), %rcx
	mov	(%rcx), %ecx
	jrcxz	1b
	.set at, 0
	.irp r, EACH_GPR
	mov	%\r, GPR_OUT + at(%rdi)
	.set at, at + 8
	.endr
	pushfq
	pop	FLAGS(%rdi)
	cld
	.set at, 0
	.irp n, EACH_YMM
	vmovups	%ymm\n, OUT + at(%rdi)
	.set at, at + 32
	.endr
	vzeroall
	saved pop, r15, r14, r13, r12, rbp, rbx
	ret

#define CONFIG_OUT 64
#define TILES_IN 128
#define TILES_OUT 8320
#define AMX_GO	16512

	.globl spin_amx
spin_amx:
	ldtilecfg (%rdi)
	mov	$64, %eax
	lea	TILES_IN(%rdi), %rsi
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	tileloadd (%rsi,%rax,1), %tmm\n
	add	$1024, %rsi
	.endr
1:	pause
	mov	AMX_GO(%rdi), %rcx
	mov	(%rcx), %ecx
	jrcxz	1b
	sttilecfg CONFIG_OUT(%rdi)
	lea	TILES_OUT(%rdi), %rsi
	.irp n, 0, 1, 2, 3, 4, 5, 6, 7
	tilestored %tmm\n, (%rsi,%rax,1)
	add	$1024, %rsi
	.endr
	tilerelease
	ret

	.section .note.GNU-stack, "", @progbits
