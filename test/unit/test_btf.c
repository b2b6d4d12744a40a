/* SPDX-License-Identifier: Apache-2.0 */
/* test_btf.c - fields of structs, in types made by hand, whole and broken, and in the kernel's own. */
#include <errno.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <cmocka.h>
#include "arena.h"
#include "bpf_iter.h"
#include "btf.h"

#define STRINGS "\0long\0node\0next\0flags\0low\0walk\0word_t\0ode"
enum { NONE = 0, LONG = 1, NODE = 6, NEXT = 11, FLAGS = 16, LOW = 22, WALK = 26, WORD = 31 };

/* struct node { long *next; union { word_t flags; }; unsigned long low : 3; }; void walk(); */
static const uint32_t types[] = {
	LONG, BTF_KIND_INT << 24, 8, 64,			/* 1 */
	NONE, BTF_KIND_PTR << 24, 1,				/* 2 */
	WORD, BTF_KIND_TYPEDEF << 24, 1,			/* 3 */
	NONE, BTF_KIND_UNION << 24 | 1, 8, FLAGS, 3, 0,		/* 4 */
	WALK, BTF_KIND_FUNC << 24, 6,				/* 5 */
	NONE, BTF_KIND_FUNC_PROTO << 24, 0,			/* 6 */
	NODE, 1u << 31 | BTF_KIND_STRUCT << 24 | 3, 24,		/* 7 */
	NEXT, 2, 0, NONE, 4, 64, LOW, 1, 3u << 24 | 128,
	NODE, BTF_KIND_TYPEDEF << 24, 7,			/* 8 */
};

struct image {
	struct btf_header h;
	char types[sizeof(types)];
	char strings[sizeof(STRINGS)];
};

struct fix { struct arena *a; struct image i; struct btf *b; };

static int setup(void **state)
{
	struct fix *f = calloc(1, sizeof(*f));

	if (!f)
		return -1;
	f->a = arena_new();
	f->i.h = (struct btf_header){ .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(f->i.h),
				      .type_len = sizeof(types), .str_off = sizeof(types), .str_len = sizeof(STRINGS) };
	memcpy(f->i.types, types, sizeof(types));
	memcpy(f->i.strings, STRINGS, sizeof(STRINGS));
	*state = f;
	return f->a ? 0 : -1;
}

static int teardown(void **state)
{
	struct fix *f = *state;

	arena_free(f->a);
	free(f);
	return 0;
}

static void parse(struct fix *f)
{
	assert_int_equal(btf_parse(f->a, &f->i, sizeof(f->i), &f->b), 0);
}

static void fields(void **state)
{
	struct fix *f = *state;
	struct btf_field at;

	parse(f);
	assert_int_equal(btf_field(f->b, "node", "next", &at), 0);
	assert_int_equal(at.offset, 0);
	assert_int_equal(at.size, 8);
	assert_int_equal(btf_field(f->b, "node", "flags", &at), 0);	/* in a union without a name */
	assert_int_equal(at.offset, 8);
	assert_int_equal(at.size, 8);
	assert_int_equal(btf_field(f->b, "node", "low", &at), -EINVAL);
}

static void what_is_not_there(void **state)
{
	struct fix *f = *state;
	struct btf_field at;
	uint32_t number;

	parse(f);
	assert_int_equal(btf_field(f->b, "node", "walk", &at), -ENOENT);
	assert_int_equal(btf_field(f->b, "node", "ext", &at), -ENOENT);		/* the end of a name */
	assert_int_equal(btf_field(f->b, "ode", "next", &at), -ENOENT);		/* a name, of nothing */
	assert_int_equal(btf_field(f->b, "long", "next", &at), -ENOENT);
	assert_int_equal(btf_find(f->b, BTF_KIND_STRUCT, "walk", &number), -ENOENT);
	assert_int_equal(btf_find(f->b, BTF_KIND_STRUCT, "nothing", &number), -ENOENT);
}

static void numbers(void **state)
{
	struct fix *f = *state;
	uint32_t number;

	parse(f);
	assert_int_equal(btf_find(f->b, BTF_KIND_INT, "long", &number), 0);
	assert_int_equal(number, 1);
	assert_int_equal(btf_find(f->b, BTF_KIND_FUNC, "walk", &number), 0);
	assert_int_equal(number, 5);
	assert_int_equal(btf_find(f->b, BTF_KIND_TYPEDEF, "node", &number), 0);
	assert_int_equal(number, 8);
}

static void cut_short(void **state)
{
	struct fix *f = *state;

	for (size_t len = 0; len < offsetof(struct image, strings) + sizeof(STRINGS); len++) {
		char *bytes = malloc(len + 1);

		assert_non_null(bytes);
		memcpy(bytes, &f->i, len);
		assert_int_equal(btf_parse(f->a, bytes, len, &f->b), -EINVAL);
		free(bytes);
	}
}

/* Whatever it says, it is not read beyond its end. */
static void bent(void **state)
{
	struct fix *f = *state;
	const struct image whole = f->i;

	for (size_t at = 0; at < sizeof(whole); at++)
		for (int bits = 1; bits < 256; bits++) {
			struct btf_field field;
			uint32_t number;

			f->i = whole;
			((unsigned char *)&f->i)[at] ^= (unsigned char)bits;
			if (btf_parse(f->a, &f->i, sizeof(f->i), &f->b) < 0)
				continue;
			btf_field(f->b, "node", "flags", &field);
			btf_find(f->b, BTF_KIND_FUNC, "walk", &number);
		}
}

static void the_kernels_own(void **state)
{
	struct fix *f = *state;
	struct btf_field start, end;
	size_t len;
	const void *bytes = bpf_iter_map_types(&len);

	if (!bytes)
		skip();
	assert_int_equal(btf_parse(f->a, bytes, len, &f->b), 0);
	assert_int_equal(btf_field(f->b, "vm_area_struct", "vm_start", &start), 0);
	assert_int_equal(btf_field(f->b, "vm_area_struct", "vm_end", &end), 0);
	assert_int_equal(end.offset, start.offset + 8);
	munmap((void *)(uintptr_t)bytes, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fields, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_not_there, setup, teardown),
		cmocka_unit_test_setup_teardown(numbers, setup, teardown),
		cmocka_unit_test_setup_teardown(cut_short, setup, teardown),
		cmocka_unit_test_setup_teardown(bent, setup, teardown),
		cmocka_unit_test_setup_teardown(the_kernels_own, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
