/* SPDX-License-Identifier: Apache-2.0 */
/* stat.c - /proc/PID/stat. */
#include <errno.h>
#include "proc.h"
#include "scan.h"
#include "text.h"

enum { SKIP, INT32, UINT32, UINT64 };

/* The numbers as proc(5) numbers them; field 3, the state, comes before. */
#define FIELD(type_, name) { type_, offsetof(struct proc_stat, name) }
static const struct { uint8_t type; uint16_t at; } fields[53] = {
	[4] = FIELD(INT32, ppid),
	[5] = FIELD(INT32, pgrp),
	[6] = FIELD(INT32, sid),
	[7] = FIELD(INT32, tty),	/* printed as an int, minor bits may reach the sign */
	[8] = FIELD(INT32, tpgid),
	[9] = FIELD(UINT64, flags),
	[19] = FIELD(INT32, nice),
	[20] = FIELD(INT32, threads),
	[22] = FIELD(UINT64, start_time),
	[24] = FIELD(UINT64, resident),
	[26] = FIELD(UINT64, start_code),
	[27] = FIELD(UINT64, end_code),
	[28] = FIELD(UINT64, start_stack),
	[38] = FIELD(INT32, exit_signal),
	[40] = FIELD(UINT32, rt_priority),
	[41] = FIELD(UINT32, policy),
	[45] = FIELD(UINT64, start_data),
	[46] = FIELD(UINT64, end_data),
	[47] = FIELD(UINT64, start_brk),
	[48] = FIELD(UINT64, arg_start),
	[49] = FIELD(UINT64, arg_end),
	[50] = FIELD(UINT64, env_start),
	[51] = FIELD(UINT64, env_end),
	[52] = FIELD(INT32, exit_code),
};

static bool scan_field(struct scan *s, unsigned nr, struct proc_stat *st)
{
	void *at = (char *)st + fields[nr].at;
	int64_t any;

	switch (fields[nr].type) {
	case INT32:
		return scan_int(s, at);
	case UINT32:
		return scan_u32(s, 10, at);
	case UINT64:
		return scan_dec(s, at);
	}
	/* The others are signed or unsigned longs; nobody needs their value. */
	if (s->p < s->end && *s->p == '-')
		return scan_s64(s, &any);
	return scan_dec(s, (uint64_t *)&any);
}

/* The name may hold anything but NUL, also ") R 1 2": what follows it cannot hold a ')'. */
static bool scan_comm(struct scan *s, struct proc_stat *st)
{
	const char *close = memrchr(s->p, ')', scan_left(s));
	size_t len;

	if (!close || !scan_char(s, '(') || close < s->p)
		return false;
	len = close - s->p;
	if (len >= sizeof(st->comm))
		return false;
	memcpy(st->comm, s->p, len);
	s->p = close + 1;
	return true;
}

int proc_parse_stat(const char *text, size_t len, struct proc_stat *ret)
{
	struct scan s = scan_text(text, len);
	struct proc_stat st = { 0 };

	if (!scan_int(&s, &st.pid) || !scan_char(&s, ' ') || !scan_comm(&s, &st) || !scan_char(&s, ' '))
		return -EINVAL;
	if (s.p == s.end || *s.p < 'A' || *s.p > 'z')
		return -EINVAL;
	st.state = *s.p++;
	for (unsigned nr = 4; nr < 53; nr++)
		if (!scan_char(&s, ' ') || !scan_field(&s, nr, &st))
			return -EINVAL;
	/* Newer kernels may append fields; a text without its newline was cut. */
	if (s.p == s.end || (*s.p != ' ' && *s.p != '\n') || s.end[-1] != '\n')
		return -EINVAL;
	*ret = st;
	return 0;
}

int proc_read_stat(struct arena *a, int procdir, struct proc_stat *ret)
{
	PROC_TEXT_BUFFER(buf);
	const char *text;
	size_t len;
	int r = proc_text(a, procdir, "stat", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_stat(text, len, ret);
}
