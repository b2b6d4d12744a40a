/* SPDX-License-Identifier: Apache-2.0 */
/* syscall.c - /proc/PID/task/TID/syscall: what a blocked task is blocked in. */
#include <errno.h>
#include "proc.h"
#include "scan.h"
#include "text.h"

static bool scan_address(struct scan *s, uint64_t *ret)
{
	return SCAN_LIT(s, " 0x") && scan_hex(s, ret);
}

/* "running", "-1 SP PC" outside system calls, or "NR six-arguments SP PC":
 * proc_pid_syscall() in fs/proc/base.c. */
static bool scan_syscall(struct scan *s, struct proc_syscall *c)
{
	int64_t nr;

	if (SCAN_LIT(s, "running")) {
		c->running = true;
		return true;
	}
	if (!scan_s64(s, &nr))
		return false;
	c->nr = nr;
	for (int i = 0; nr != -1 && i < 6; i++)
		if (!scan_address(s, &c->arg[i]))
			return false;
	return scan_address(s, &c->sp) && scan_address(s, &c->pc);
}

int proc_parse_syscall(const char *text, size_t len, struct proc_syscall *ret)
{
	struct scan s = scan_text(text, len);
	struct proc_syscall c = { .nr = -1 };

	if (!scan_syscall(&s, &c) || !scan_char(&s, '\n') || s.p != s.end)
		return -EINVAL;
	*ret = c;
	return 0;
}

int proc_read_syscall(struct arena *a, int taskdir, struct proc_syscall *ret)
{
	PROC_TEXT_BUFFER(buf);
	const char *text;
	size_t len;
	int r = proc_text(a, taskdir, "syscall", buf, sizeof(buf), &text, &len);

	return r ? r : proc_parse_syscall(text, len, ret);
}
