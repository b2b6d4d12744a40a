/* SPDX-License-Identifier: Apache-2.0 */
/* batch.c - asking for calls, running them in many tasks at once, results. */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "fault.h"
#include "remote.h"
#include "slot.h"

#define POLL_US 20
#define SLEEP_END_NS 50000000	/* how long the end of a batch lasts that raises no signal */

static void begin_anew(struct remote_slot *s)
{
	if (!s->ran)
		return;
	s->ran = false;
	s->calls = 0;
	s->data = s->size;
}

bool remote_has_room(const struct tracee *t, size_t calls, size_t bytes)
{
	const struct remote_slot *s = t->slot;

	if (s->ran)
		return CTX_SIZE + calls * ENTRY_SIZE + bytes + 16 <= s->size;
	return slot_entries_end(s) + calls * ENTRY_SIZE + bytes + 16 <= s->data;
}

int remote_ask(struct tracee *t, int flags, unsigned results, long nr, const uint64_t arg[6])
{
	struct remote_slot *s = t->slot;
	struct runner_entry *e;

	begin_anew(s);
	if (!remote_has_room(t, 1, 0))
		return -ENOSPC;
	e = slot_entry(s, s->calls);
	e->nr_flags = (uint64_t)(uint32_t)nr | (uint64_t)results << ENTRY_RESULTS_SHIFT;
	if (flags & REMOTE_REQUIRED)
		e->nr_flags |= 1ull << ENTRY_REQUIRED_BIT;
	if (flags & REMOTE_CHILD_EXITS)
		e->nr_flags |= 1ull << ENTRY_CHILD_EXITS_BIT;
	memcpy(e->arg, arg, sizeof(e->arg));
	e->ret = -ECANCELED;
	return (int)s->calls++;
}

int remote_ask_repeated(struct tracee *t, unsigned times, long nr, const uint64_t arg[6])
{
	int n = remote_ask(t, 0, 0, nr, arg);

	if (n >= 0)
		slot_entry(t->slot, (size_t)n)->nr_flags |= (uint64_t)(times - 1) << ENTRY_REPEAT_SHIFT;
	return n;
}

uint64_t remote_result_of(const struct tracee *t, int n)
{
	return t->slot->va + CTX_SIZE + (uint64_t)n * ENTRY_SIZE + ENTRY_RET;
}

long remote_result(const struct tracee *t, int n)
{
	if (n < 0 || (size_t)n >= t->slot->calls)
		return -EINVAL;
	return slot_entry(t->slot, (size_t)n)->ret;
}

rptr remote_push(struct tracee *t, const void *data, size_t len)
{
	struct remote_slot *s = t->slot;
	size_t take = (len + 15) & ~(size_t)15;

	begin_anew(s);
	if (take > s->data || s->data - take < slot_entries_end(s))
		return RPTR(0);
	s->data -= take;
	memset(s->local + s->data, 0, take);
	if (data)
		memcpy(s->local + s->data, data, len);
	return RPTR(s->va + s->data);
}

const void *remote_view(const struct tracee *t, rptr p)
{
	return t->slot->local + (p.va - t->slot->va);
}

int remote_failed(const struct tracee *t, long *ret_nr)
{
	for (size_t i = 0; i < t->slot->calls; i++) {
		const struct runner_entry *e = slot_entry(t->slot, i);

		if ((e->nr_flags >> ENTRY_REQUIRED_BIT & 1) && e->ret < 0 && e->ret > -4096) {
			if (ret_nr)
				*ret_nr = (long)(uint32_t)e->nr_flags;
			return (int)e->ret;
		}
	}
	return 0;
}

/* Context: how to end, and where the task goes on should nobody see the end. */
static void fill_context(struct tracee *t)
{
	struct remote_slot *s = t->slot;
	struct runner_context *c = slot_context(s);
	struct user_regs_struct r = t->regs;

	arch_restart_by_hand(&r);
	*c = (struct runner_context){
		.mask = t->mask, .flags = r.eflags, .rsp = r.rsp, .rip = r.rip,
		.rax = r.rax, .rbx = r.rbx, .rcx = r.rcx, .rdx = r.rdx, .rsi = r.rsi,
		.rdi = r.rdi, .rbp = r.rbp, .r8 = r.r8, .r9 = r.r9, .r10 = r.r10,
		.r11 = r.r11, .r12 = r.r12, .r13 = r.r13, .r14 = r.r14, .r15 = r.r15,
		.trampoline = s->trampoline,
	};
	if (t->end_signal) {
		c->end_nr = SYS_tgkill;
		c->end_arg[0] = (uint64_t)t->ns_tgid;
		c->end_arg[1] = (uint64_t)t->ns_tid;
		c->end_arg[2] = (uint64_t)t->end_signal;
	} else {
		c->end_nr = SYS_ppoll;
		c->end_arg[2] = s->va + offsetof(struct runner_context, end_timeout);
		c->end_timeout[1] = SLEEP_END_NS;
	}
}

static bool is_due(const struct tracee *t)
{
	return t->slot->calls && !t->slot->ran;
}

static bool has_ended(const struct tracee *t)
{
	return t->slot->ended;
}

/* How many of the list, from its beginning, are of one address space: they are side by side. */
static size_t neighbours(struct tracee *const *ts, size_t n)
{
	size_t i = 1;

	while (i < n && ts[i]->slot->owner == ts[0]->slot->owner)
		i++;
	return i;
}

/* Registers first, then the mask: were it the other way round, our death in
 * between would leave the task with everything blocked. */
static int start_with(struct tracee *t, const struct user_regs_struct *r)
{
	int err = tracee_set_regs(t, r);

	t->n_born = 0;
	if (err == 0)
		err = tracee_set_mask(t, t->end_signal ? ~(1ull << (t->end_signal - 1)) : ~0ull);
	if (err == 0)
		err = tracee_resume(t, PTRACE_CONT, 0);
	return err;
}

