/* SPDX-License-Identifier: Apache-2.0 */
/* misc.c - files of /proc/PID with little in them. */
#include <errno.h>
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

/* "  1426738.597875": milliseconds and the rest, SPLIT_NS() in kernel/sched/debug.c */
static bool scan_split_ns(struct scan *s, uint64_t *ret_ns)
{
	const char *point;
	uint64_t ms, ns;

	scan_blanks(s);
	if (!scan_char(s, ':'))
		return false;
	scan_blanks(s);
	if (!scan_dec(s, &ms) || !scan_char(s, '.'))
		return false;
	point = s->p;
	if (!scan_dec(s, &ns) || s->p - point != 6 || s->p != s->end)
		return false;
	return !__builtin_mul_overflow(ms, 1000000, &ms) && !__builtin_add_overflow(ms, ns, ret_ns);
}

int proc_parse_sched_exec_start(const char *text, size_t len, uint64_t *ret_ns)
{
	struct scan s = scan_text(text, len), line;
	bool body = false;

	/* A name with a newline in it may make the first line two. */
	while (scan_line(&s, &line)) {
		if (SCAN_LIT(&line, "---------"))
			body = true;
		else if (body && SCAN_LIT(&line, "se.exec_start"))
			return scan_split_ns(&line, ret_ns) ? 0 : -EINVAL;
	}
	return -EINVAL;
}

int proc_read_sched_exec_start(struct arena *a, int taskdir, uint64_t *ret_ns)
{
	PROC_TEXT_BUFFER(buf);
	const char *text;
	size_t len;
	int r = proc_text(a, taskdir, "sched", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_sched_exec_start(text, len, ret_ns);
}

int proc_parse_schedstat(const char *text, size_t len, struct proc_schedstat *ret)
{
	struct scan s = scan_text(text, len);
	uint64_t slices;

	return scan_dec(&s, &ret->ran_ns) && scan_char(&s, ' ') && scan_dec(&s, &ret->waited_ns) &&
	       scan_char(&s, ' ') && scan_dec(&s, &slices) && scan_char(&s, '\n') && s.p == s.end ? 0 : -EINVAL;
}

int proc_read_schedstat(struct arena *a, int taskdir, struct proc_schedstat *ret)
{
	PROC_TEXT_BUFFER(buf);
	const char *text;
	size_t len;
	int r = proc_text(a, taskdir, "schedstat", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_schedstat(text, len, ret);
}

int proc_read_auxv(struct arena *a, int procdir, uint64_t **ret, size_t *ret_n)
{
	PROC_TEXT_BUFFER(buf);
	const uint64_t *words;
	uint64_t *copy;
	const char *text;
	size_t len, n;
	int r = proc_text(a, procdir, "auxv", buf, sizeof(buf), &text, &len);

	if (r)
		return r;
	words = (const void *)text;
	n = len / sizeof(*words);
	if (!n)
		return -ESRCH;	/* no mm; newer kernels say so in open(2) */
	if (len % (2 * sizeof(*words)) || words[n - 2])
		return -EINVAL;
	copy = arena_memdup(a, words, len);
	if (!copy)
		return -ENOMEM;
	*ret = copy;
	*ret_n = n;
	return 0;
}

int proc_read_has_timers(struct arena *a, int procdir, bool *ret)
{
	auto_(proc_file_close) struct proc_file f = proc_file_open(procdir, "timers");
	char first;
	ssize_t n;

	(void)a;
	if (f.fd < 0)
		return f.fd;
	n = FAULTY(FAULT_READ, pread(f.fd, &first, 1, 0));
	if (n < 0)
		return -errno;
	*ret = n > 0;
	return 0;
}

/* A file that holds one number: with or without a newline. */
static int read_number(struct arena *a, int dirfd, const char *name, char *buf, size_t size, struct scan *s)
{
	const char *text;
	size_t len;
	int r = proc_text(a, dirfd, name, buf, size, &text, &len);

	if (!r)
		*s = scan_text(text, len);
	return r;
}

static bool number_ends(struct scan *s)
{
	scan_blanks(s);
	scan_char(s, '\n');
	return s->p == s->end;
}

int proc_read_u64(struct arena *a, int dirfd, const char *name, int base, uint64_t *ret)
{
	char buf[64];
	struct scan s;
	uint64_t v;
	int r = read_number(a, dirfd, name, buf, sizeof(buf), &s);

	if (r)
		return r;
	if (!scan_u64(&s, base, &v) || !number_ends(&s))
		return -EINVAL;
	*ret = v;
	return 0;
}

int proc_read_s64(struct arena *a, int dirfd, const char *name, int64_t *ret)
{
	char buf[64];
	struct scan s;
	int64_t v;
	int r = read_number(a, dirfd, name, buf, sizeof(buf), &s);

	if (r)
		return r;
	if (!scan_s64(&s, &v) || !number_ends(&s))
		return -EINVAL;
	*ret = v;
	return 0;
}

int proc_read_link(struct arena *a, int procdir, const char *name, char **ret)
{
	return io_readlink(a, procdir, name, ret);
}
