/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan demo: makes the documented leak for real, lets scan find it by the pid of the
 * dead app and reap end it, then runs the same app with the fix, where scan finds nothing. What it starts
 * it starts through demo_stage.c, which also ends it, whatever happens to us.
 */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/demo.h"
#include "cmd/demo_stage.h"
#include "cmd/reap.h"
#include "cmd/scan.h"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/share/leakscan"
#endif

#define STEP_LIMIT_MS 30000	/* a script that is silent for longer has failed */

enum { DEMO_OK = 0, DEMO_FAILED = 1, DEMO_USAGE = 2, DEMO_CANNOT = 3 };

struct demo {
	struct stage stage;
	char examples[PATH_MAX];	/* where the scripts are */
	char url[64];			/* of the server, once it has told its port */
	pid_t server;			/* a child of ours until demo_end */
};

static int server_start(struct demo *d)
{
	static const char *const args[] = { NULL };
	char script[PATH_MAX], text[16] = "";
	size_t length = 0;
	int out, rc;

	rc = path_join(script, sizeof(script), d->examples, "server.py");
	if (!rc)
		rc = lifeline_open(&d->stage, LIFE_SERVER);
	if (rc)
		return rc;
	d->server = script_start(&d->stage, LIFE_SERVER, script, args, &out);
	if (d->server < 0)
		return d->server;
	while (!strchr(text, '\n') && length < sizeof(text) - 1) {
		ssize_t n;

		rc = stage_wait(&d->stage, out, STEP_LIMIT_MS);
		if (rc <= 0)
			break;
		n = read(out, text + length, sizeof(text) - 1 - length);
		if (n <= 0)
			break;
		length += (size_t)n;
		text[length] = '\0';
	}
	close(out);
	if (rc < 0)
		return rc;
	if (!strchr(text, '\n') || atoi(text) <= 0)
		return -EPROTO;
	snprintf(d->url, sizeof(d->url), "http://127.0.0.1:%d/", atoi(text));
	printf("  server.py    process %d, serves a 32 MiB file at 256 KiB/s on 127.0.0.1:%d\n",
	       (int)d->server, atoi(text));
	return 0;
}

/* Shows the output of a script, each line behind a bar, until its last writer is gone. */
static int output_show(struct demo *d, int out)
{
	bool at_start = true;
	char text[1024];

	for (;;) {
		const int rc = stage_wait(&d->stage, out, STEP_LIMIT_MS);
		ssize_t n;

		if (rc <= 0)
			return rc ? rc : -ETIMEDOUT;
		n = read(out, text, sizeof(text));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		for (ssize_t i = 0; i < n; i++) {
			if (at_start)
				fputs("    | ", stdout);
			at_start = text[i] == '\n';
			putchar(text[i]);
		}
		fflush(stdout);
	}
}

/* Runs the app @name until it is dead and reaped. Its pid is written to *@app. */
static int app_run(struct demo *d, enum lifeline which, const char *name,
		   const char *path, pid_t *app)
{
	const char *const args[] = { d->url, path, NULL };
	char script[PATH_MAX];
	int out, rc, status;
	pid_t pid;

	rc = path_join(script, sizeof(script), d->examples, name);
	if (!rc)
		rc = lifeline_open(&d->stage, which);
	if (rc)
		return rc;
	pid = script_start(&d->stage, which, script, args, &out);
	if (pid < 0)
		return pid;
	printf("  %s     process %d, the app\n\n", name, (int)pid);
	fflush(stdout);
	rc = output_show(d, out);
	close(out);
	if (rc)
		/* Without its download the app has nothing to read and ends as well. */
		lifeline_close(&d->stage, which);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (rc)
		return rc;
	if (WIFSIGNALED(status))
		printf("\n  The app is dead: process %d, signal %d.\n", (int)pid,
		       WTERMSIG(status));
	else
		printf("\n  The app is dead: process %d, exit status %d.\n", (int)pid,
		       WEXITSTATUS(status));
	*app = pid;
	return WIFEXITED(status) && WEXITSTATUS(status) == 1 ? 0 : -EPROTO;
}

