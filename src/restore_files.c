/* SPDX-License-Identifier: Apache-2.0 */
/* restore_files.c - descriptor tables: each process gets its own, in order.
 *
 * First all that need one leave the common table, so that each has a copy that
 * holds every description; then they put descriptors in place and close what
 * is not theirs.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>

#include "cleanup.h"
#include "file_kind.h"
#include "opener.h"
#include "remote.h"
#include "restore_state.h"

struct users {
	const struct process *first;
	size_t n;
};

/* Who uses each table, by its id. */
static struct users *find_users(struct restore *r)
{
	struct users *list = arena_zalloc(r->mem, r->ck.n_file_ids * sizeof(*list));

	EACH_PROCESS(p, &r->tree) {
		struct users *u = list && !p->zombie ? &list[p->image->files] : NULL;

		if (u && u->n++ == 0)
			u->first = p;
	}
	return list;
}

/* Members of a shared table have left the common one together, by the plan. */
static int leave_common_table(struct restore *r, const struct users *users)
{
	EACH_PROCESS(p, &r->tree)
		if (!p->zombie && users[p->image->files].n == 1 &&
		    remote_ask(leader(p)->tracee, REMOTE_REQUIRED, 0, SYS_unshare, REMOTE_ARGS(CLONE_FILES)) < 0)
			return fail(&r->at, ENOSPC, "descriptors");
	return restore_run_leaders(r, &r->live, "get a descriptor table of its own");
}

static int flush_if_full(struct restore *r, struct tracee *t)
{
	return remote_has_room(t, 4, 0) ? 0 : restore_run_all(r, &t, 1, "put descriptors in place");
}

static int place_descriptors(struct restore *r, struct process *p)
{
	struct tracee *t = leader(p)->tracee;
	const DescriptorTable *table = p->table;
	uint64_t next = 0;

	for (size_t i = 0; i < table->n_slots; i++) {
		const Slot *s = table->slots[i];
		int err = flush_if_full(r, t);

		if (err < 0)
			return err;
		remote_ask(t, REMOTE_REQUIRED, 0, SYS_dup3,
			   REMOTE_ARGS((uint64_t)r->source[s->description], s->fd, s->cloexec ? O_CLOEXEC : 0));
	}
	/* Sources are in the gaps: closed only now. */
	for (size_t i = 0; i <= table->n_slots; i++) {
		uint64_t fd = i < table->n_slots ? table->slots[i]->fd : (uint64_t)UINT32_MAX + 1;
		int err = flush_if_full(r, t);

		if (err < 0)
			return err;
		if (fd > next)
			remote_ask(t, REMOTE_REQUIRED, 0, SYS_close_range, REMOTE_ARGS(next, fd - 1, 0));
		next = fd + 1;
	}
	return 0;
}

/* What needs descriptions under other numbers than those they have in the end,
 * or just under these (final). */
static int link_descriptors(struct restore *r, struct process *p, bool final)
{
	struct where at = { .phase = r->at.phase, .pid = p->pid, .fd = -1 };
	auto_(opener_freep) struct opener *o = opener_task(&at, leader(p)->tracee, r->stub.room);

	if (!o)
		return fail(&at, ENOMEM, "descriptors");
	for (size_t i = 0; i < p->table->n_slots; i++) {
		const Slot *s = p->table->slots[i];
		const FileObject *object = r->ck.objects[r->ck.descriptions[s->description]->object];
		const struct file_kind *kind = file_kind_by_tag(object->kind_case);
		int err;

		if ((final ? !kind->link : !kind->watch) || r->linked[s->description])
			continue;
		at.fd = (int)s->fd;
		at.kind = kind->name;
		r->linked[s->description] = true;
		opener_reset(o);
		err = final ? kind->link(o, object, (int)s->fd) :
			      kind->watch(o, object, r->source[s->description], r->source);
		if (err < 0)
			return err;
	}
	return 0;
}

int restore_files(struct restore *r)
{
	const struct users *users = find_users(r);
	int err;

	r->linked = arena_zalloc(r->mem, r->ck.n_file_ids + 1);
	if (!r->linked || !users)
		return fail(&r->at, ENOMEM, "descriptors");
	err = leave_common_table(r, users);
	EACH_PROCESS(p, &r->tree) {
		if (err < 0)
			return err;
		if (p->zombie || users[p->image->files].first != p)
			continue;
		err = link_descriptors(r, p, false);
		if (err == 0)
			err = place_descriptors(r, p);
	}
	if (err == 0)
		err = restore_run_leaders(r, &r->live, "put descriptors in place");
	EACH_PROCESS(p, &r->tree)
		if (err == 0 && !p->zombie && users[p->image->files].first == p)
			err = link_descriptors(r, p, true);
	if (err == 0)
		restore_close_sources(r);
	return err;
}
