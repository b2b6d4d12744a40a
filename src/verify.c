/* SPDX-License-Identifier: Apache-2.0 */
/* verify.c - ckpt verify: loads a checkpoint, then reads all its page contents. */
#include <fcntl.h>
#include <inttypes.h>
#include "arena.h"
#include "cleanup.h"
#include "io.h"
#include "load.h"
#include "say.h"
#include "verify.h"

#define PAGE UINT64_C(4096)
#define BLOCK (IMAGE_PAGES_PER_CHECKSUM * PAGE)
#define MAX_SAID 10		/* a damaged disk spoils many blocks */

static const struct where at = { .phase = "verify", .fd = -1 };

struct verify {
	const struct checkpoint *c;
	uint8_t *block;
	uint64_t pages, bad;
};

/* Address of the page that a chunk has at an index. */
static uint64_t address_of(const Chunk *k, uint64_t page)
{
	for (size_t i = 0; i < k->n_runs; i++) {
		if (page < k->runs[i]->pages)
			return k->runs[i]->start + page * PAGE;
		page -= k->runs[i]->pages;
	}
	return 0;
}

static int verify_block(struct verify *v, const struct loaded_mm *m, const Chunk *k, size_t index)
{
	uint64_t first = index * BLOCK;
	size_t len = MIN(k->stored - first, BLOCK);
	int err = io_pread_all(v->c->pages_fd, v->block, len, k->offset + first);

	if (err)
		return fail(&at, err, "cannot read the pages file at %" PRIu64, k->offset + first);
	v->pages += len / PAGE;
	if (image_checksum(v->block, len) == k->checksums[index])
		return 0;
	if (v->bad++ < MAX_SAID)
		fail(&at, 0, "damaged: the contents of %zu pages of address space %u, from %" PRIx64 " on "
		     "(pages file at %" PRIu64 "), do not have their checksum", len / (size_t)PAGE, m->msg->id,
		     address_of(k, first / PAGE), k->offset + first);
	return 0;
}

static int verify_vma(struct verify *v, const struct loaded_mm *m, const struct loaded_vma *vma)
{
	int err = 0;

	for (size_t i = 0; i < vma->n_chunks; i++)
		for (size_t b = 0; !err && b < vma->chunks[i]->n_checksums; b++)
			err = verify_block(v, m, vma->chunks[i], b);
	return err;
}

static int verify_pages(struct verify *v)
{
	int err = 0;

	for (size_t id = 1; id < v->c->n_mm_ids; id++) {
		const struct loaded_mm *m = v->c->mms[id];

		for (size_t i = 0; !err && m && i < m->n_vmas; i++)
			err = verify_vma(v, m, &m->vmas[i]);
	}
	if (!err && v->bad > MAX_SAID)
		fail(&at, 0, "and %" PRIu64 " more such places", v->bad - MAX_SAID);
	return err ? err : v->bad ? -EBADMSG : 0;
}

static int verify_image(struct arena *a, struct image *i)
{
	autofree uint8_t *block = aligned_alloc(IO_ALIGNMENT, BLOCK);
	struct checkpoint c;
	struct verify v = { .c = &c, .block = block };
	const char *why = NULL;
	int err = load_checkpoint(a, i, &c, &why);

	if (err)
		return load_fail(&at, err, why);
	if (!block)
		return fail(&at, -ENOMEM, "no memory for pages");
	err = verify_pages(&v);
	if (err)
		return err;
	tell("The checkpoint is whole: %zu process%s, %zu task%s, %" PRIu64 " pages.\n", c.n_order,
	     c.n_order == 1 ? "" : "es", c.n_tasks, c.n_tasks == 1 ? "" : "s", v.pages);
	err = tell_flush();
	return err ? fail(&at, err, "cannot write to standard output") : 0;
}

int verify_command(const struct verify_options *o)
{
	auto_(arena_freep) struct arena *a = arena_new();
	autoclose dir = open(o->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct image *i = NULL;
	const char *why = NULL;
	int err;

	if (!a)
		return fail(&at, -ENOMEM, "no memory");
	if (dir < 0)
		return fail(&at, errno, "cannot open %s", o->dir);
	err = image_open(a, dir, &i, &why);
	if (err)
		return load_fail(&at, err, why);
	err = verify_image(a, i);
	image_close(i);
	return err;
}
