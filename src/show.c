/* SPDX-License-Identifier: Apache-2.0 */
/* show.c - ckpt show: opens what the path names, and picks a printer for it. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "arena.h"
#include "cleanup.h"
#include "image.h"
#include "say.h"
#include "show.h"
#include "show_parts.h"

static const struct where at = { .phase = "show", .fd = -1 };

struct part {
	const char *name;
	const ProtobufCMessageDescriptor *type;
};

static const struct part parts[] = {
	{ "tree", &tree_record__descriptor },
	{ "mm", &mm_record__descriptor },
	{ "files", &file_record__descriptor },
};

static int show_parts_json(struct image *i)
{
	const char *why = NULL;

	tell("{\n  \"inventory\": ");
	show_json(&image_inventory(i)->base, 1);
	for (size_t p = 0; p < ARRAY_SIZE(parts); p++) {
		ProtobufCMessage **list = NULL;
		size_t n = 0;
		int err = image_records(i, parts[p].name, parts[p].type, &list, &n, &why);

		if (err)
			return load_fail(&at, err, why);
		tell(",\n  \"%s\": ", parts[p].name);
		show_json_list(list, n, 1);
	}
	tell("\n}\n");
	return 0;
}

static int show_loaded(struct arena *a, struct image *i)
{
	struct checkpoint c;
	const char *why = NULL;
	int err = load_checkpoint(a, i, &c, &why);

	if (err)
		return load_fail(&at, err, why);
	err = show_people(a, &c);
	return err ? fail(&at, err, "cannot show the checkpoint") : 0;
}

static int show_dir(struct arena *a, int dirfd, bool json)
{
	struct image *i = NULL;
	const char *why = NULL;
	int err = image_open(a, dirfd, &i, &why);

	if (err)
		return load_fail(&at, err, why);
	err = json ? show_parts_json(i) : show_loaded(a, i);
	image_close(i);
	return err;
}

static int show_file(struct arena *a, const struct show_options *o)
{
	ProtobufCMessage **list = NULL;
	const char *part = NULL, *why = NULL;
	size_t n = 0;
	int err = image_open_file(a, AT_FDCWD, o->path, &part, &list, &n, &why);

	if (err)
		return load_fail(&at, err, why);
	if (o->json) {
		tell("{\n  \"part\": \"%s\",\n  \"records\": ", part);
		show_json_list(list, n, 1);
		tell("\n}\n");
		return 0;
	}
	tell("# part %s, %zu records\n", part, n);
	for (size_t i = 0; i < n; i++) {
		tell("\n# record %zu\n", i + 1);
		show_text(list[i], 0);
	}
	return 0;
}

int show_command(const struct show_options *o)
{
	auto_(arena_freep) struct arena *a = arena_new();
	autoclose dir = open(o->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int err;

	if (!a)
		return fail(&at, -ENOMEM, "no memory");
	if (dir < 0 && errno != ENOTDIR)
		return fail(&at, errno, "cannot open %s", o->path);
	err = dir >= 0 ? show_dir(a, dir, o->json) : show_file(a, o);
	if (err)
		return err;
	err = tell_flush();
	return err ? fail(&at, err, "cannot write to standard output") : 0;
}
