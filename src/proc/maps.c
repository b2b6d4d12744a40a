/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c - /proc/PID/maps and smaps. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "arena.h"
#include "cleanup.h"
#include "fault.h"
#include "io.h"
#include "proc.h"
#include "scan.h"
#include "text.h"

#define LINE_MAX_SIZE 32768u	/* even with a path of PATH_MAX, all of it newlines */
#define READ_SIZE 32768u

struct parse {
	struct arena *a;
	struct proc_vma *vmas;
	size_t n;
	const char *last_path;	/* neighbours have the same path as a rule */
	size_t last_len;
};

static bool scan_perms(struct scan *s, struct proc_vma *v)
{
	static const char letters[] = "rwx";
	static const int bits[] = { PROT_READ, PROT_WRITE, PROT_EXEC };

	if (scan_left(s) < 4)
		return false;
	for (int i = 0; i < 3; i++) {
		if (s->p[i] == letters[i])
			v->prot |= bits[i];
		else if (s->p[i] != '-')
			return false;
	}
	v->shared = s->p[3] == 's';
	if (!v->shared && s->p[3] != 'p')
		return false;
	s->p += 4;
	return true;
}

/* show_map_vma() in fs/proc/task_mmu.c escapes newlines and nothing else:
 * a backslash stands for itself, so "\134" in a name is those four characters. */
static char *unescape(struct arena *a, const char *from, size_t len)
{
	static const char esc[] = "\\012";
	char *path = arena_strndup(a, from, len), *to = path;

	for (const char *p = path; path && *p; )
		if (!strncmp(p, esc, 4)) {
			*to++ = '\n';
			p += 4;
		} else {
			*to++ = *p++;
		}
	if (path)
		*to = '\0';
	return path;
}

static const char *keep_path(struct parse *m, const char *from, size_t len)
{
	bool plain = !memchr(from, '\\', len);

	if (!len)
		return "";
	if (plain && m->last_path && len == m->last_len && !memcmp(from, m->last_path, len))
		return m->last_path;
	if (!plain)
		return unescape(m->a, from, len);
	m->last_path = arena_strndup(m->a, from, len);
	m->last_len = len;
	return m->last_path;
}

static enum vma_type named_type(const char *name)
{
	static const struct { const char *name; enum vma_type type; } names[] = {
		{ "[heap]", VMA_HEAP }, { "[stack]", VMA_STACK }, { "[vdso]", VMA_VDSO },
		{ "[vvar]", VMA_VVAR }, { "[vvar_vclock]", VMA_VVAR_VCLOCK },
		{ "[vsyscall]", VMA_VSYSCALL },
	};

	if (!*name)
		return VMA_ANON;
	/* What is no path of a file system ("anon_inode:[...]", "socket:[...]") is a file as well. */
	if (*name != '[')
		return VMA_FILE;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i].name))
			return names[i].type;
	return VMA_OTHER;
}

static int parse_name(struct parse *m, struct scan *s, struct proc_vma *v)
{
	static const char deleted[] = " (deleted)";
	size_t tail = sizeof(deleted) - 1, len;

	scan_blanks(s);
	len = scan_left(s);
	if (memchr(s->p, '\0', len))
		return -EINVAL;
	if (len > tail && (v->ino || *s->p == '/') && !memcmp(s->end - tail, deleted, tail)) {
		v->deleted = true;
		len -= tail;
	}
	v->path = keep_path(m, s->p, len);
	if (!v->path)
		return -ENOMEM;
	v->type = named_type(v->path);
	return 0;
}

static int parse_vma(struct parse *m, struct scan *s)
{
	struct proc_vma *v = ARENA_ADD(m->a, m->vmas, m->n);
	uint64_t major, minor;

	if (!v)
		return -ENOMEM;
	if (!scan_hex(s, &v->start) || !scan_char(s, '-') || !scan_hex(s, &v->end) || !scan_char(s, ' '))
		return -EINVAL;
	if (!scan_perms(s, v) || !scan_char(s, ' ') || !scan_hex(s, &v->pgoff) || !scan_char(s, ' '))
		return -EINVAL;
	if (!scan_hex(s, &major) || !scan_char(s, ':') || !scan_hex(s, &minor) || !scan_char(s, ' '))
		return -EINVAL;
	if (!scan_dec(s, &v->ino) || (s->p < s->end && *s->p != ' '))
		return -EINVAL;
	if (v->start >= v->end || major > UINT32_MAX || minor > UINT32_MAX)
		return -EINVAL;
	v->dev = makedev(major, minor);
	return parse_name(m, s, v);
}

