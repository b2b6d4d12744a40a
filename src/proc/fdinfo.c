/* SPDX-License-Identifier: Apache-2.0 */
/* fdinfo.c - /proc/PID/fdinfo/FD. */
#include <errno.h>
#include <stdio.h>
#include "arena.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

/* Cut one line of our own copy of the text into key and value. */
static void cut_line(char *p, char *end, struct fdinfo_line *line)
{
	*end = '\0';
	while (*p == ' ' || *p == '\t')
		p++;
	line->key = p;
	p += strcspn(p, ": \t");
	if (*p)
		*p++ = '\0';
	line->value = p + strspn(p, " \t");
}

static int common_lines(struct fdinfo *f)
{
	const char *pos = fdinfo_get(f, "pos");
	struct scan s = scan_text(pos ? pos : "", pos ? strlen(pos) : 0);
	uint64_t flags, mnt_id;
	int64_t at;
	int r;

	/* Signed: some files of addresses (/dev/mem) have "negative" positions. */
	if (!scan_s64(&s, &at) || s.p != s.end)
		return -EINVAL;
	if (fdinfo_u64(f, "flags", 8, &flags) || flags > UINT_MAX)
		return -EINVAL;
	if (fdinfo_u64(f, "mnt_id", 10, &mnt_id) || mnt_id > INT_MAX)
		return -EINVAL;
	r = fdinfo_u64(f, "ino", 10, &f->ino);
	if (r == -EINVAL)
		return r;
	f->pos = at;
	f->flags = flags;
	f->mnt_id = mnt_id;
	return 0;
}

/* `text` is in the arena and ours to cut. */
static int parse_copy(struct arena *a, char *text, size_t len, struct fdinfo *ret)
{
	struct fdinfo f = { 0 };
	size_t n = 0;
	int r;

	if (text[len - 1] != '\n')
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	f.lines = arena_zalloc(a, n * sizeof(*f.lines));
	if (!f.lines)
		return -ENOMEM;
	for (char *p = text; p < text + len; ) {
		char *nl = memchr(p, '\n', text + len - p);

		if (nl > p)
			cut_line(p, nl, &f.lines[f.n_lines++]);
		p = nl + 1;
	}
	r = common_lines(&f);
	if (!r)
		*ret = f;
	return r;
}

int proc_parse_fdinfo(struct arena *a, const char *text, size_t len, struct fdinfo *ret)
{
	char *copy = len ? arena_memdup(a, text, len) : NULL;

	if (!len)
		return -EINVAL;
	return copy ? parse_copy(a, copy, len, ret) : -ENOMEM;
}

int proc_read_fdinfo(struct arena *a, int procdir, int fd, struct fdinfo *ret)
{
	PROC_TEXT_BUFFER(buf);
	char name[32];
	const char *text;
	size_t len;
	int r;

	snprintf(name, sizeof(name), "fdinfo/%d", fd);
	r = proc_text(a, procdir, name, buf, sizeof(buf), &text, &len);
	return r ? r : proc_parse_fdinfo(a, text, len, ret);
}

const char *fdinfo_get(const struct fdinfo *f, const char *key)
{
	for (size_t i = 0; i < f->n_lines; i++)
		if (!strcmp(f->lines[i].key, key))
			return f->lines[i].value;
	return NULL;
}

int fdinfo_u64(const struct fdinfo *f, const char *key, int base, uint64_t *ret)
{
	const char *value = fdinfo_get(f, key);
	struct scan s;
	uint64_t v;

	if (!value)
		return -ENOENT;
	s = scan_text(value, strlen(value));
	if (base == 16)
		SCAN_LIT(&s, "0x");
	if (!scan_u64(&s, base, &v) || (s.p < s.end && *s.p != ' ' && *s.p != '\t'))
		return -EINVAL;
	*ret = v;
	return 0;
}
