/* SPDX-License-Identifier: Apache-2.0 */
/* show_people.c - a checkpoint as tables for people. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "arena.h"
#include "cleanup.h"
#include "say.h"
#include "show_parts.h"

#define PAGE 4096

struct size_text { char text[16]; };

static struct size_text size_text(uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB" };
	struct size_text ret;
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_SIZE(units)) {
		value /= 1024;
		unit++;
	}
	snprintf(ret.text, sizeof(ret.text), unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return ret;
}

/* Names and paths are the programs' own: control characters stay off the terminal. */
static void tell_name(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			tell("\\%03o", (unsigned char)*s);
		else
			tell("%c", *s);
}

static void show_when(const Inventory *inv)
{
	time_t seconds = inv->frozen_at->realtime_ns / 1000000000;
	struct tm tm;
	char text[64] = "?";

	if (gmtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm);
	tell("made        %s by ckpt ", text);
	tell_name(inv->tool_version);
	tell(", frozen for %.1f ms\n", (double)inv->figures->frozen_us / 1000);
}

static void show_header(const struct checkpoint *c)
{
	const Inventory *inv = c->inventory;
	uint64_t metadata = 0;

	for (size_t i = 0; i < inv->n_parts; i++)
		if (strcmp(inv->parts[i]->name, "pages"))
			metadata += inv->parts[i]->size;
	tell("checkpoint  ");
	show_hex(&inv->id);
	tell("\n");
	show_when(inv);
	tell("kernel      ");
	tell_name(inv->kernel_release);
	tell(", ");
	tell_name(inv->machine);
	tell(" (");
	tell_name(inv->cpu->vendor);
	tell(")\nholds       %zu process%s, %zu task%s", c->n_order, c->n_order == 1 ? "" : "es",
	     c->n_tasks, c->n_tasks == 1 ? "" : "s");
	tell(", %" PRIu64 " pages (%s)", c->pages_size / PAGE, size_text(c->pages_size).text);
	tell(", %s of metadata\nneeds      ", size_text(metadata).text);
	for (size_t i = 0; i < inv->n_needs; i++)
		tell(" %s", inv->needs[i]);
	tell("\n\n");
}

static uint64_t saved_pages(const struct loaded_vma *v)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < v->n_chunks; i++)
		pages += v->chunks[i]->pages;
	return pages;
}

static uint64_t saved_bytes(const struct loaded_mm *m)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < m->n_vmas; i++)
		pages += saved_pages(&m->vmas[i]);
	return pages * PAGE;
}

static const char *name_of(const struct loaded_process *p)
{
	return p->leader ? p->leader->comm : p->msg->zombie->comm;
}

static void tell_group(bool outside, size_t n, const uint32_t *pids)
{
	if (outside)
		tell(" %7s", "outside");
	else
		tell(" %7u", n ? pids[0] : 0);
}

static void show_zombie(int status)
{
	if (WIFSIGNALED(status))
		tell(" (zombie, killed by signal %d)", WTERMSIG(status));
	else
		tell(" (zombie, exit status %d)", WEXITSTATUS(status));
}

static void show_process_line(const struct checkpoint *c, const struct loaded_process *p, int depth)
{
	const Process *m = p->msg;

	tell("%7u", m->pids[0]);
	tell_group(m->pgrp_outside, m->n_pgids, m->pgids);
	tell_group(m->session_outside, m->n_sids, m->sids);
	if (p->leader)
		tell(" %7zu %6zu %10s", p->n_tasks, c->tables[m->files]->n_slots,
		     size_text(saved_bytes(c->mms[m->mm])).text);
	else
		tell(" %7s %6s %10s", "-", "-", "-");
	tell("  %*s", 2 * depth, "");
	tell_name(name_of(p));
	if (m->zombie)
		show_zombie((int)m->zombie->status);
	else if (m->stopped)
		tell(" (stopped)");
	tell("\n");
}

/* Children of a process stand together below it, in the order of the file. */
static int show_tree(struct arena *a, const struct checkpoint *c)
{
	uint32_t *first = arena_zalloc(a, c->n_tree_ids * sizeof(*first));	/* child, by id */
	uint32_t *next = arena_zalloc(a, c->n_tree_ids * sizeof(*next));	/* sibling */
	uint32_t id = c->order[0]->msg->id;
	int depth = 0;

	if (!first || !next)
		return -ENOMEM;
	for (size_t i = c->n_order; i-- > 1;) {
		const Process *p = c->order[i]->msg;

		next[p->id] = first[p->parent];
		first[p->parent] = p->id;
	}
	tell("%7s %7s %7s %7s %6s %10s  %s\n", "PID", "PGRP", "SID", "THREADS", "FDS", "SAVED", "NAME");
	while (id) {
		show_process_line(c, c->processes[id], depth);
		if (first[id]) {
			id = first[id];
			depth++;
			continue;
		}
		for (; id && !next[id]; depth--)
			id = c->processes[id]->msg->parent;
		id = next[id];
	}
	return 0;
}