/* ---- the story -------------------------------------------------------------------- */

static int scan_pid(pid_t pid)
{
	char number[16];
	char *argv[] = { (char *)"scan", (char *)"--pid", number, NULL };
	int rc;

	snprintf(number, sizeof(number), "%d", (int)pid);
	printf("  $ leakscan scan --pid %s\n\n", number);
	fflush(stdout);
	rc = scan_main(3, argv);
	fflush(stdout);
	return rc;
}

static int reap_pid(pid_t pid)
{
	char number[16];
	char *argv[] = { (char *)"reap", (char *)"--pid", number, (char *)"--yes", NULL };
	int rc;

	snprintf(number, sizeof(number), "%d", (int)pid);
	printf("  $ leakscan reap --pid %s --yes\n\n", number);
	fflush(stdout);
	rc = reap_main(4, argv);
	fflush(stdout);
	return rc;
}

/* Measures the file twice. 1 it grows, 0 it does not, or -errno. */
static int file_grows(struct demo *d, const char *path)
{
	struct stat before, after;
	int rc;

	if (stat(path, &before) < 0)
		return -errno;
	rc = stage_wait(&d->stage, -1, 1000);
	if (rc < 0)
		return rc;
	if (stat(path, &after) < 0)
		return -errno;
	printf("  The file has %lld KiB, and one second later %lld KiB.\n",
	       (long long)before.st_size / 1024, (long long)after.st_size / 1024);
	return after.st_size > before.st_size;
}

static int act_leaky(struct demo *d)
{
	char path[PATH_MAX];
	pid_t app;
	int rc = path_join(path, sizeof(path), d->stage.dir, "leaky.bin");

	if (rc)
		return rc;
	puts("1. An app reads the output of its download in a loop, without try/finally.\n");
	rc = server_start(d);
	if (!rc)
		rc = app_run(d, LIFE_LEAKY, "leaky.py", path, &app);
	if (!rc)
		rc = file_grows(d, path);
	if (rc < 0)
		return rc;
	if (!rc) {
		puts("  It should have grown: the download did not outlive its app.");
		return -EPROTO;
	}
	puts("  The download goes on, and nobody is left to end it.\n\n"
	     "2. All that leakscan needs is the pid of the dead app.\n");
	rc = scan_pid(app);
	if (rc != 1) {
		printf("\n  It should have found the download (exit status 1, not %d).\n", rc);
		return -EPROTO;
	}
	puts("\n  Exit status 1: leaked.\n\n"
	     "3. leakscan can end it, in the seven steps that the app has skipped.\n");
	rc = reap_pid(app);
	lifeline_close(&d->stage, LIFE_LEAKY);
	/* 1: ended, but whoever adopted it here does not reap; the report has said so */
	if (rc > 1) {
		printf("\n  It should have ended the download (exit status 0, not %d).\n", rc);
		return -EPROTO;
	}
	puts(rc ? "\n  Exit status 1: not all is as clean as it should be.\n" :
	     "\n  Exit status 0: cleaned up.\n");
	return 0;
}

static int act_fixed(struct demo *d)
{
	char path[PATH_MAX];
	pid_t app;
	int rc = path_join(path, sizeof(path), d->stage.dir, "fixed.bin");

	if (rc)
		return rc;
	puts("4. The same app with try/finally: close, poll, terminate, wait, kill, wait.\n");
	rc = app_run(d, LIFE_FIXED, "fixed.py", path, &app);
	if (!rc)
		rc = file_grows(d, path);
	if (rc < 0)
		return rc;
	if (rc) {
		puts("  It should not have grown: the download outlived its app.");
		return -EPROTO;
	}
	puts("  The same exception, but the download ended with its app.\n");
	rc = scan_pid(app);
	if (rc) {
		printf("\n  It should have found nothing (exit status 0, not %d).\n", rc);
		return -EPROTO;
	}
	printf("\n  Exit status 0: nothing leaked.\n\n"
	       "Both apps are there to read: %s\n"
	       "Why this happens, and the fix in other languages: leakscan explain LS101\n",
	       d->examples);
	return 0;
}

