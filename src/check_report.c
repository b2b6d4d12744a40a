/* SPDX-License-Identifier: Apache-2.0 */
/* check_report.c - what `ckpt check` found, for people and for programs. */
#include <stdio.h>
#include <string.h>

#include "check_parts.h"
#include "cleanup.h"
#include "say.h"

static const char *const answers[] = { [ANSWER_YES] = "yes", [ANSWER_LIMITED] = "limited", [ANSWER_NO] = "no" };

static const struct { unsigned bit; const char *name; } users[] = { { FOR_DUMP, "dump" }, { FOR_RESTORE, "restore" } };

static int name_width(const struct feature *table, size_t n)
{
	size_t width = strlen("FEATURE");

	for (size_t i = 0; i < n; i++)
		width = MAX(width, strlen(table[i].name));
	return (int)width;
}

static const char *needed_by(unsigned needed)
{
	return needed == (FOR_DUMP | FOR_RESTORE) ? "dump, restore" : needed == FOR_DUMP ? "dump" :
	       needed == FOR_RESTORE ? "restore" : "-";
}

static void tell_verdict(const struct feature *table, const struct finding *found, size_t n)
{
	for (size_t i = 0; i < ARRAY_SIZE(users); i++) {
		size_t missing;

		check_missing(table, found, n, users[i].bit, &missing);
		if (!missing) {
			tell("%s: all that it needs is there\n", users[i].name);
			continue;
		}
		tell("%s: cannot work here without", users[i].name);
		for (size_t j = 0; j < n; j++)
			if ((table[j].needed & users[i].bit) && found[j].answer == ANSWER_NO)
				tell(" %s", table[j].name);
		tell("\n");
	}
}

void check_tell_text(const struct feature *table, const struct finding *found, size_t n)
{
	int name = name_width(table, n);
	int indent = name + 2 + 9 + 15;

	tell("%-*s  %-7s  %-13s  %s\n", name, "FEATURE", "STATE", "NEEDED BY", "WHAT FOR");
	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &found[i];

		tell("%-*s  %-7s  %-13s  %s%s%s\n", name, table[i].name, answers[f->answer], needed_by(table[i].needed),
		     table[i].purpose, *f->reason ? ": " : "", f->reason);
		if (f->answer != ANSWER_YES)
			tell("%*s%s\n", indent, "", finding_remedy(&table[i], f));
	}
	tell_verdict(table, found, n);
}

static void tell_string(const char *key, const char *s)
{
	tell(", \"%s\": ", key);
	tell_json(s);
}

void check_tell_json(const struct feature *table, const struct finding *found, size_t n)
{
	tell("[");
	for (size_t i = 0; i < n; i++) {
		const char *separator = "";

		tell("%s\n  {\"name\": \"%s\", \"state\": \"%s\", \"needed_by\": [", i ? "," : "", table[i].name,
		     answers[found[i].answer]);
		for (size_t j = 0; j < ARRAY_SIZE(users); j++)
			if (table[i].needed & users[j].bit) {
				tell("%s\"%s\"", separator, users[j].name);
				separator = ", ";
			}
		tell("]");
		tell_string("purpose", table[i].purpose);
		if (*found[i].reason)
			tell_string("reason", found[i].reason);
		if (found[i].answer != ANSWER_YES)
			tell_string("remedy", finding_remedy(&table[i], &found[i]));
		tell("}");
	}
	tell("\n]\n");
}