/* The lines that we want, by their first letter: there are 24 of them for every VMA. */
static uint64_t *scan_key(struct scan *s, struct proc_vma *v)
{
	switch (*s->p) {
	case 'K':
		return SCAN_LIT(s, "KernelPageSize:") ? &v->page_size : NULL;
	case 'R':
		return SCAN_LIT(s, "Rss:") ? &v->rss : NULL;
	case 'A':
		if (SCAN_LIT(s, "Anonymous:"))
			return &v->anonymous;
		return SCAN_LIT(s, "AnonHugePages:") ? &v->anon_huge : NULL;
	case 'S':
		return SCAN_LIT(s, "Swap:") ? &v->swap : NULL;
	case 'L':
		return SCAN_LIT(s, "Locked:") ? &v->locked : NULL;
	}
	return NULL;
}

static void parse_flags(struct scan *s, struct proc_vma *v)
{
	for (scan_blanks(s); s->p < s->end; scan_blanks(s)) {
		const char *word = s->p;
		int f = VMF_UNKNOWN;

		while (s->p < s->end && *s->p != ' ')
			s->p++;
		if (s->p - word == 2)
			f = vma_flag_by_name(word);
		v->flags |= 1ull << (f < 0 ? VMF_UNKNOWN : f);
	}
}

static int parse_protection_key(struct scan *s, struct proc_vma *v)
{
	uint64_t key;

	scan_blanks(s);
	if (!scan_dec(s, &key) || s->p != s->end || key > UINT16_MAX)
		return -EINVAL;
	v->key = (unsigned)key;
	return 0;
}

static int parse_key(struct parse *m, struct scan *s)
{
	struct proc_vma *v = m->n ? &m->vmas[m->n - 1] : NULL;
	uint64_t *field;

	if (!v)
		return -EINVAL;
	if (SCAN_LIT(s, "VmFlags:")) {
		parse_flags(s, v);
		return 0;
	}
	if (SCAN_LIT(s, "ProtectionKey:"))
		return parse_protection_key(s, v);
	field = scan_key(s, v);
	if (!field)
		return 0;
	scan_blanks(s);
	return scan_kib(s, field) && s->p == s->end ? 0 : -EINVAL;
}

/* Take the whole lines of *s; a last one without its newline stays. */
static int parse_lines(struct parse *m, struct scan *s)
{
	struct scan line;

	while (scan_line(s, &line)) {
		bool key = line.p < line.end && *line.p >= 'A' && *line.p <= 'Z';
		int r = key ? parse_key(m, &line) : parse_vma(m, &line);

		if (r)
			return r;
	}
	return 0;
}

int proc_parse_maps(struct arena *a, const char *text, size_t len, struct proc_vma **ret, size_t *ret_n)
{
	struct parse m = { .a = a };
	struct scan s = scan_text(text, len);
	int r = parse_lines(&m, &s);

	if (r)
		return r;
	if (s.p != s.end)
		return -EINVAL;
	*ret = m.vmas;
	*ret_n = m.n;
	return 0;
}

/* The text of smaps is 900 bytes a VMA: it is parsed as it comes and never kept.
 * The part of a line that has come goes in front of what comes next. */
static int read_lines(struct parse *m, int fd)
{
	_Alignas(IO_ALIGNMENT) char buf[LINE_MAX_SIZE + READ_SIZE];
	char *to = buf + LINE_MAX_SIZE;
	size_t have = 0;
	ssize_t n;

	while ((n = FAULTY(FAULT_READ, read(fd, to, READ_SIZE))) != 0) {
		struct scan s;
		int r;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		s = scan_text(to - have, have + n);
		r = parse_lines(m, &s);
		if (r)
			return r;
		have = scan_left(&s);
		if (have > LINE_MAX_SIZE)
			return -EINVAL;
		memmove(to - have, s.p, have);
	}
	return have ? -EINVAL : 0;
}

int proc_read_maps(struct arena *a, int procdir, bool smaps, struct proc_vma **ret, size_t *ret_n)
{
	autoclose fd = proc_openat(procdir, smaps ? "smaps" : "maps");
	struct parse m = { .a = a };
	int r;

	if (fd < 0)
		return fd;
	r = read_lines(&m, fd);
	if (r)
		return r;
	if (!m.n)
		return -ESRCH;	/* no mm: a zombie, a kernel thread */
	*ret = m.vmas;
	*ret_n = m.n;
	return 0;
}
