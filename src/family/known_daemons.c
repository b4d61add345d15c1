/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that are started on the side and meant to stay.  A name only ever excuses.
 */
#include "family/kin.h"

#include <string.h>

static const struct { const char *comm, *what; } daemons[] = {
	{ "ssh-agent", "an agent" },
	{ "gpg-agent", "an agent" },
	{ "dirmngr", "an agent" },
	{ "scdaemon", "an agent" },
	{ "keyboxd", "an agent" },
	{ "gnome-keyring-d", "an agent" },
	{ "tmux: server", "a terminal server" },
	{ "tmux", "a terminal server" },
	{ "screen", "a terminal server" },
	{ "SCREEN", "a terminal server" },
	{ "dtach", "a terminal server" },
	{ "abduco", "a terminal server" },
	{ "zellij", "a terminal server" },
	{ "mosh-server", "a terminal server" },
	{ "emacs", "an editor's server" },
	{ "dbus-daemon", "a message bus" },
	{ "dbus-broker", "a message bus" },
	{ "dbus-broker-lau", "a message bus" },
	{ "containerd-shim", "a container shim" },
	{ "conmon", "a container monitor" },
	{ "adb", "a device server" },
	{ "watchman", "a file watcher" },
	{ "sccache", "a compiler cache" },
	{ "ccache-storage", "a compiler cache" },
	{ "distccd", "a compile server" },
	{ "bazel(", "a build server" },
	{ "buck2d", "a build server" },
	{ "pulseaudio", "a sound server" },
	{ "pipewire", "a sound server" },
	{ "at-spi-bus-laun", "a desktop service" },
	{ "dconf-service", "a desktop service" },
	{ "gvfsd", "a desktop service" },
	{ "sshd", "a login server" },
	{ "crond", "a scheduler" },
	{ "cron", "a scheduler" },
	{ "atd", "a scheduler" },
};

/* Runtimes name these only in their arguments. */
static const struct { const char *part, *what; } commands[] = {
	{ "GradleDaemon", "a build server" },
	{ "KotlinCompileDaemon", "a compile server" },
	{ "PM2 v", "a process manager" },
	{ "God Daemon", "a process manager" },
	{ "com.facebook.buck", "a build server" },
	{ "A-server.jar", "a build server" },
};

const char *known_daemon(const struct process *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(daemons); i++) {
		size_t n = strlen(daemons[i].comm);

		if (!strcmp(p->comm, daemons[i].comm) ||
		    (daemons[i].comm[n - 1] == '(' && !strncmp(p->comm, daemons[i].comm, n)))
			return daemons[i].what;
	}
	/* ControlPersist keeps the stderr that it was started with */
	if (!strcmp(p->comm, "ssh") && p->command && strstr(p->command, " [mux]"))
		return "a connection master";
	for (size_t i = 0; p->command && i < ARRAY_SIZE(commands); i++)
		if (strstr(p->command, commands[i].part))
			return commands[i].what;
	return NULL;
}
