/* SPDX-License-Identifier: Apache-2.0 */
/* vma_flag.c - VmFlags of smaps: names and numbers. */
#include <errno.h>
#include <stdint.h>
#include "cleanup.h"
#include "proc.h"

/* show_smap_vma_flags() in fs/proc/task_mmu.c; "dw" and "nl" are of older kernels. */
#define VMA_FLAGS(X) \
	X(RD, 'r', 'd') X(WR, 'w', 'r') X(EX, 'e', 'x') X(SH, 's', 'h') X(MR, 'm', 'r') \
	X(MW, 'm', 'w') X(ME, 'm', 'e') X(MS, 'm', 's') X(GD, 'g', 'd') X(PF, 'p', 'f') \
	X(DW, 'd', 'w') X(LO, 'l', 'o') X(IO, 'i', 'o') X(SR, 's', 'r') X(RR, 'r', 'r') \
	X(DC, 'd', 'c') X(DE, 'd', 'e') X(AC, 'a', 'c') X(NR, 'n', 'r') X(HT, 'h', 't') \
	X(SF, 's', 'f') X(AR, 'a', 'r') X(WF, 'w', 'f') X(DD, 'd', 'd') X(SD, 's', 'd') \
	X(MM, 'm', 'm') X(HG, 'h', 'g') X(NH, 'n', 'h') X(MG, 'm', 'g') X(UM, 'u', 'm') \
	X(UW, 'u', 'w') X(UI, 'u', 'i') X(SS, 's', 's') X(SL, 's', 'l') X(LF, 'l', 'f') \
	X(DP, 'd', 'p') X(BT, 'b', 't') X(MT, 'm', 't') X(NL, 'n', 'l') X(GU, 'g', 'u')

#define PLACE(c1, c2) (((c1) - 'a') * 26 + ((c2) - 'a'))

#define NAME(flag, c1, c2) [VMF_##flag] = { c1, c2 },
static const char names[][3] = { VMA_FLAGS(NAME) };

#define NUMBER(flag, c1, c2) [PLACE(c1, c2)] = VMF_##flag + 1,
static const uint8_t numbers[26 * 26] = { VMA_FLAGS(NUMBER) };

const char *vma_flag_name(enum vma_flag f)
{
	return (size_t)f < ARRAY_SIZE(names) ? names[f] : "??";
}

int vma_flag_by_name(const char *two)
{
	unsigned nr = 0;

	if (two[0] >= 'a' && two[0] <= 'z' && two[1] >= 'a' && two[1] <= 'z')
		nr = numbers[PLACE(two[0], two[1])];
	return nr ? (int)nr - 1 : -EINVAL;
}
