/* SPDX-License-Identifier: Apache-2.0 */
/* mm_fields.c - what an address space knows of itself besides its VMAs. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "arch.h"
#include "task_part.h"

#define LDT_MAX 65536
#define LDT_READ 0
#define AUXV_WORDS 64u		/* AT_VECTOR_SIZE of linux/mm_types.h is below that */

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856	/* linux/prctl.h, since Linux 6.4 */
#endif

enum { CALL_BRK, CALL_LDT, CALL_THP, CALL_XCOMP, CALL_COLD, CALL_AUXV };
enum { ROOM_LDT, ROOM_XCOMP = 8, ROOM_AUXV = 16, ROOM_SIZE = ROOM_AUXV + AUXV_WORDS * 8 };

/* The LDT is read in full only where a short look says that there is one: it
 * needs more room than a slot has, which the task maps for the purpose. */
static int ask(struct task *t, struct answer *to)
{
	struct tracee *x = t->tracee;
	int n;

	to->room = remote_push(x, NULL, ROOM_SIZE);
	if (!to->room.va)
		return -ENOSPC;
	to->call = remote_ask(x, 0, 0, SYS_brk, REMOTE_ARGS(0));
	remote_ask(x, 0, 0, SYS_modify_ldt, REMOTE_ARGS(LDT_READ, to->room.va + ROOM_LDT, 8));
	remote_ask(x, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_THP_DISABLE, 0, 0, 0, 0));
	remote_ask(x, 0, 0, SYS_arch_prctl, REMOTE_ARGS(ARCH_GET_XCOMP_PERM, to->room.va + ROOM_XCOMP));
	remote_ask(x, 0, 0, SYS_madvise, REMOTE_ARGS(to->room.va & -ARCH_PAGE, ARCH_PAGE, MADV_COLD));
	n = remote_ask(x, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_AUXV, to->room.va + ROOM_AUXV, AUXV_WORDS * 8, 0, 0));
	return n < 0 ? n : 0;
}

/* Its own answer is cheaper to have than the file, which has to be opened. */
static int take_auxv(struct arena *a, struct process *p, long answer, const void *room)
{
	uint64_t words[AUXV_WORDS];
	size_t n = 0;

	if (answer < 0 || answer > (long)sizeof(words))
		return proc_read_auxv(a, p->dir, &p->mm->auxv, &p->mm->n_auxv);
	memcpy(words, room, sizeof(words));
	while (n < AUXV_WORDS - 2 && words[n])
		n += 2;
	p->mm->n_auxv = n + 2;
	p->mm->auxv = arena_memdup(a, words, (n + 2) * sizeof(*words));
	return p->mm->auxv ? 0 : -ENOMEM;
}

static void take_fields(struct process *p)
{
	const struct proc_stat *s = &leader(p)->stat;
	Mm *m = p->mm;

	m->id = p->image->mm = p->index + 1;
	m->start_code = s->start_code, m->end_code = s->end_code;
	m->start_data = s->start_data, m->end_data = s->end_data;
	m->start_brk = s->start_brk, m->start_stack = s->start_stack;
	m->arg_start = s->arg_start, m->arg_end = s->arg_end;
	m->env_start = s->env_start, m->env_end = s->env_end;
}

static void take_vdso(struct process *p)
{
	for (size_t i = p->n_vmas; i-- > 0;) {
		enum vma_type type = p->vmas[i].type;

		if (type == VMA_VDSO)
			p->x86->vdso_code = p->vmas[i].start;
		if (type == VMA_VDSO || type == VMA_VVAR || type == VMA_VVAR_VCLOCK)
			p->x86->vdso_base = p->vmas[i].start;
	}
}

static int take_ldt(struct arena *a, struct task *t)
{
	X86Context *m = t->process->x86;
	struct tracee *x = t->tracee;
	int map, read, r, undone;
	long at, len;

	m->ldt.data = arena_zalloc(a, LDT_MAX);
	if (!m->ldt.data)
		return -ENOMEM;
	map = remote_ask(x, REMOTE_REQUIRED, 0, SYS_mmap, REMOTE_ARGS(0, LDT_MAX, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t)-1, 0));
	read = remote_ask(x, 0, 1u << 1, SYS_modify_ldt, REMOTE_ARGS(LDT_READ, remote_result_of(x, map), LDT_MAX));
	r = remote_run(&x, 1);
	if (r < 0 || remote_failed(x, NULL) < 0)
		return r < 0 ? r : remote_failed(x, NULL);
	at = remote_result(x, map);
	len = remote_result(x, read);
	r = len < 0 ? (int)len : tracee_read(x, RPTR(at), m->ldt.data, (size_t)len);
	/* Whatever happened: a task that goes on does so without our mapping. */
	remote_ask(x, 0, 0, SYS_munmap, REMOTE_ARGS((uint64_t)at, LDT_MAX));
	undone = remote_run(&x, 1) < 0 ? remote_run(&x, 1) : 0;
	if (r < 0 || undone < 0)
		return r < 0 ? r : undone;
	/* The kernel fills the room with zeros: they end the table. */
	m->ldt.len = (size_t)len;
	while (m->ldt.len >= 8 && memcmp(m->ldt.data + m->ldt.len - 8, "\0\0\0\0\0\0\0", 8) == 0)
		m->ldt.len -= 8;
	m->ldt_entries = (uint32_t)(m->ldt.len / 8);
	return 0;
}

/* mlockall(MCL_FUTURE) shows in nothing but the mappings that come after it:
 * our own scratch is one, and locked memory cannot be advised to be cold. */
static int take_lock_future(struct arena *a, struct process *p)
{
	struct proc_vma *vmas;
	size_t n;
	int r = proc_read_maps(a, p->dir, true, &vmas, &n);

	for (size_t i = 0; r == 0 && i < n; i++)
		if (vmas[i].start <= p->scratch_start && p->scratch_start < vmas[i].end && vmas[i].flags >> VMF_LO & 1)
			p->mm->lock_future = MCL_FUTURE | (vmas[i].flags >> VMF_LF & 1 ? MCL_ONFAULT : 0);
	return r;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	struct process *p = t->process;
	uint64_t permitted = 0;
	const char *room;
	int r;

	(void)list;
	p->x86 = ARENA_MSG(a, X86Context, x86_context);
	if (!p->x86)
		return -ENOMEM;
	p->x86->ldt_entry_size = 8;
	take_vdso(p);
	take_fields(p);
	if (t->silent)
		return 0;
	room = remote_view(t->tracee, from->room);
	p->mm->brk = (uint64_t)remote_result(t->tracee, from->call + CALL_BRK);
	p->mm->thp_disable = remote_result(t->tracee, from->call + CALL_THP) > 0;
	if (remote_result(t->tracee, from->call + CALL_XCOMP) == 0)
		memcpy(&permitted, room + ROOM_XCOMP, sizeof(permitted));
	p->x86->xcomp_asked = ARCH_XCOMP_ASKED(permitted);
	r = take_auxv(a, p, remote_result(t->tracee, from->call + CALL_AUXV), room + ROOM_AUXV);
	if (r == 0 && remote_result(t->tracee, from->call + CALL_COLD) < 0)
		r = take_lock_future(a, p);
	if (r < 0)
		return r;
	return remote_result(t->tracee, from->call + CALL_LDT) > 0 ? take_ldt(a, t) : 0;
}

const struct task_part mm_part = { .name = "mm", .leader_only = true, .ask = ask, .take = take };