/* Ends and reaps all that was started. -EBUSY when something would not end. */
static int demo_end(struct demo *d)
{
	lifeline_close(&d->stage, LIFE_SERVER);
	if (d->server > 0)
		while (waitpid(d->server, NULL, 0) < 0 && errno == EINTR)
			;
	return stage_close(&d->stage);
}

/* ---- what it needs ---------------------------------------------------------------- */

static bool have_python(void)
{
	const char *path = getenv("PATH");
	char list[8192], file[PATH_MAX];
	char *save = NULL;

	if (snprintf(list, sizeof(list), "%s", path ? path : "/usr/bin:/bin") >=
	    (int)sizeof(list))
		return true;	/* let execvp decide */
	for (char *dir = strtok_r(list, ":", &save); dir; dir = strtok_r(NULL, ":", &save))
		if (!path_join(file, sizeof(file), dir, "python3") && !access(file, X_OK))
			return true;
	return false;
}

static bool examples_at(struct demo *d, const char *dir, const char *below)
{
	char real[PATH_MAX], path[PATH_MAX];

	if (path_join(path, sizeof(path), dir, below) || !realpath(path, real) ||
	    path_join(path, sizeof(path), real, "leaky.py") || access(path, R_OK))
		return false;
	memcpy(d->examples, real, sizeof(real));
	return true;
}

/* The scripts of a source or build tree come before the installed ones, so that a
 * checkout shows its own. */
static bool examples_find(struct demo *d)
{
	static const char *const below[] = {
		"examples/downloader",
		"../examples/downloader",
		"../../examples/downloader",
		"../share/leakscan/examples/downloader",
	};
	const char *env = getenv("LEAKSCAN_EXAMPLES");
	char self[PATH_MAX];
	ssize_t n;

	if (env && *env)
		return examples_at(d, env, ".");
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++)
			if (examples_at(d, self, below[i]))
				return true;
	}
	return examples_at(d, PKGDATADIR, "examples/downloader");
}

int demo_main(int argc, char **argv)
{
	struct demo d = { .server = 0 };
	int rc, end;

	if (argc > 1 && (!strcmp(argv[1], "-h") || !strcmp(argv[1], "--help"))) {
		puts("Usage: leakscan demo\n\n"
		     "Makes a real leak with the scripts in examples/downloader, finds it,\n"
		     "cleans it up, and ends all it started. Needs python3.");
		return DEMO_OK;
	}
	if (argc > 1) {
		fprintf(stderr, "leakscan: demo takes no arguments: %s\n", argv[1]);
		return DEMO_USAGE;
	}
	if (!have_python()) {
		fputs("leakscan: demo needs python3, and there is none in PATH\n", stderr);
		return DEMO_CANNOT;
	}
	if (!examples_find(&d)) {
		fputs("leakscan: demo cannot find its scripts (examples/downloader);"
		      " LEAKSCAN_EXAMPLES can name their directory\n", stderr);
		return DEMO_CANNOT;
	}
	rc = stage_open(&d.stage);
	if (rc) {
		fprintf(stderr, "leakscan: demo cannot start: %s\n", strerror(-rc));
		return DEMO_FAILED;
	}
	rc = act_leaky(&d);
	if (!rc)
		rc = act_fixed(&d);
	end = demo_end(&d);
	if (d.stage.stopped_by && !end)
		fputs("\nleakscan: demo stopped early; it has ended what it started\n", stderr);
	else if (rc && rc != -EPROTO && rc != -EINTR)
		fprintf(stderr, "leakscan: demo failed: %s\n", strerror(-rc));
	else if (rc && rc != -EINTR)
		fputs("leakscan: demo did not go as it should\n", stderr);
	if (end)
		fputs("leakscan: demo could not end everything it started; what is left"
		      " ends by itself within two minutes\n", stderr);
	if (d.stage.stopped_by)
		return 128 + d.stage.stopped_by;
	return rc || end ? DEMO_FAILED : DEMO_OK;
}
