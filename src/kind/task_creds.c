/* SPDX-License-Identifier: Apache-2.0 */
/* task_creds.c - uids, gids, groups, capabilities, securebits, no_new_privs. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/prctl.h>

#include "cleanup.h"
#include "task_part.h"

#define GROUPS_MAX 2000		/* what a slot holds at a restore */

static int check(struct arena *a, struct task *t, struct obstacles *list)
{
	(void)a;
	if (t->status.n_groups > GROUPS_MAX)
		obstacle(list, "task.groups", AT_PID(t->tid), "Run the program with fewer supplementary groups.",
			 "the task has %zu supplementary groups, of which at most %d can be restored yet",
			 t->status.n_groups, GROUPS_MAX);
	return 0;
}

static int ask(struct task *t, struct answer *to)
{
	to->call = remote_ask(t->tracee, 0, 0, SYS_prctl, REMOTE_ARGS(PR_GET_SECUREBITS));
	return to->call < 0 ? to->call : 0;
}

int creds_from_status(struct arena *a, const struct proc_status *s, Creds **ret)
{
	Creds *c = *ret = ARENA_MSG(a, Creds, creds);

	if (!c)
		return -ENOMEM;
	c->ruid = s->uid[0], c->euid = s->uid[1], c->suid = s->uid[2], c->fsuid = s->uid[3];
	c->rgid = s->gid[0], c->egid = s->gid[1], c->sgid = s->gid[2], c->fsgid = s->gid[3];
	c->groups = s->groups;
	c->n_groups = s->n_groups;
	c->cap_inheritable = s->cap_inh;
	c->cap_permitted = s->cap_prm;
	c->cap_effective = s->cap_eff;
	c->cap_bounding = s->cap_bnd;
	c->cap_ambient = s->cap_amb;
	c->no_new_privs = s->no_new_privs;
	return 0;
}

static int take(struct arena *a, struct task *t, const struct answer *from, struct obstacles *list)
{
	Creds *c;
	int r = creds_from_status(a, &t->status, &c);

	(void)list;
	if (r < 0)
		return r;
	if (!t->silent && remote_result(t->tracee, from->call) < 0)
		return (int)remote_result(t->tracee, from->call);
	if (!t->silent)
		c->securebits = (uint32_t)remote_result(t->tracee, from->call);
	t->creds = c;		/* the writer finds equal ones and gives ids */
	return 0;
}

static int put_caps(struct tracee *t, const Creds *c)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)c->cap_effective, (uint32_t)c->cap_permitted, (uint32_t)c->cap_inheritable },
		{ (uint32_t)(c->cap_effective >> 32), (uint32_t)(c->cap_permitted >> 32),
		  (uint32_t)(c->cap_inheritable >> 32) },
	};
	rptr h = remote_push(t, &head, sizeof(head)), d = remote_push(t, data, sizeof(data));
	int r = h.va && d.va ? PUT(t, SYS_capset, h.va, d.va) : -ENOSPC;

	for (unsigned cap = 0; r >= 0 && cap < 64; cap++)
		if (c->cap_ambient >> cap & 1)
			r = PUT(t, SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
	return r;
}

static bool same_ids(const Creds *a, const Creds *b)
{
	return a->ruid == b->ruid && a->euid == b->euid && a->suid == b->suid && a->fsuid == b->fsuid &&
	       a->rgid == b->rgid && a->egid == b->egid && a->sgid == b->sgid && a->fsgid == b->fsgid;
}

static bool same_caps(const Creds *a, const Creds *b)
{
	return a->cap_inheritable == b->cap_inheritable && a->cap_permitted == b->cap_permitted &&
	       a->cap_effective == b->cap_effective && a->cap_ambient == b->cap_ambient;
}

static int put_groups(struct tracee *t, const Creds *c, const Creds *born)
{
	size_t len = c->n_groups * sizeof(c->groups[0]);
	rptr groups;

	if (c->n_groups == born->n_groups && (!len || memcmp(c->groups, born->groups, len) == 0))
		return 0;
	groups = remote_push(t, len ? c->groups : NULL, len);
	return groups.va ? PUT(t, SYS_setgroups, c->n_groups, groups.va) : -ENOSPC;
}

static int put_ids(struct tracee *t, const Creds *c)
{
	int r = PUT(t, SYS_prctl, PR_SET_SECUREBITS, SECBIT_KEEP_CAPS | SECBIT_NO_SETUID_FIXUP);

	if (r >= 0)
		r = PUT(t, SYS_setresgid, c->rgid, c->egid, c->sgid);
	if (r >= 0)
		r = remote_ask(t, 0, 0, SYS_setfsgid, REMOTE_ARGS(c->fsgid));
	if (r >= 0)
		r = PUT(t, SYS_setresuid, c->ruid, c->euid, c->suid);
	if (r >= 0)
		r = remote_ask(t, 0, 0, SYS_setfsuid, REMOTE_ARGS(c->fsuid));
	return r;
}

/* The order is what capabilities(7) allows: the bounding set while CAP_SETPCAP
 * is there; ids with capabilities kept, so that capset comes after them. What
 * ckpt's child has already is not set: not every caller may. */
static int put(struct task *t)
{
	const Creds *c = t->creds, *born = t->born_creds;
	struct tracee *x = t->tracee;
	uint64_t drop = born->cap_bounding & ~c->cap_bounding;
	int r = put_groups(x, c, born);

	for (unsigned cap = 0; r >= 0 && cap < 64; cap++)
		if (drop >> cap & 1)
			r = PUT(x, SYS_prctl, PR_CAPBSET_DROP, cap);
	if (r >= 0 && !same_ids(c, born))
		r = put_ids(x, c);
	if (r >= 0 && (!same_ids(c, born) || c->securebits != born->securebits))
		r = PUT(x, SYS_prctl, PR_SET_SECUREBITS, c->securebits);
	if (r >= 0 && (!same_ids(c, born) || !same_caps(c, born)))
		r = put_caps(x, c);
	if (r >= 0 && c->no_new_privs && !born->no_new_privs)
		r = PUT(x, SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return r < 0 ? r : 0;
}

const struct task_part creds_part = { .name = "creds", .stage = STAGE_CREDS, .check = check, .ask = ask, .take = take, .put = put };
