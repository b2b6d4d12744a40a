/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c - the story of a dump. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "arch.h"
#include "cleanup.h"
#include "dump_state.h"
#include "io.h"
#include "phase.h"
#include "share.h"
#include "task_part.h"

#define RESERVE_FROM (256u << 10)
#define RESERVE_AT_MOST (15u << 20)	/* what main() lets malloc(3) keep is a little more */
#define ROOM_FOR_PROCESS 65536u
#define ROOM_FOR_TASK 16384u

/* A line "Key:  N kB" of /proc/PID/status, in bytes. */
static uint64_t status_bytes(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at ? strtoull(at + strlen(key), NULL, 10) * 1024 : 0;
}

/* Pages of a file in memory are written once: only then the machine has given
 * them to us, below a hypervisor too. Less room is no error here. */
static int make_pages(struct dump *d, uint64_t bytes)
{
	static const unsigned char zeros[1u << 20];
	uint64_t at = 0;
	int r = 0;

	while (r == 0 && at < bytes) {
		ssize_t n = pwrite(d->pages_fd, zeros, MIN(sizeof(zeros), bytes - at), (off_t)at);

		if (n <= 0)
			break;
		at += (uint64_t)n;
		r = waits_check(&d->tree.waits);
	}
	return r;
}

/* Have room for the pages before anybody stands still: where images are in
 * memory, making the file's pages costs as much as filling them. Only a guess:
 * the file gets its true size at the commit, and whether the disk is full is
 * said by the writes. */
