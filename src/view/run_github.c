/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GitHub Actions: a line that begins with :: is a command to it, wherever it comes from, so
 * what a process chose must not begin one.  Of one kind it shows ten a step.
 */
#include "view/run.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

#define ANNOTATIONS_MOST 10

/* property: also what separates properties. */
static const char *command_text(struct arena *a, const char *raw, bool property)
{
	const char *plain = escape_text(a, SINK_PLAIN, raw);
	char *out = arena_alloc(a, strlen(plain) * 3 + 1), *at = out;

	for (; *plain; plain++) {
		const char *code = *plain == '%' ? "%25" : *plain == '\r' ? "%0D" :
				   *plain == '\n' ? "%0A" : !property ? NULL :
				   *plain == ':' ? "%3A" : *plain == ',' ? "%2C" : NULL;

		if (code)
			at = stpcpy(at, code);
		else
			*at++ = *plain;
	}
	return out;
}

int view_run_annotations(const struct run_report *r, FILE *out)
{
	struct arena *a = arena_new(0);
	unsigned n = 0;

	for (size_t i = 0; i < r->left_n && n < ANNOTATIONS_MOST; i++) {
		const struct left *l = &r->left[i];
		const char *title = arena_printf(a, "leaked process %d: %s", l->process.id.pid,
						 l->process.comm);
		char age[32];

		if (!left_counts(r, l))
			continue;
		n++;
		fprintf(out, "::error title=%s::%s%%0A%s old, %s%%0A", command_text(a, title, true),
			command_text(a, process_label(&l->process), false),
			text_age(l->age_ns, age, sizeof(age)), view_run_how(l));
		for (size_t j = 0; j < l->hold_n; j++)
			fprintf(out, "holds %s%%0A", command_text(a, l->holds[j], false));
		fprintf(out, "%s\n", command_text(a, view_run_fate(r, l, a), false));
	}
	arena_free(a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}

/* In a table's cell: no markup, no end of the cell. */
static const char *cell(struct arena *a, const char *raw)
{
	const char *plain = escape_text(a, SINK_PLAIN, raw);
	char *out = arena_alloc(a, strlen(plain) * 8 + 1), *at = out;

	for (; *plain; plain++)
		if (strchr("|`<>&*_[]~\\#!", *plain))
			at += snprintf(at, 8, "&#%d;", *plain);
		else
			*at++ = *plain;
	return out;
}

int view_run_summary(const struct run_report *r, FILE *out)
{
	struct arena *a = arena_new(0);

	if (run_report_leaks(r)) {
		fprintf(out, "### leakscan: %s left %zu behind\n\n", cell(a, r->command),
			run_report_leaks(r));
		fputs("| pid | command | age | how | holds | now |\n|---|---|---|---|---|---|\n", out);
	}
	for (size_t i = 0; i < r->left_n; i++) {
		const struct left *l = &r->left[i];
		char age[32];

		if (!left_counts(r, l))
			continue;
		fprintf(out, "| %d | %s | %s | %s | ", l->process.id.pid,
			cell(a, process_label(&l->process)), text_age(l->age_ns, age, sizeof(age)),
			view_run_how(l));
		for (size_t j = 0; j < l->hold_n; j++)
			fprintf(out, "%s%s", j ? "<br>" : "", cell(a, l->holds[j]));
		fprintf(out, " | %s |\n", cell(a, view_run_fate(r, l, a)));
	}
	if (run_report_leaks(r))
		fputc('\n', out);
	arena_free(a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
