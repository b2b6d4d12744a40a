/* SPDX-License-Identifier: Apache-2.0 */
/* xstate.h - the XSAVE area in its standard format, as ptrace(2) and signal frames have it. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define XSTATE_SW 464		/* for software: in a regset the components the kernel supports, in a frame sw_bytes */
#define XSTATE_BV 512		/* in the header: the components that are not in their initial state */
#define XSTATE_MIN 576		/* legacy area and header */

/* The one component that a program must ask for, and for which the kernel
 * makes room at the first use (XFEATURE_MASK_USER_DYNAMIC, Linux 6.18). */
#define XSTATE_TILE_DATA (1ull << 18)

#define XSTATE_PKRU (1ull << 9)

static inline uint64_t xstate_components(const void *area, size_t len)
{
	uint64_t bv = 0;

	if (len >= XSTATE_MIN)
		memcpy(&bv, (const char *)area + XSTATE_BV, sizeof(bv));
	return bv;
}