/* What the object is called: its path, or what its kind is. */
static void tell_object(const FileObject *o)
{
	switch (o->kind_case) {
	case FILE_OBJECT__KIND_REGULAR:
		tell_name(o->regular->path);
		break;
	case FILE_OBJECT__KIND_CHARDEV:
		tell_name(o->chardev->path);
		break;
	default:
		tell("file object %u", o->id);
	}
}

static void show_vma(const struct checkpoint *c, const struct loaded_vma *v)
{
	static const char *const names[] = { "", "anonymous", "", "[vdso]", "[vvar]", "[vvar_vclock]" };
	const Vma *m = v->msg;

	tell("  %012" PRIx64 "-%012" PRIx64 " %c%c%c%c %08" PRIx64, m->start, m->end,
	     m->prot & PROT_READ ? 'r' : '-', m->prot & PROT_WRITE ? 'w' : '-',
	     m->prot & PROT_EXEC ? 'x' : '-', m->shared ? 's' : 'p', m->pgoff);
	tell(" %8" PRIu64 "  ", saved_pages(v));
	if (m->file)
		tell_object(c->objects[m->file]);
	else
		tell("%s", names[m->type]);
	for (size_t i = 0; i < m->n_flags; i++)
		tell(" %s", m->flags[i]);
	tell("\n");
}

static void show_memory(const struct checkpoint *c, const struct loaded_process *p, size_t index)
{
	const struct loaded_mm *m = c->mms[p->msg->mm];

	for (size_t i = 0; i < index; i++)
		if (c->order[i]->msg->mm == p->msg->mm) {
			tell("  memory: that of process %u\n", c->order[i]->msg->pids[0]);
			return;
		}
	tell("  %-25s %4s %8s %8s\n", "ADDRESSES", "PROT", "OFFSET", "PAGES");
	for (size_t i = 0; i < m->n_vmas; i++)
		show_vma(c, &m->vmas[i]);
}

static const char *kind_name(const FileObject *o)
{
	for (unsigned i = 0; i < o->base.descriptor->n_fields; i++)
		if (o->base.descriptor->fields[i].id == (uint32_t)o->kind_case)
			return o->base.descriptor->fields[i].name;
	return "?";
}

static void show_slot(const struct checkpoint *c, const Slot *s)
{
	static const char *const modes[] = { "r", "w", "rw", "-" };
	const Description *d = c->descriptions[s->description];

	tell("  %6u %-4s %-7s %-10s %12" PRIu64 "  ", s->fd, d->flags & O_PATH ? "path" : modes[d->flags & O_ACCMODE],
	     s->cloexec ? "cloexec" : "", kind_name(c->objects[d->object]), d->pos);
	tell_name(d->link);
	tell("\n");
}

static void show_descriptors(const struct checkpoint *c, const struct loaded_process *p, size_t index)
{
	const DescriptorTable *t = c->tables[p->msg->files];

	for (size_t i = 0; i < index; i++)
		if (c->order[i]->msg->files == p->msg->files) {
			tell("  descriptors: those of process %u\n", c->order[i]->msg->pids[0]);
			return;
		}
	if (t->n_slots)
		tell("  %6s %-4s %-7s %-10s %12s\n", "FD", "MODE", "", "KIND", "POSITION");
	for (size_t i = 0; i < t->n_slots; i++)
		show_slot(c, t->slots[i]);
}

static void show_process(const struct checkpoint *c, size_t index)
{
	const struct loaded_process *p = c->order[index];
	const Creds *creds;

	if (!p->leader)
		return;
	creds = c->creds[p->leader->creds];
	tell("\nprocess %u (", p->msg->pids[0]);
	tell_name(name_of(p));
	tell("), program ");
	tell_object(c->objects[c->mms[p->msg->mm]->msg->exe]);
	tell(", in ");
	tell_name(c->fss[p->msg->fs]->cwd);
	tell(", uid %u gid %u\n", creds->euid, creds->egid);
	for (size_t i = 0; i < p->n_tasks && p->n_tasks > 1; i++) {
		tell("  thread %u ", p->tasks[i]->tids[0]);
		tell_name(p->tasks[i]->comm);
		tell("\n");
	}
	show_memory(c, p, index);
	show_descriptors(c, p, index);
}

int show_people(struct arena *a, const struct checkpoint *c)
{
	int err;

	show_header(c);
	err = show_tree(a, c);
	for (size_t i = 0; !err && i < c->n_order; i++)
		show_process(c, i);
	return err;
}
