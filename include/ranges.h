/* SPDX-License-Identifier: Apache-2.0 */
/* ranges.h - stretches of addresses, in order. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct arena;

struct range {
	uint64_t start, end;
};

/* Ascending, neither overlapping nor touching. The list is an arena's. */
struct ranges {
	struct range *list;
	size_t n;
};

/* One that does not begin before the last of them, and is joined with it if they touch. -ENOMEM. */
int ranges_add(struct arena *a, struct ranges *to, uint64_t start, uint64_t end);

/* The number of the first that ends behind `at`; n: there is none. */
size_t ranges_first(const struct ranges *r, uint64_t at);
