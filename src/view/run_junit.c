/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JUnit's XML, as GitLab, Jenkins and others read it.  XML 1.0 has no way at all to write
 * most control characters, so text is made printable first.  GitLab shows the body of a
 * failure, not its message.
 */
#include "view/run.h"

#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "base/text.h"

static const char *xml(struct arena *a, const char *raw)
{
	const char *plain = escape_text(a, SINK_PLAIN, raw);
	char *out = arena_alloc(a, strlen(plain) * 6 + 1), *at = out;

	for (; *plain; plain++) {
		const char *entity = *plain == '&' ? "&amp;" : *plain == '<' ? "&lt;" :
				     *plain == '>' ? "&gt;" : *plain == '"' ? "&quot;" : NULL;

		if (entity)
			at = stpcpy(at, entity);
		else
			*at++ = *plain;
	}
	return out;
}

static void failure(const struct run_report *r, struct arena *a, FILE *out)
{
	size_t n = run_report_leaks(r);

	fprintf(out, "      <failure type=\"leak\" message=\"%zu left behind\">", n);
	for (size_t i = 0; i < r->left_n; i++) {
		const struct left *l = &r->left[i];
		char age[32];

		if (!left_counts(r, l))
			continue;
		fprintf(out, "%d %s\n  %s old, %s\n", l->process.id.pid,
			xml(a, process_label(&l->process)), text_age(l->age_ns, age, sizeof(age)),
			view_run_how(l));
		for (size_t j = 0; j < l->hold_n; j++)
			fprintf(out, "  holds %s\n", xml(a, l->holds[j]));
		fprintf(out, "  %s\n", xml(a, view_run_fate(r, l, a)));
	}
	fputs("</failure>\n", out);
}

int view_run_junit(const struct run_report *r, FILE *out)
{
	struct arena *a = arena_new(0);
	bool leaks = run_report_leaks(r), bad = leaks || r->timed_out || r->exec_error || r->blind;
	double seconds = (double)(r->took_ns / 1000000) / 1e3;

	fprintf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<testsuites>\n  <testsuite name=\"leakscan run\" tests=\"1\" failures=\"%d\" errors=\"%d\""
		" time=\"%.3f\">\n    <testcase classname=\"leakscan run\" name=\"%s\" time=\"%.3f\"%s>\n",
		leaks, bad && !leaks, seconds, xml(a, r->command), seconds, bad ? "" : "/");
	if (leaks)
		failure(r, a, out);
	else if (bad)
		fprintf(out, "      <error type=\"run\" message=\"%s\"/>\n",
			r->blind ? "something was left behind that cannot be seen" : view_run_end(r, a));
	fprintf(out, "%s  </testsuite>\n</testsuites>\n", bad ? "    </testcase>\n" : "");
	arena_free(a);
	return fflush(out) || ferror(out) ? -EIO : 0;
}
