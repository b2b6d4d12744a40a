/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - a cursor over kernel text, and what moves it.
 *
 * Each scan_* that returns bool moves past what it took and returns true, or
 * returns false. None looks at or behind `end`: no NUL is needed there.
 */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct scan { const char *p, *end; };

static inline struct scan scan_text(const char *text, size_t len)
{
	return (struct scan){ text, text + len };
}

static inline size_t scan_left(const struct scan *s)
{
	return s->end - s->p;
}

static inline bool scan_char(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static inline void scan_blanks(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t'))
		s->p++;
}

static inline bool scan_word(struct scan *s, const char *word, size_t len)
{
	if (scan_left(s) < len || memcmp(s->p, word, len))
		return false;
	s->p += len;
	return true;
}
#define SCAN_LIT(s, lit) scan_word((s), "" lit, sizeof(lit) - 1)

/* The next line, without its newline. A last line without one was cut: false. */
static inline bool scan_line(struct scan *s, struct scan *line)
{
	const char *nl = s->p < s->end ? memchr(s->p, '\n', scan_left(s)) : NULL;

	if (!nl)
		return false;
	*line = (struct scan){ s->p, nl };
	s->p = nl + 1;
	return true;
}

static inline unsigned scan_digit(char c)
{
	unsigned d = (unsigned char)c - '0';

	if (d < 10)
		return d;
	d = ((unsigned char)c | 0x20) - 'a';
	return d < 6 ? d + 10 : UINT_MAX;
}

/* At least one digit; false as well if it does not fit. */
static inline bool scan_u64(struct scan *s, unsigned base, uint64_t *ret)
{
	const char *from = s->p;
	uint64_t v = 0;

	for (; s->p < s->end; s->p++) {
		unsigned d = scan_digit(*s->p);

		if (d >= base)
			break;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) || __builtin_add_overflow(v, d, &v))
			return false;
	}
	*ret = v;
	return s->p > from;
}

static inline bool scan_hex(struct scan *s, uint64_t *ret)
{
	return scan_u64(s, 16, ret);
}

static inline bool scan_dec(struct scan *s, uint64_t *ret)
{
	return scan_u64(s, 10, ret);
}

/* "N kB", as bytes. */
static inline bool scan_kib(struct scan *s, uint64_t *ret_bytes)
{
	uint64_t kib;

	return scan_dec(s, &kib) && SCAN_LIT(s, " kB") && !__builtin_mul_overflow(kib, 1024, ret_bytes);
}

static inline bool scan_u32(struct scan *s, unsigned base, uint32_t *ret)
{
	uint64_t v;

	if (!scan_u64(s, base, &v) || v > UINT32_MAX)
		return false;
	*ret = v;
	return true;
}

static inline bool scan_s64(struct scan *s, int64_t *ret)
{
	bool minus = scan_char(s, '-');
	uint64_t v;

	if (!scan_dec(s, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? (int64_t)-v : (int64_t)v;
	return true;
}

static inline bool scan_int(struct scan *s, int *ret)
{
	int64_t v;

	if (!scan_s64(s, &v) || v < INT_MIN || v > INT_MAX)
		return false;
	*ret = v;
	return true;
}
