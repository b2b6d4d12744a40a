/* SPDX-License-Identifier: Apache-2.0 */
/* runner.h - layout of what the batch runner (runner.S) reads and writes.
 *
 * Included by assembly: constants only, unless C is being compiled.
 *
 * A task enters with rbx = first entry, rbp = end of entries, r12 = context,
 * all signals but the end signal blocked. The runner makes the calls, raises
 * the end signal in its own task and, if nobody stops it there, puts back mask
 * and registers from the context and jumps to where the task was.
 */
#pragma once

#define ENTRY_SIZE	64
#define ENTRY_NR	0	/* low 32 bits: number; then flags */
#define ENTRY_A0	8
#define ENTRY_RET	56

#define ENTRY_REQUIRED_BIT	32
#define ENTRY_CHILD_EXITS_BIT	33
#define ENTRY_RESULTS_SHIFT	40	/* bit i: argument i is the address of an earlier result */
#define ENTRY_REPEAT_SHIFT	48	/* so many times more: see remote_ask_repeated() */

#define CTX_END_NR	0
#define CTX_END_A0	8
#define CTX_END_A1	16
#define CTX_END_A2	24
#define CTX_MASK	32
#define CTX_FLAGS	40
#define CTX_RSP		48
#define CTX_RIP		56
#define CTX_RAX		64
#define CTX_RBX		72
#define CTX_RCX		80
#define CTX_RDX		88
#define CTX_RSI		96
#define CTX_RDI		104
#define CTX_RBP		112
#define CTX_R8		120
#define CTX_R9		128
#define CTX_R10		136
#define CTX_R11		144
#define CTX_R12		152
#define CTX_R13		160
#define CTX_R14		168
#define CTX_R15		176
#define CTX_TRAMPOLINE	184
#define CTX_DONE	192
#define CTX_SIZE	256

/* One per slot, behind the runner in the code pages: the last two
 * instructions, which cannot be shared because no register is left for an
 * address. */
#define TRAMPOLINE_SIZE	16

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

struct runner_entry {
	uint64_t nr_flags;
	uint64_t arg[6];
	int64_t ret;
};

struct runner_context {
	uint64_t end_nr, end_arg[3];
	uint64_t mask, flags, rsp, rip;
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t trampoline, done;
	uint64_t end_timeout[2];	/* struct timespec of the ppoll end */
	uint64_t spare[5];
};
_Static_assert(sizeof(struct runner_entry) == ENTRY_SIZE, "runner.S counts on it");
_Static_assert(sizeof(struct runner_context) == CTX_SIZE, "runner.S counts on it");
_Static_assert(__builtin_offsetof(struct runner_context, trampoline) == CTX_TRAMPOLINE, "likewise");

extern const char runner_code[], runner_open[], runner_code_end[];
extern const char runner_set_flags[], runner_use_tiles[], runner_stub_end[];	/* in the stub only */

/* Write the trampoline of a context at `at` (its address there: at_va). */
void runner_trampoline(unsigned char *at, uint64_t at_va, uint64_t ctx_va);
bool runner_is_trampoline(const unsigned char *at);	/* TRAMPOLINE_SIZE bytes, aligned to as much */
#endif
