/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check's results as TAP. Check gives the place and the message of a result but not the
 * name of the test; that is only in Check's own TAP log, so the log goes to a memfd and
 * the names are read from there. Each log line is known but for the name, so a message
 * that looks like TAP cannot be mistaken for a line.
 */
#include "harness.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int skipped_count;

/* A '#' would start a directive, and a newline would end the line. */
static void tap_print(FILE *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '\n')
			fputs("\\n", out);
		else if (c == '\\' || c == '#')
			fprintf(out, "\\%c", c);
		else if (iscntrl(c))
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

void harness_skip(const char *name, const char *why)
{
	skipped_count++;
	fputs("ok - ", stdout);
	tap_print(stdout, name);
	fputs(" # SKIP ", stdout);
	tap_print(stdout, why);
	fputc('\n', stdout);
}

static void bail_out(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(99);
}

/* The whole file as a string that the caller frees. */
static char *file_text(int fd)
{
	struct stat st;
	size_t have = 0;
	char *text;

	if (fstat(fd, &st) < 0)
		bail_out("the log of Check has no size");
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		bail_out("no memory");
	while (have < (size_t)st.st_size) {
		ssize_t n = pread(fd, text + have, (size_t)st.st_size - have, (off_t)have);

		if (n <= 0)
			bail_out("the log of Check cannot be read");
		have += (size_t)n;
	}
	text[have] = 0;
	return text;
}

/*
 * Takes the test's name out of "[not ]ok N - FILE:TCASE:NAME: MESSAGE\n" at *log, ends it
 * with a NUL and moves *log behind the line.
 */
static const char *take_name(char **log, TestResult *result, int number)
{
	char *head, *name, *end;
	int len;

	len = asprintf(&head, "%sok %d - %s:%s:", tr_rtype(result) == CK_PASS ? "" : "not ",
		       number, tr_lfile(result), tr_tcname(result));
	if (len < 0)
		bail_out("no memory");
	if (strncmp(*log, head, (size_t)len))
		bail_out("Check's log is not as this harness knows it");
	free(head);

	name = *log + len;
	end = strchr(name, ':');
	if (!end || strncmp(end, ": ", 2) ||
	    strncmp(end + 2, tr_msg(result), strlen(tr_msg(result))))
		bail_out("Check's log is not as this harness knows it");
	*end = 0;
	*log = end + 2 + strlen(tr_msg(result)) + 1;
	return name;
}

static void print_result(TestResult *result, const char *name)
{
	int passed = tr_rtype(result) == CK_PASS;

	printf("%s - ", passed ? "ok" : "not ok");
	tap_print(stdout, tr_tcname(result));
	fputc(':', stdout);
	tap_print(stdout, name);
	if (!passed) {
		printf(": ");
		tap_print(stdout, tr_lfile(result));
		printf(":%d: ", tr_lno(result));
		tap_print(stdout, tr_msg(result));
	}
	fputc('\n', stdout);
}

/* Runs with stdout on stderr: a test's own output must not become part of the TAP. */
static void run_aside(SRunner *runner)
{
	int out;

	fflush(stdout);
	out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	if (out < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		bail_out("stdout cannot be moved");
	srunner_run_all(runner, CK_SILENT);
	fflush(stdout);
	if (dup2(out, STDOUT_FILENO) < 0)
		bail_out("stdout cannot be moved back");
	close(out);
}

int harness_main(Suite *suite)
{
	SRunner *runner;
	TestResult **results;
	char path[64], *log, *at;
	int fd, ran, failed;

	if (!suite) {
		printf("1..%d\n", skipped_count);
		return skipped_count == 0;
	}

	fd = memfd_create("check-tap", MFD_CLOEXEC);
	if (fd < 0)
		bail_out("no memfd for the log of Check");
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	runner = srunner_create(suite);
	srunner_set_tap(runner, path);
	run_aside(runner);

	ran = srunner_ntests_run(runner);
	failed = srunner_ntests_failed(runner);
	results = srunner_results(runner);
	log = at = file_text(fd);
	for (int i = 0; i < ran; i++)
		print_result(results[i], take_name(&at, results[i], i + 1));
	printf("1..%d\n", ran + skipped_count);

	free(log);
	free(results);
	srunner_free(runner);
	close(fd);
	return failed > 0 || ran + skipped_count == 0;
}
