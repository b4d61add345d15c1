/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes each piece of code of the explanations to DIR/ID.LANGUAGE, for explain_snippets.sh. */
#include <stdio.h>

#include "view/explain.h"

int main(int argc, char **argv)
{
	const struct explanation *e;
	char path[4096];

	if (argc != 2)
		return 2;
	for (size_t i = 0; (e = explain_at(i)); i++)
		for (const struct explain_fix *f = e->fixes; f->language; f++) {
			FILE *out;

			snprintf(path, sizeof(path), "%s/%s.%s", argv[1], e->id, f->language);
			out = fopen(path, "w");
			if (!out || fputs(f->code, out) < 0 || fclose(out))
				return 1;
		}
	return 0;
}
