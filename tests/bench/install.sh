#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The programs that `make bench` compares leakscan with, by apt. `make bench` names those that
# are missing and goes on without them.

exec "$(dirname "$0")/../integration/install.sh" ps:procps lsof:lsof lsfd:util-linux-extra \
	ss:iproute2 fuser:psmisc htop:htop tini:tini strace:strace \
	/usr/lib/nagios/plugins/check_procs:monitoring-plugins-basic \
	/usr/lib/python3/dist-packages/psutil:python3-psutil
