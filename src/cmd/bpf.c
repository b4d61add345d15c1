/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leakscan bpf: whether the kernel's lists can be used here; for whom root has pinned them.
 * A pin gives a group what only root may see otherwise, so it is never made by the way.
 */
#include "cmd/bpf.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cmd/cmds.h"
#include "cmd/suggest.h"
#include "cmd/target_options.h"
#include "source/bpf.h"
#include "source/bpf_pin.h"
#include "source/live.h"

#define WHO "leakscan bpf"

enum { OPT_PIN = 256, OPT_UNPIN };

static const struct option options[] = {
	{ "pin", required_argument, NULL, OPT_PIN },
	{ "unpin", no_argument, NULL, OPT_UNPIN },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(void)
{
	puts("Usage: leakscan bpf [--pin GROUP | --unpin]\n\n"
	     "Whether `--source bpf` can be used here: all processes and all descriptors of the\n"
	     "machine by the kernel's BPF iterators, many times faster than by /proc.  It takes\n"
	     "root (CAP_BPF and CAP_PERFMON), or what root has pinned for a group of yours.\n\n"
	     "      --pin GROUP       root: let this group use it without any capability\n"
	     "      --unpin           root: take that back\n"
	     "  -h, --help            this help\n\n"
	     "A pin shows the members of GROUP the names, users and descriptors of all processes,\n"
	     "root's too: files, pipes, sockets with their peers.  It lasts until --unpin or the\n"
	     "next boot.  Nothing is pinned unless asked for.\n\n"
	     "Exit status: 0 it can be used, or it was done; 2 usage; 3 it cannot be used, or failed.");
}

static int failed(const char *what, const char *why)
{
	fprintf(stderr, WHO ": %s: %s\n", what, why);
	return CMD_FAILED;
}

static const char *pin_error(int err)
{
	switch (err) {
	case -ENODEV:
		return "bpffs is not mounted: mount -t bpf -o mode=0711 bpf " BPF_PIN_ROOT;
	case -EXDEV:
		return "only root can enter " BPF_PIN_ROOT ", so no group would get there:"
		       " chmod 0711 " BPF_PIN_ROOT;
	case -EPERM:
		return BPF_PIN_DIR " is not root's alone: look what it is, and remove it";
	default:
		return strerror(-err);
	}
}

/* By its name, or by the number of one that there is. */
static const struct group *find_group(const char *word)
{
	const struct group *g = getgrnam(word);
	uint64_t number;

	if (!g && !text_u64(text_of(word), &number) && number < (gid_t)-1)
		g = getgrgid((gid_t)number);
	return g;
}

static int pin(const char *word)
{
	const struct group *g = find_group(word);
	int links[BPF_LIST_N], err;

	if (!g)
		return usage_error(WHO, "--pin", word, "there is no such group");
	if (geteuid())
		return failed("--pin", "only root may");
	err = bpf_links(links);
	if (err)
		return failed("--pin", live_bpf_missing(err));
	err = bpf_pin_make(links, g->gr_gid);
	for (int i = 0; i < BPF_LIST_N; i++)
		close(links[i]);
	if (err)
		return failed("--pin", pin_error(err));
	printf("pinned in " BPF_PIN_DIR " for the group %s, until --unpin or the next boot\n"
	       "its members can now see the descriptors of all processes\n", g->gr_name);
	return CMD_CLEAN;
}

static int unpin(void)
{
	int err;

	if (geteuid())
		return failed("--unpin", "only root may");
	err = bpf_pin_remove();
	if (err == -ENOENT) {
		puts("nothing is pinned");
		return CMD_CLEAN;
	}
	if (err)
		return failed("--unpin", pin_error(err));
	puts("no longer pinned");
	return CMD_CLEAN;
}

static void tell_pinned(void)
{
	struct bpf_pinned pinned;
	const struct group *g;
	int err = bpf_pin_look(&pinned);

	if (err || !pinned.there) {
		printf("pinned: %s\n", err ? strerror(-err) : "no");
		return;
	}
	g = getgrgid(pinned.gid);
	if (g)
		printf("pinned: for the group %s (%u)", g->gr_name, pinned.gid);
	else
		printf("pinned: for the group %u", pinned.gid);
	puts(!pinned.trusted ? ", but not by root alone: it is not believed" :
	     !pinned.current ? ", by another version: --pin it again" : "");
}

static int tell(void)
{
	struct snapshot *s;
	int pin, err;
	bool pinned = !bpf_pin_open(BPF_TASKS, &pin, 1);

	if (pinned)
		close(pin);
	err = live_walk(LIVE_BPF, &s);
	if (err) {
		printf("usable: no: %s\n", live_bpf_missing(err));
	} else {
		printf("usable: yes, %s\n", pinned ? "by what is pinned" : "with our own rights");
		snapshot_free(s);
	}
	tell_pinned();
	return err ? CMD_FAILED : CMD_CLEAN;
}

int bpf_main(int argc, char **argv)
{
	const char *group = NULL;
	bool remove = false;
	int got;

	optind = 0;
	while ((got = option_next(argc, argv, ":h", options)) != -1) {
		switch (got) {
		case 'h':
			print_help();
			return CMD_CLEAN;
		case OPT_PIN:
			group = optarg;
			break;
		case OPT_UNPIN:
			remove = true;
			break;
		default:
			suggest_option(WHO, argv, got, options);
			return CMD_USAGE;
		}
	}
	if (optind < argc)
		return usage_error(WHO, "argument", argv[optind], "a group is named by --pin GROUP");
	if (group && remove)
		return usage_error(WHO, "--unpin", NULL, "not together with --pin");
	return group ? pin(group) : remove ? unpin() : tell();
}
