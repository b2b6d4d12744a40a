/* SPDX-License-Identifier: Apache-2.0 */
/* status.c - /proc/PID/status. */
#include <errno.h>
#include "arena.h"
#include "proc.h"
#include "cleanup.h"
#include "scan.h"
#include "text.h"

struct parse {
	struct arena *a;
	struct proc_status st;
	size_t n_nstgid;
};

typedef int value_fn(struct parse *p, struct scan *v, void *field);

static int ok(bool good)
{
	return good ? 0 : -EINVAL;
}

/* seq_escape_str(..., "\n\\") in proc_task_name(), fs/proc/array.c */
static int value_name(struct parse *p, struct scan *v, void *field)
{
	size_t n = 0;

	(void)field;
	while (v->p < v->end) {
		char c = *v->p++;

		if (c == '\\' && scan_char(v, 'n'))
			c = '\n';
		else if (c == '\\')
			scan_char(v, '\\');
		if (n + 1 >= sizeof(p->st.name))
			return -EINVAL;
		p->st.name[n++] = c;
	}
	return 0;
}

static int value_state(struct parse *p, struct scan *v, void *field)
{
	(void)field;
	if (v->p == v->end)
		return -EINVAL;
	p->st.state = *v->p++;
	if (!SCAN_LIT(v, " ("))		/* "S (sleeping)", "t (tracing stop)" */
		return -EINVAL;
	v->p = v->end;
	return 0;
}

static int value_int(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_int(v, field));
}

static int value_u32(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_u32(v, 10, field));
}

static int value_octal(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_u32(v, 8, field));
}

static int value_u64(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_dec(v, field));
}

static int value_mask(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_hex(v, field));
}

static int value_kib(struct parse *p, struct scan *v, void *field)
{
	(void)p;
	return ok(scan_kib(v, field));
}

static int value_bool(struct parse *p, struct scan *v, void *field)
{
	uint64_t n;

	(void)p;
	if (!scan_dec(v, &n))
		return -EINVAL;
	*(bool *)field = n != 0;
	return 0;
}

static int value_ids(struct parse *p, struct scan *v, void *field)
{
	uint32_t *id = field;

	(void)p;
	for (int i = 0; i < 4; i++, scan_blanks(v))
		if (!scan_u32(v, 10, &id[i]))
			return -EINVAL;
	return 0;
}

static int value_groups(struct parse *p, struct scan *v, void *field)
{
	size_t max = scan_left(v) / 2 + 1, n = 0;	/* a digit and a blank each */
	uint32_t *g;

	(void)field;
	if (v->p == v->end)
		return 0;
	g = arena_zalloc(p->a, max * sizeof(*g));
	if (!g)
		return -ENOMEM;
	for (; v->p < v->end; scan_blanks(v), n++)
		if (n == max || !scan_u32(v, 10, &g[n]))
			return -EINVAL;
	p->st.groups = g;
	p->st.n_groups = n;
	return 0;
}

static int value_nspid(struct parse *p, struct scan *v, void *field)
{
	pid_t *pid = field;
	size_t n = 0;

	for (; v->p < v->end; scan_blanks(v), n++)
		if (n == ARRAY_SIZE(p->st.nspid) || !scan_int(v, &pid[n]))
			return -EINVAL;
	if (pid == p->st.nspid)
		p->st.n_nspid = n;
	else
		p->n_nstgid = n;
	return 0;
}

enum { OPTIONAL, NEEDED };
#define ROW(key_, fn_, name, needed_) \
	{ key_ ":", sizeof(key_), needed_, fn_, offsetof(struct proc_status, name) }
