/* SPDX-License-Identifier: Apache-2.0 */
/* mm_keys.c - memory protection keys: which are taken, and what they are on.
 *
 * The kernel gives out the lowest free key, and tells nobody which are taken;
 * but pkey_mprotect(2) with a free one is EINVAL, even of a place where nothing
 * can be mapped, which is ENOMEM for all others (do_mprotect_pkey() of
 * mm/mprotect.c, Linux 6.18). Each thread's rights to them are in its PKRU,
 * which is a part of xstate.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "arch.h"
#include "mm.h"
#include "task_part.h"

#define FIRST 1			/* 0 is everybody's */
#define TAKEN(keys, key) ((keys) >> (key) & 1)

static int ask(struct task *t, struct answer *to)
{
	int n = 0;

	for (uint64_t key = 0; key < ARCH_KEYS; key++) {
		n = remote_ask(t->tracee, 0, 0, SYS_pkey_mprotect, REMOTE_ARGS(ARCH_TASK_SIZE, ARCH_PAGE, PROT_NONE, key));
		if (key == 0)
			to->call = n;
	}
	return n < 0 ? n : 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	Mm *m = t->process->mm;

	(void)a;
	(void)list;
	for (int key = 0; !t->silent && key < ARCH_KEYS; key++) {
		long r = remote_result(t->tracee, from->call + key);

		if (r == -ENOMEM)
			m->keys |= 1u << key;
		else if (r != -EINVAL && r != -ENOSYS)
			return (int)r;
	}
	return 0;
}

const struct task_part keys_part = { .name = "protection keys", .leader_only = true, .stage = STAGE_TASK, .ask = ask, .take = take };

/* The kernel takes a key for itself when memory is to be executed only, and
 * that one looks free (execute_only_pkey() of arch/x86/mm/pkeys.c). 0: none. */
static uint32_t execute_only_key(const struct loaded_mm *mm)
{
	for (size_t i = 0; i < mm->n_vmas; i++) {
		const Vma *v = mm->vmas[i].msg;

		if (v->key && v->prot == PROT_EXEC && !TAKEN(mm->msg->keys, v->key))
			return v->key;
	}
	return 0;
}

bool mm_key_is_explicit(const struct loaded_mm *mm, const Vma *v)
{
	return v->key && v->key != execute_only_key(mm);
}

static uint32_t highest_key(const struct loaded_mm *mm)
{
	uint32_t highest = 0;

	for (uint32_t key = FIRST; key < ARCH_KEYS; key++)
		if (TAKEN(mm->msg->keys, key))
			highest = key;
	for (size_t i = 0; i < mm->n_vmas; i++)
		highest = mm->vmas[i].msg->key > highest ? mm->vmas[i].msg->key : highest;
	return highest;
}

/* Every key up to the highest; then the kernel's own is the only one it can find. */
int mm_keys_begin(struct tracee *t, const struct loaded_mm *mm)
{
	uint32_t highest = highest_key(mm), own = execute_only_key(mm);
	int err = 0;

	for (uint32_t key = FIRST; err >= 0 && key <= highest; key++)
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_pkey_alloc, REMOTE_ARGS(0, 0));
	if (err >= 0 && own)
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_pkey_free, REMOTE_ARGS(own));
	return err < 0 ? err : 0;
}

/* A key may have been freed while memory has it still. */
int mm_keys_end(struct tracee *t, const struct loaded_mm *mm)
{
	uint32_t highest = highest_key(mm), own = execute_only_key(mm);
	int err = 0;

	for (uint32_t key = FIRST; err >= 0 && key <= highest; key++)
		if (key != own && !TAKEN(mm->msg->keys, key))
			err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_pkey_free, REMOTE_ARGS(key));
	if (err >= 0 && highest && !TAKEN(mm->msg->keys, 0))
		err = remote_ask(t, REMOTE_REQUIRED, 0, SYS_pkey_free, REMOTE_ARGS(0));
	return err < 0 ? err : 0;
}
