/* SPDX-License-Identifier: Apache-2.0 */
/* prepare.c - what a task under restore does itself before its registers are set. */
#include "remote.h"

#include "arch.h"
#include "runner.h"
#include "xstate.h"

#define FLAGS_FIXED 0x202	/* IF and bit 1 are always set */
#define FLAGS_ID 0x200000	/* not in FLAG_MASK of arch/x86/kernel/ptrace.c */

/* One tile of one row of four bytes: Intel SDM volume 1, 18.3, table 18-1. */
static const struct tile_config {
	uint8_t palette, start_row, reserved[14];
	uint16_t bytes[16];
	uint8_t rows[16];
} one_tile = { .palette = 1, .bytes = { 4 }, .rows = { 1 } };
_Static_assert(sizeof(one_tile) == 64, "as the CPU reads it");

/* A task has no room for tiles before it uses one: xfd_enable_feature() of
 * arch/x86/kernel/fpu/xstate.c. */
static int make_room_for_tiles(struct tracee *t, const void *xstate, size_t len)
{
	if (!(xstate_components(xstate, len) & XSTATE_TILE_DATA))
		return 0;
	return remote_enter(t, (size_t)(runner_use_tiles - runner_code), &one_tile, sizeof(one_tile));
}

int arch_prepare(struct tracee *t, const X86Regs *regs, const void *xstate, size_t xstate_len)
{
	struct user_regs_struct now;
	uint64_t flags = FLAGS_FIXED | (regs->eflags & FLAGS_ID);
	int r = make_room_for_tiles(t, xstate, xstate_len);

	if (r == 0)
		r = tracee_get_regs(t, &now);
	if (r < 0 || !((now.eflags ^ regs->eflags) & FLAGS_ID))
		return r;
	return remote_enter(t, (size_t)(runner_set_flags - runner_code), &flags, sizeof(flags));
}
