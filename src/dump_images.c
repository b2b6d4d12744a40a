/* SPDX-License-Identifier: Apache-2.0 */
/* dump_images.c - the records of a dump, and the moment they count. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "arch.h"
#include "cleanup.h"
#include "dump_state.h"
#include "io.h"
#include "task_part.h"

struct seen_creds { uint8_t *packed; size_t len; uint32_t id; };

struct tree_writer {
	struct dump *d;
	struct image_part *part;
	struct seen_creds *creds;
	size_t n_creds;
	uint32_t next_task;
};

static int add(struct tree_writer *w, TreeRecord__RecordCase which, void *message)
{
	TreeRecord record = TREE_RECORD__INIT;

	record.record_case = which;
	record.sighand = message;
	return image_part_add(w->part, &record.base);
}

/* Threads wear the same credentials as a rule: written once. */
static int add_creds(struct tree_writer *w, const Creds *creds, uint32_t *ret_id)
{
	Creds copy = *creds;
	size_t len = creds__get_packed_size(&copy);
	uint8_t *packed = arena_zalloc(w->d->mem, len + 1);
	struct seen_creds *seen;

	if (!packed)
		return -ENOMEM;
	copy.id = 0;
	len = creds__pack(&copy, packed);
	for (size_t i = 0; i < w->n_creds; i++)
		if (w->creds[i].len == len && memcmp(w->creds[i].packed, packed, len) == 0) {
			*ret_id = w->creds[i].id;
			return 0;
		}
	seen = ARENA_ADD(w->d->mem, w->creds, w->n_creds);
	if (!seen)
		return -ENOMEM;
	*seen = (struct seen_creds){ packed, len, (uint32_t)w->n_creds };
	copy.id = *ret_id = seen->id;
	return add(w, TREE_RECORD__RECORD_CREDS, &copy);
}

static uint32_t *one_pid(struct dump *d, pid_t pid)
{
	uint32_t *list = arena_zalloc(d->mem, sizeof(*list));

	if (list)
		*list = (uint32_t)pid;
	return list;
}

static int fill_process(struct dump *d, struct process *p)
{
	Process *m = p->image;

	m->id = p->index + 1;
	m->parent = p->parent ? p->parent->index + 1 : 0;
	m->pids = one_pid(d, p->pid);
	m->sids = one_pid(d, p->stat.sid);
	m->pgids = one_pid(d, p->stat.pgrp);
	m->n_pids = m->n_sids = m->n_pgids = 1;
	m->exit_signal = (uint32_t)p->stat.exit_signal;
	return m->pids && m->sids && m->pgids ? 0 : -ENOMEM;
}

static int add_zombie(struct tree_writer *w, struct process *p)
{
	Creds *creds;
	int r = creds_from_status(w->d->mem, &p->status, &creds);

	if (r == 0)
		r = add_creds(w, creds, &p->image->creds);
	if (r < 0)
		return r;
	p->image->zombie = ARENA_MSG(w->d->mem, Zombie, zombie);
	if (!p->image->zombie)
		return -ENOMEM;
	p->image->zombie->status = (uint32_t)p->stat.exit_code;
	/* A restore makes no core file, and without one the flag is not to be had. */
	if (WCOREDUMP(p->stat.exit_code))
		say(SAY_WARN, &w->d->at, "it ended with a core dump; after a restore its parent will be told of none");
	p->image->zombie->comm = p->stat.comm;
	return add(w, TREE_RECORD__RECORD_PROCESS, p->image);
}

static int add_task(struct tree_writer *w, struct task *t)
{
	Task *m = t->image;
	int r = add_creds(w, t->creds, &m->creds);

	m->id = ++w->next_task;
	m->process = t->process->index + 1;
	m->tids = one_pid(w->d, t->tid);
	m->n_tids = 1;
	if (!m->tids)
		return -ENOMEM;
	return r ? r : add(w, TREE_RECORD__RECORD_TASK, m);
}

static int add_process(struct tree_writer *w, struct process *p)
{
	int r = fill_process(w->d, p);

	if (r == 0 && p->zombie)
		return add_zombie(w, p);
	if (r == 0)
		r = add(w, TREE_RECORD__RECORD_SIGHAND, p->sighand);
	if (r == 0)
		r = add(w, TREE_RECORD__RECORD_FS, p->fs);
	if (r == 0)
		r = add(w, TREE_RECORD__RECORD_PROCESS, p->image);
	EACH_TASK(t, p)
		if (r == 0)
			r = add_task(w, t);
	return r;
}

