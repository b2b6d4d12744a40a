/* SPDX-License-Identifier: Apache-2.0 */
/* limits.c - /proc/PID/limits. */
#include <errno.h>
#include <sys/resource.h>
#include "cleanup.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

/* lnames[] in fs/proc/base.c */
#define ROW(name) { name " ", sizeof(name) }
static const struct { const char *name; size_t len; } rows[] = {
	[RLIMIT_CPU] = ROW("Max cpu time"),
	[RLIMIT_FSIZE] = ROW("Max file size"),
	[RLIMIT_DATA] = ROW("Max data size"),
	[RLIMIT_STACK] = ROW("Max stack size"),
	[RLIMIT_CORE] = ROW("Max core file size"),
	[RLIMIT_RSS] = ROW("Max resident set"),
	[RLIMIT_NPROC] = ROW("Max processes"),
	[RLIMIT_NOFILE] = ROW("Max open files"),
	[RLIMIT_MEMLOCK] = ROW("Max locked memory"),
	[RLIMIT_AS] = ROW("Max address space"),
	[RLIMIT_LOCKS] = ROW("Max file locks"),
	[RLIMIT_SIGPENDING] = ROW("Max pending signals"),
	[RLIMIT_MSGQUEUE] = ROW("Max msgqueue size"),
	[RLIMIT_NICE] = ROW("Max nice priority"),
	[RLIMIT_RTPRIO] = ROW("Max realtime priority"),
	[RLIMIT_RTTIME] = ROW("Max realtime timeout"),
};
_Static_assert(ARRAY_SIZE(rows) == 16, "one row for every limit");

static bool scan_limit(struct scan *s, uint64_t *ret)
{
	scan_blanks(s);
	if (SCAN_LIT(s, "unlimited"))
		*ret = UINT64_MAX;
	else if (!scan_dec(s, ret))
		return false;
	return s->p < s->end && *s->p == ' ';
}

/* The heading and limits that are newer than we are match no row. */
static bool parse_line(struct scan *line, struct proc_limit lim[16], unsigned *seen)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!scan_word(line, rows[i].name, rows[i].len))
			continue;
		*seen |= 1u << i;
		return scan_limit(line, &lim[i].soft) && scan_limit(line, &lim[i].hard);
	}
	return true;
}

int proc_parse_limits(const char *text, size_t len, struct proc_limit ret[16])
{
	struct scan s = scan_text(text, len), line;
	struct proc_limit lim[16];
	unsigned seen = 0;

	while (scan_line(&s, &line))
		if (!parse_line(&line, lim, &seen))
			return -EINVAL;
	if (s.p != s.end || seen != 0xffff)
		return -EINVAL;
	memcpy(ret, lim, sizeof(lim));
	return 0;
}

int proc_read_limits(struct arena *a, int procdir, struct proc_limit ret[16])
{
	char buf[PROC_TEXT_SIZE];
	const char *text;
	size_t len;
	int r = proc_text(a, procdir, "limits", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_limits(text, len, ret);
}
