/* SPDX-License-Identifier: Apache-2.0 */
/* trampoline.c - the part of the batch runner that is made for each slot. */
#include <string.h>

#include "runner.h"

/* mov CTX_R12(%r12), %r12 ; jmp *rip_of_context(%rip) */
static const unsigned char load_r12[8] = { 0x4d, 0x8b, 0xa4, 0x24, CTX_R12 & 0xff, CTX_R12 >> 8, 0, 0 };
static const unsigned char jump[2] = { 0xff, 0x25 };

void runner_trampoline(unsigned char *at, uint64_t at_va, uint64_t ctx_va)
{
	uint64_t next = at_va + sizeof(load_r12) + sizeof(jump) + 4;
	int32_t distance = (int32_t)(ctx_va + CTX_RIP - next);

	memcpy(at, load_r12, sizeof(load_r12));
	memcpy(at + sizeof(load_r12), jump, sizeof(jump));
	memcpy(at + sizeof(load_r12) + sizeof(jump), &distance, 4);
}

bool runner_is_trampoline(const unsigned char *at)
{
	return memcmp(at, load_r12, sizeof(load_r12)) == 0 && memcmp(at + sizeof(load_r12), jump, sizeof(jump)) == 0;
}