static const struct row {
	const char *key;
	uint8_t len, needed;
	value_fn *fn;
	uint16_t at;
} rows[] = {
	ROW("Name", value_name, name, NEEDED),
	ROW("Umask", value_octal, umask, OPTIONAL),	/* Linux 4.7 */
	ROW("State", value_state, state, NEEDED),
	ROW("Tgid", value_int, tgid, NEEDED),
	ROW("Pid", value_int, pid, NEEDED),
	ROW("PPid", value_int, ppid, NEEDED),
	ROW("TracerPid", value_int, tracer, NEEDED),
	ROW("Uid", value_ids, uid, NEEDED),
	ROW("Gid", value_ids, gid, NEEDED),
	ROW("Groups", value_groups, groups, NEEDED),
	ROW("NStgid", value_nspid, nstgid, OPTIONAL),	/* CONFIG_PID_NS */
	ROW("NSpid", value_nspid, nspid, OPTIONAL),
	ROW("Kthread", value_bool, kthread, OPTIONAL),	/* Linux 6.8 */
	ROW("RssAnon", value_kib, rss_anon, OPTIONAL),	/* Linux 4.5; needs an mm */
	ROW("VmSwap", value_kib, swap, OPTIONAL),
	ROW("THP_enabled", value_bool, thp_enabled, OPTIONAL),	/* Linux 5.0; needs an mm */
	ROW("Threads", value_int, threads, NEEDED),
	ROW("SigPnd", value_mask, sig_pending, NEEDED),
	ROW("ShdPnd", value_mask, sig_shared, NEEDED),
	ROW("SigBlk", value_mask, sig_blocked, NEEDED),
	ROW("SigIgn", value_mask, sig_ignored, NEEDED),
	ROW("SigCgt", value_mask, sig_caught, NEEDED),
	ROW("CapInh", value_mask, cap_inh, NEEDED),
	ROW("CapPrm", value_mask, cap_prm, NEEDED),
	ROW("CapEff", value_mask, cap_eff, NEEDED),
	ROW("CapBnd", value_mask, cap_bnd, NEEDED),
	ROW("CapAmb", value_mask, cap_amb, OPTIONAL),	/* Linux 4.3 */
	ROW("NoNewPrivs", value_bool, no_new_privs, OPTIONAL),	/* Linux 4.10 */
	ROW("Seccomp", value_int, seccomp, OPTIONAL),	/* CONFIG_SECCOMP */
	ROW("Seccomp_filters", value_u32, seccomp_filters, OPTIONAL),	/* Linux 5.9 */
	ROW("voluntary_ctxt_switches", value_u64, voluntary_switches, NEEDED),
	ROW("nonvoluntary_ctxt_switches", value_u64, involuntary_switches, NEEDED),
};
_Static_assert(ARRAY_SIZE(rows) <= 64, "rows seen are bits of a word");

/* Lines come in the order of the rows: the search begins where the last one ended. */
static const struct row *find_row(struct scan *line, unsigned *at)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		unsigned nr = *at + i < ARRAY_SIZE(rows) ? *at + i : *at + i - ARRAY_SIZE(rows);

		if (*line->p == *rows[nr].key && scan_word(line, rows[nr].key, rows[nr].len)) {
			*at = nr;
			return &rows[nr];
		}
	}
	return NULL;
}

static int parse_line(struct parse *p, struct scan *line, unsigned *at, uint64_t *seen)
{
	const struct row *row = line->p < line->end ? find_row(line, at) : NULL;
	int r;

	if (!row)
		return 0;
	*seen |= 1ull << *at;
	if (row->fn == value_name)
		scan_char(line, '\t');	/* the name itself may begin with blanks */
	else
		scan_blanks(line);
	r = row->fn(p, line, (char *)&p->st + row->at);
	scan_blanks(line);
	return r ? r : ok(line->p == line->end);
}

int proc_parse_status(struct arena *a, const char *text, size_t len, struct proc_status *ret)
{
	struct parse p = { .a = a, .st = { .umask = (mode_t)-1, .thp_enabled = true } };
	struct scan s = scan_text(text, len), line;
	uint64_t seen = 0;
	unsigned at = 0;

	while (scan_line(&s, &line)) {
		int r = parse_line(&p, &line, &at, &seen);

		if (r)
			return r;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].needed && !(seen >> i & 1))
			return -EINVAL;
	if (s.p != s.end || p.n_nstgid != p.st.n_nspid)
		return -EINVAL;
	*ret = p.st;
	return 0;
}

int proc_read_status(struct arena *a, int procdir, struct proc_status *ret)
{
	PROC_TEXT_BUFFER(buf);
	const char *text;
	size_t len;
	int r = proc_text(a, procdir, "status", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_status(a, text, len, ret);
}