static int reserve_pages(struct dump *d)
{
	uint64_t bytes = 0;
	struct statfs fs;
	char *text;

	EACH_PROCESS(p, &d->tree)
		if (!p->zombie && io_slurp(d->mem, p->dir, "status", 65536, &text, NULL) == 0)
			bytes += status_bytes(text, "\nRssAnon:") + status_bytes(text, "\nVmSwap:");
	if (bytes < RESERVE_FROM)
		return 0;
	if (fstatfs(d->pages_fd, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		return make_pages(d, bytes);
	if (fallocate(d->pages_fd, 0, 0, (off_t)bytes) < 0)
		say(SAY_DEBUG, &d->at, "no room reserved for %llu bytes of pages", (unsigned long long)bytes);
	return 0;
}

/* What is to be allocated while the tree stands still has its pages before: it
 * comes from what is given back here. Only a guess, too. */
static void reserve_memory(const struct dump *d)
{
	size_t bytes = 0;
	char *room;

	EACH_PROCESS(p, &d->tree)
		bytes += ROOM_FOR_PROCESS + p->n_tasks * ROOM_FOR_TASK;
	bytes = MIN(bytes, (size_t)RESERVE_AT_MOST);
	room = malloc(bytes);
	for (size_t at = 0; room && at < bytes; at += ARCH_PAGE)
		*(volatile char *)(room + at) = 1;
	free(room);
}

/* Before anything is stopped: look at the tree, find what takes time to find,
 * open the files that the images go to. */
static int survey(struct dump *d)
{
	const char *why = NULL;
	int r;

	d->xstate_max = arch_xstate_max();
	d->xstate_plain = arch_xstate_plain();
	d->pkru_offset = arch_pkru_offset();
	r = own_facts(&d->tree.own);
	if (r < 0)
		return fail(&d->at, r, "cannot look at ckpt itself");
	r = arch_vdso(&d->tree.vdso);
	if (r < 0)
		return fail(&d->at, r, "cannot find ckpt's own vdso");
	r = tree_survey(&d->tree, d->opt->pid, &d->at);
	EACH_PROCESS(p, &d->tree) {
		if (r < 0 || p->zombie)
			continue;
		/* What is not found now is looked for when the tree stands still. */
		if (proc_read_maps(d->mem, p->dir, false, &p->vmas, &p->n_vmas) == 0)
			site_find(d->mem, &d->tree.vdso, p);
		cgroup_of(d->mem, p->dir, &p->cgroup);
		EACH_TASK(t, p)
			keep_namespaces(t);
	}
	if (r < 0)
		return r;
	r = share_survey(&d->tree);
	if (r < 0)
		return fail(&d->at, r, "cannot compare the processes");
	r = dump_list_others(d);
	reserve_memory(d);
	if (r < 0 || d->opt->dry_run)
		return r;
	r = image_create(d->mem, d->opt->images, d->opt->overwrite, &d->writer, &why);
	if (r == -EEXIST)
		return fail(&d->at, 0, "the directory holds a checkpoint already; --overwrite replaces it");
	if (r == 0)
		r = image_pages_create(d->writer, &d->pages_fd);
	if (r == 0)
		return reserve_pages(d);
	return r < 0 ? fail(&d->at, r, "cannot write to the images directory%s%s", why ? ": " : "", why ? why : "") : 0;
}

static int seize(struct dump *d)
{
	/* While others wait for it, ckpt comes first: so a busy machine does not
	 * lengthen the freeze. Not every caller may do that. */
	d->nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, -20);
	d->seized = true;
	return tree_freeze(&d->tree, &d->at);
}

/* All obstacles are known by now; a dump finds none later. */
static int judge(struct dump *d)
{
	if (d->obstacles.err < 0)
		return fail(&d->at, d->obstacles.err, "cannot list all that stands in the way");
	d->result->obstacles = d->obstacles.list;
	d->result->n_obstacles = d->obstacles.n;
	return d->obstacles.n ? -ENOTSUP : 0;
}

static int contents(struct dump *d)
{
	return d->opt->dry_run ? 0 : files_contents(d->files, &d->at);
}

static int memory(struct dump *d)
{
	int r;

	if (d->opt->dry_run)
		return 0;
	r = mm_select(d->mem, &d->tree, &d->copy);
	if (r == 0)
		r = mm_copy(d->copy, d->pages_fd);
	d->result->frozen_ns = io_now_ns(CLOCK_MONOTONIC) - d->tree.frozen_at_ns;
	return r;
}

/* With --leave-running the tree goes on before the images are made safe. */
static int release(struct dump *d)
{
	if (!d->opt->leave_running && !d->opt->dry_run)
		return 0;
	tree_release(&d->tree);
	d->seized = false;
	d->result->frozen_ns = d->tree.released_at_ns - d->tree.frozen_at_ns;
	return 0;
}

static int commit(struct dump *d)
{
	int r = d->opt->dry_run ? 0 : dump_write(d);

	/* Less may have come than room was reserved for. */
	if (r == 0 && !d->opt->dry_run && ftruncate(d->pages_fd, (off_t)(mm_copy_pages(d->copy) * ARCH_PAGE)) < 0)
		r = fail(&d->at, errno, "cannot give the pages file its size");

	if (r == 0 && d->seized)
		r = dump_guard(d);
	if (r == 0 && !d->opt->dry_run)
		r = dump_commit(d);
	if (r == 0)
		d->committed = true;
	return r;
}

static int finish(struct dump *d)
{
	if (!d->seized)
		return 0;
	if (d->opt->leave_stopped)
		EACH_PROCESS(p, &d->tree)
			if (!p->zombie)
				kill(p->pid, SIGSTOP);
	return d->opt->leave_stopped ? 0 : dump_kill(d);
}

static const struct phase {
	const char *name;
	int (*run)(struct dump *d);
} phases[] = {
	{ "survey", survey },
	{ "seize", seize },
	{ "collect", dump_collect },
	{ "check", dump_check },
	{ "task state", dump_task_state },
	{ "obstacles", judge },
	{ "files", contents },
	{ "memory", memory },
	{ "release", release },
	{ "commit", commit },
	{ "finish", finish },
};

static int run_phases(struct dump *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		int64_t began = io_now_ns(CLOCK_MONOTONIC);
		struct phase_time *t;
		int r;

		d->at = (struct where){ .phase = phases[i].name, .fd = -1 };
		r = d->committed ? 0 : waits_check(&d->tree.waits);
		if (r == 0)
			r = phases[i].run(d);
		if (r < 0)
			return d->result->n_obstacles ? r : phase_failed(&d->at, r, &d->tree.waits);
		t = &d->result->phases[d->result->n_phases++];
		t->name = phases[i].name;
		t->ns = io_now_ns(CLOCK_MONOTONIC) - began;
	}
	return 0;
}

/* Whatever happened: the tree runs, if it is not to be dead, and the images
 * directory is as it was, if the checkpoint is not complete. */
static void wind_up(struct dump *d)
{
	dump_tasks_end(d);
	d->tree.waits.patient = true;
	if (d->seized)
		tree_release(&d->tree);
	guard_end(&d->guard);
	image_abort(d->writer);
	tree_close(&d->tree);
}

int dump_run(struct arena *mem, const struct dump_options *o, struct dump_result *ret)
{
	struct dump d = { .mem = mem, .opt = o, .result = ret, .at = { .fd = -1 },
			  .tree = { .mem = mem }, .obstacles = { .mem = mem }, .pages_fd = -1 };
	int r;

	*ret = (struct dump_result){ 0 };
	waits_init(&d.tree.waits, o->timeout_ns);
	d.files = files_new(mem, &d.tree, o->shell_job);
	r = d.files ? run_phases(&d) : fail(&d.at, ENOMEM, "dump");
	wind_up(&d);
	return r;
}
