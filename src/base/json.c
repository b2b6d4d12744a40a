/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - strings as JSON has them (RFC 8259), whatever bytes they are of. */
#include "say.h"

/* Length of the UTF-8 character at s (RFC 3629), 0 if there is none. */
static int utf8_length(const unsigned char *s)
{
	int len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;

	for (int i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

void tell_json(const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");

	tell("\"");
	while (*s) {
		int len = utf8_length(s);

		if (*s == '"' || *s == '\\')
			tell("\\%c", *s);
		else if (!len || *s < ' ' || *s == 0x7f)
			tell("\\u%04x", *s);
		else
			tell("%.*s", len, (const char *)s);
		s += len ? len : 1;
	}
	tell("\"");
}
