#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Makes configure and Makefile.in from a git checkout; a release tarball has them already.
# Nothing it makes belongs in git.

cd "$(dirname "$0")" || exit 1

for tool in autoreconf automake pkg-config; do
	if ! command -v "$tool" >/dev/null 2>&1; then
		echo "autogen.sh: $tool is missing; ./quickstart.sh --print shows" \
			"the packages to install" >&2
		exit 1
	fi
done

exec autoreconf --install --force "$@"
