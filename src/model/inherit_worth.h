/* SPDX-License-Identifier: Apache-2.0 */
/* inherit_worth.h - how much in common is worth it. */
#pragma once

/* Under AddressSanitizer everything is worth it, so that all tests have heirs. */
#ifdef __SANITIZE_ADDRESS__
#define IS_HALF(part, whole) ((void)(whole), true)
#else
#define IS_HALF(part, whole) (2 * (part) >= (whole))
#endif