static int start(struct tracee *t)
{
	struct remote_slot *s = t->slot;
	struct user_regs_struct r = t->regs;
	uint64_t first = s->va + CTX_SIZE;

	arch_set_runner(&r, s->code, first, first + s->calls * ENTRY_SIZE, s->va);
	if (s->closed)
		arch_set_runner_open(&r, s->va, s->size);
	return start_with(t, &r);
}

static int note_born(struct tracee *t)
{
	uint64_t tid;
	pid_t *more;
	int r = tracee_event_message(t, &tid);

	if (r < 0)
		return r;
	if ((t->n_born & (t->n_born + 1)) == 0) {
		more = FAULTY_ALLOC(realloc(t->born, (2 * t->n_born + 2) * sizeof(*more)));
		if (!more)
			return -ENOMEM;
		t->born = more;
	}
	t->born[t->n_born++] = (pid_t)tid;
	return 0;
}

/* 1: this stop is the end of the run; 0: it is not, go on; -errno. */
static int is_end(struct tracee *t)
{
	siginfo_t info;
	int r;

	switch (t->at) {
	case STOP_NEWTASK:
		return note_born(t);
	case STOP_SIGNAL:
		r = tracee_siginfo(t, &info);
		if (r < 0)
			return r;
		if (t->signal == t->end_signal && info.si_code == SI_TKILL && info.si_pid == t->ns_tgid)
			return 1;
		if (t->signal == SIGSTOP)
			t->stop_again = true;
		else if (t->signal == t->end_signal)
			t->came |= 1ull << (t->signal - 1);
		else
			return -EFAULT;		/* a fault of the runner's own */
		return 0;
	case STOP_INTERRUPT:
	case STOP_GROUP:
		return !t->end_signal && slot_context(t->slot)->done;
	default:
		return 0;
	}
}

/* The end that raises no signal: wait for the runner to say so, then stop it. */
static int stop_sleeper(struct tracee *t)
{
	struct runner_context *c = slot_context(t->slot);
	uint64_t done_va = t->slot->va + CTX_DONE;

	for (;;) {
		int r = t->slot->stub ? 0 : tracee_read(t, RPTR(done_va), &c->done, sizeof(c->done));

		if (r == 0)
			r = waits_check(t->waits);
		if (r < 0)
			return r;
		if (__atomic_load_n(&c->done, __ATOMIC_ACQUIRE))
			return tracee_interrupt(t);
		usleep(POLL_US);
	}
}

static int await_end(struct tracee *t)
{
	int r = t->end_signal ? 0 : stop_sleeper(t);

	while (r == 0) {
		r = tracee_wait(t);
		if (r < 0)
			return r;
		r = is_end(t);
		if (r == 0)
			r = tracee_resume(t, PTRACE_CONT, 0);
		else if (r == 1)
			break;
	}
	t->slot->ended = t->slot->ran = r == 1;
	return MIN(r, 0);
}

/* From the end of its run to the task as it was; one under restore stays there. */
static int put_back(struct tracee *t)
{
	int r;

	t->slot->ended = false;
	if (t->slot->stub)
		return 0;
	t->slot->closed = t->slot->closed && !slot_context(t->slot)->done;
	r = tracee_put_back(t);
	return r == 0 && t->slot->closed ? -ENOMEM : r;		/* it could not be made writable */
}

/* Those of one address space. */
static int send_on(struct tracee *const *ts, size_t n)
{
	int first = 0, r;

	for (size_t i = 0; i < n; i++)
		if (is_due(ts[i]))
			fill_context(ts[i]);
	r = slots_copy(ts, n, is_due, true);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		r = is_due(ts[i]) ? start(ts[i]) : 0;
		first = first ? first : r;
	}
	return first;
}

/* Likewise. */
static int take_back(struct tracee *const *ts, size_t n)
{
	int first = 0, r;

	for (size_t i = 0; i < n; i++) {
		r = ts[i]->running ? await_end(ts[i]) : 0;
		first = first ? first : r;
	}
	r = slots_copy(ts, n, has_ended, false);
	first = first ? first : r;
	for (size_t i = 0; i < n; i++) {
		r = ts[i]->slot->ended ? put_back(ts[i]) : 0;
		first = first ? first : r;
	}
	return first;
}

/* All are sent on before the first is waited for. Where one fails, the others
 * come to their ends all the same. */
int remote_run(struct tracee *const *ts, size_t n)
{
	int first = 0, r;

	if (fault(FAULT_REMOTE))
		return -errno;
	for (size_t i = 0, some; i < n && first == 0; i += some) {
		some = neighbours(ts + i, n - i);
		first = send_on(ts + i, some);
	}
	for (size_t i = 0, some; i < n; i += some) {
		some = neighbours(ts + i, n - i);
		r = take_back(ts + i, some);
		first = first ? first : r;
	}
	return first;
}

bool remote_is_closed(const struct tracee *t)
{
	return t->slot && t->slot->ran && t->slot->closed;
}

int remote_enter(struct tracee *t, size_t offset, const void *data, size_t len)
{
	struct remote_slot *s = t->slot;
	struct user_regs_struct r = t->regs;
	rptr at = remote_push(t, data, len);
	uint64_t first = s->va + CTX_SIZE;
	int err;

	if (!at.va || s->calls || !s->stub)
		return -EINVAL;
	if (fault(FAULT_REMOTE))
		return -errno;
	arch_set_runner(&r, s->code + offset, first, first, s->va);
	r.rsp = at.va;
	fill_context(t);
	err = start_with(t, &r);
	if (err == 0)
		err = await_end(t);
	return err < 0 ? err : put_back(t);
}
