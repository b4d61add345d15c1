/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Environment values, as they were at exec (setenv in a running process does not show).
 * Known cookies of launchers, and any other long value that the target has and nobody
 * outside the family: both are inherited through setsid, double fork and setuid, lost by
 * `env -i`.  Values can be copied, so never exact.
 */
#include "family/kin.h"

#include <string.h>

#define LONG_VALUE 16		/* bytes: shorter ones are equal by chance */

static const char *const cookies[] = {
	"LEAKSCAN_ID", "INVOCATION_ID", "JENKINS_NODE_COOKIE", "BUILD_ID", "RUNNER_TRACKING_ID",
	"CI_JOB_ID", "SLURM_JOB_ID",
};

/* Differ by where and how a program was started, not by who it belongs to: shells, terminals,
 * logins, sudo and make give them to everything below them.  A '*' stands for any rest. */
static const char *const circumstances[] = {
	"PWD", "OLDPWD", "_", "SHLVL", "PATH", "LINES", "COLUMNS", "HOME", "MAIL", "SHELL",
	"LANG", "LANGUAGE", "LC_*", "LS_COLORS", "PS1", "PROMPT_*", "LESS*", "XDG_*", "DBUS_*",
	"SSH_*", "SUDO_*", "GPG_*", "TERM*", "COLORTERM", "TMUX*", "STY", "WINDOW*", "KITTY_*",
	"KONSOLE_*", "GNOME_*", "GTK_*", "QT_*", "VTE_*", "ALACRITTY_*", "WEZTERM_*", "VSCODE_*",
	"DISPLAY", "XAUTHORITY", "WAYLAND_*", "SESSION_MANAGER", "DESKTOP_*", "MAKE*", "MFLAGS",
	"MANAGERPID", "SYSTEMD_*", "NOTIFY_SOCKET", "LISTEN_*",
};

static bool named(const char *entry, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(names[i]);
		bool any_rest = names[i][length - 1] == '*';

		length -= any_rest;
		if (!strncmp(entry, names[i], length) && (any_rest || entry[length] == '='))
			return true;
	}
	return false;
}

static bool worth_comparing(const char *entry)
{
	if (named(entry, cookies, ARRAY_SIZE(cookies)))
		return true;
	return !named(entry, circumstances, ARRAY_SIZE(circumstances)) &&
	       strlen(strchr(entry, '=') + 1) >= LONG_VALUE;
}

/* Whether somebody who is neither family nor a possible orphan was seen to have it. */
static bool outside_has(const struct kin *k, const char *entry)
{
	for (size_t i = 0; i < k->s->process_n; i++)
		if (kin_outsider(k, &k->s->processes[i]) && process_has_entry(&k->s->processes[i], entry))
			return true;
	return false;
}

/* Whether somebody might have it and could not be asked.  For a known cookie the launcher
 * is enough; any other value must be asked of everybody. */
static bool outside_unknown(const struct kin *k, const char *entry)
{
	bool cookie = named(entry, cookies, ARRAY_SIZE(cookies));

	if (k->s->coverage.partial && !cookie)
		return true;
	for (size_t i = 0; i < k->s->process_n; i++) {
		const struct process *p = &k->s->processes[i];
		bool silent_launcher = p == k->launcher && !kin_marked(k, p, MARK_REAPER);

		if (kin_outsider(k, p) && !process_knows(p, FACT_ENVIRON) &&
		    (!cookie || silent_launcher))
			return true;
	}
	return false;
}

bool environ_tells(const struct kin *k)
{
	const struct process *target = k->t->process;

	for (size_t i = 0; i < target->environ_n; i++)
		if (named(target->environ[i], cookies, ARRAY_SIZE(cookies)) ||
		    (worth_comparing(target->environ[i]) && !outside_has(k, target->environ[i])))
			return true;
	return false;
}

bool environ_shared(const struct kin *k, const struct process *p)
{
	const struct process *target = k->t->process;

	for (size_t i = 0; i < target->environ_n; i++)
		if (worth_comparing(target->environ[i]) && process_has_entry(p, target->environ[i]) &&
		    !outside_has(k, target->environ[i]))
			return true;
	return false;
}

static const char *shared_entry(const struct kin *k, const struct process *p, bool *private_one)
{
	const struct process *target = k->t->process;
	const char *best = NULL;

	for (size_t i = 0; i < target->environ_n; i++) {
		const char *entry = target->environ[i];

		if (!worth_comparing(entry) || !process_has_entry(p, entry))
			continue;
		*private_one = !outside_has(k, entry) && !outside_unknown(k, entry);
		if (*private_one)
			return entry;
		if (named(entry, cookies, ARRAY_SIZE(cookies)))
			best = entry;
	}
	return best;
}

void evidence_environ(const struct kin *k, struct candidate *c)
{
	bool private_one = false;
	const char *entry, *value;
	enum evidence_type type;
	bool strong;

	if (!k->t->process || !process_knows(c->p, FACT_ENVIRON))
		return;
	entry = shared_entry(k, c->p, &private_one);
	if (!entry)
		return;
	type = !strncmp(entry, "LEAKSCAN_ID=", 12) ? EV_COOKIE : EV_ENVIRON;
	/* `leakscan run` starts one command; others may start several with equal values */
	strong = private_one && !k->sibling_doubt && !c->maybe_brother &&
		 (!k->brother_lost || type == EV_COOKIE);
	value = strchr(entry, '=');
	/* the name is enough: a value may be a secret */
	member_add_evidence(k, c->m, type, strong ? CONF_STRONG : CONF_WEAK,
			    arena_printf(k->a, "its environment has the target's %.*s%s",
					 (int)(value - entry), entry,
					 strong ? ", which nobody outside the family has" :
						  ", which others may have too"));
}