static int write_tree(struct dump *d)
{
	struct tree_writer w = { .d = d };
	int r = image_part_begin(d->writer, "tree", &w.part);

	EACH_PROCESS(p, &d->tree) {
		d->at.pid = p->pid;
		if (r == 0)
			r = add_process(&w, p);
	}
	d->result->processes = d->tree.n;
	d->result->tasks = w.next_task;
	return r < 0 ? fail(&d->at, r, "cannot write the tree part") : 0;
}

int dump_write(struct dump *d)
{
	struct image_part *mm, *files;
	int r = write_tree(d);

	d->at.pid = 0;
	if (r < 0)
		return r;
	r = image_part_begin(d->writer, "mm", &mm);
	if (r == 0)
		r = image_part_begin(d->writer, "files", &files);
	if (r < 0)
		return fail(&d->at, r, "cannot begin the images");
	r = mm_write(d->copy, mm);
	return r < 0 ? r : files_write(d->files, files);
}

static int add_need(struct dump *d, Inventory *inv, const char *name)
{
	char **place = ARENA_ADD(d->mem, inv->needs, inv->n_needs);

	if (!place)
		return -ENOMEM;
	*place = (char *)(uintptr_t)name;
	return 0;
}

static int fill_needs(struct dump *d, Inventory *inv)
{
	static const char *const always[] = { "x86-64", "mm", "files" };
	bool zombies = false;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(always); i++)
		r = add_need(d, inv, always[i]);
	EACH_PROCESS(p, &d->tree)
		zombies |= p->zombie;
	if (r == 0 && zombies)
		r = add_need(d, inv, "zombie");
	if (r == 0 && mm_copy_shares(d->copy))
		r = add_need(d, inv, "shared-pages");
	return r < 0 ? r : files_needs(d->files, &inv->needs, &inv->n_needs);
}

static int fill_machine(struct dump *d, Inventory *inv)
{
	struct utsname *u = arena_zalloc(d->mem, sizeof(*u));
	int r;

	inv->cpu = ARENA_MSG(d->mem, CpuFeatures, cpu_features);
	if (!u || !inv->cpu)
		return -ENOMEM;
	uname(u);
	inv->kernel_release = u->release;
	inv->machine = u->machine;
	inv->tool_version = (char *)(uintptr_t)CKPT_VERSION;
	inv->page_size = ARCH_PAGE;
	r = io_slurp(d->mem, AT_FDCWD, "/proc/sys/kernel/random/boot_id", 4096, &inv->boot_id, NULL);
	if (r == 0)
		inv->boot_id[strcspn(inv->boot_id, "\n")] = 0;
	if (r < 0)
		return r;
	inv->vdso_checksum = d->tree.vdso.checksum;
	inv->vdso_size = d->tree.vdso.size;
	return arch_cpu(d->mem, inv->cpu);
}

static int fill_rest(struct dump *d, Inventory *inv)
{
	int64_t since = io_now_ns(CLOCK_MONOTONIC) - d->tree.frozen_at_ns;

	inv->frozen_at = ARENA_MSG(d->mem, Clocks, clocks);
	inv->options = ARENA_MSG(d->mem, DumpOptions, dump_options);
	inv->figures = ARENA_MSG(d->mem, DumpFigures, dump_figures);
	if (!inv->frozen_at || !inv->options || !inv->figures)
		return -ENOMEM;
	inv->frozen_at->realtime_ns = io_now_ns(CLOCK_REALTIME) - since;
	inv->frozen_at->monotonic_ns = d->tree.frozen_at_ns;
	inv->frozen_at->boottime_ns = io_now_ns(CLOCK_BOOTTIME) - since;
	inv->options->leave_running = d->opt->leave_running;
	inv->options->leave_stopped = d->opt->leave_stopped;
	inv->options->shell_job = d->opt->shell_job;
	inv->figures->tasks = d->result->tasks;
	inv->figures->processes = d->result->processes;
	inv->figures->pages = d->result->pages = mm_copy_pages(d->copy);
	inv->figures->frozen_us = (uint64_t)d->result->frozen_ns / 1000;
	inv->root_process = 1;
	return 0;
}

int dump_commit(struct dump *d)
{
	Inventory inv = INVENTORY__INIT;
	const char *why = NULL;
	int r = fill_needs(d, &inv);

	if (r == 0)
		r = fill_machine(d, &inv);
	if (r == 0)
		r = fill_rest(d, &inv);
	if (r < 0)
		return fail(&d->at, r, "cannot describe this machine");
	d->result->bytes = image_bytes(d->writer);
	r = image_commit(d->writer, &inv, &why);
	d->writer = NULL;
	return r < 0 ? fail(&d->at, r, "cannot write the images%s%s", why ? ": " : "", why ? why : "") : 0;
}
