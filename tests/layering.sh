#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The rooms of src/ stay apart: who may include whom, one file for each door to the outside,
# nobody but cmd/ prints, no file past 500 lines. tests/layering.awk has the table. Each rule
# is first tried on a small house with one fault in it, so that none can rot unseen.

: "${TOP_SRCDIR:=$(cd "$(dirname "$0")/.." && pwd)}"
: "${AWK:=awk}"
. "$TOP_SRCDIR/tests/tap.sh"

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

# breaches SRC: one line each; nothing for a clean house.
breaches() {
	(
		cd "$1" || exit 1
		# No file name of ours has a blank; the include rule sees to that.
		# shellcheck disable=SC2046
		$AWK -f "$TOP_SRCDIR/tests/layering.awk" \
			$(find . -name '*.[ch]' | sed 's,^\./,,' | LC_ALL=C sort) </dev/null
	)
}

# spdx_missing TOP: the files of ours that do not say their licence in the first 5 lines.
spdx_missing() {
	(
		cd "$1" || exit 1
		for dir in src tests m4 doc examples .ci; do
			[ ! -d "$dir" ] || find "$dir" -type f \
				\( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.awk' \
				-o -name '*.m4' -o -name '*.mk' -o -name '*.[1-8]' -o -path .ci/run \)
		done
		for file in configure.ac Makefile.am autogen.sh quickstart.sh build-aux/packages; do
			[ ! -f "$file" ] || echo "$file"
		done
	) | while read -r file; do
		case $file in
		m4/lt*.m4 | m4/libtool.m4 | m4/pkg.m4) continue ;;
		esac
		head -n 5 "$1/$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-or-later' ||
			echo "$file"
	done
}

# A small house in which all is well.
small_house() {
	rm -rf "$tmp/src"
	mkdir -p "$tmp/src/base" "$tmp/src/model" "$tmp/src/source" "$tmp/src/detect" \
		"$tmp/src/view" "$tmp/src/cmd" "$tmp/src/reap" "$tmp/src/tui"
	cat >"$tmp/src/model/thing.c" <<-'C'
		/* SPDX-License-Identifier: GPL-2.0-or-later */
		/* A comment may say kill(1), printf("x") and
		 * time(NULL), and #include "cmd/cmd.h" too. */
		#include "model/thing.h"
		#include "base/arena.h"
		#include <sys/types.h>
		#include <signal.h>
		const char *text = "kill(1) /* not a comment";
		int f(struct ops *ops) { return ops->kill(SIGTERM) + strtime(1) + overkill(2); }
	C
	cat >"$tmp/src/source/details.c" <<-'C'
		/* SPDX-License-Identifier: GPL-2.0-or-later */
		#include "source/details.h"
		#include <libproc2/pids.h>
		#include <unistd.h>
	C
	cat >"$tmp/src/source/worker.c" <<-'C'
		void f(void) { clock_gettime(0, 0); _exit(1); }
	C
	cat >"$tmp/src/cmd/scan.c" <<-'C'
		#include "view/views.h"
		int main(void) { printf("x"); exit(time(NULL)); }
	C
	echo '#include "cmd/cmds.h"' >"$tmp/src/main.c"
	echo 'int f(void) { return kill(1, 2); }' >"$tmp/src/reap/ops_pidfd.c"
	printf '#include <curses.h>\n#include <unistd.h>\n' >"$tmp/src/tui/curses.c"
}

# plant RULE FILE TEXT: this fault, and nothing else, is found.
plant() {
	small_house
	mkdir -p "$tmp/src/$(dirname "$2")"
	printf '%s\n' "$3" >>"$tmp/src/$2"
	found=$(breaches "$tmp/src")
	fault="finds ($1) in $2: $(printf '%s\n' "$3" | head -n 1)"
	case $found in
	"$1 $2:"*)
		if [ "$(printf '%s\n' "$found" | wc -l)" -eq 1 ]; then
			ok "$fault"
			return
		fi
		;;
	esac
	not_ok "$fault" "found: $found"
}

small_house
found=$(breaches "$tmp/src")
if [ -z "$found" ]; then
	ok "a clean house has no breach"
else
	not_ok "a clean house has no breach" "$found"
fi

plant layer base/x.c '#include "model/snapshot.h"'
plant layer model/x.c '#include "source/live.h"'
plant layer source/x.c '#include "family/family.h"'
plant layer family/x.c '#include "detect/detectors.h"'
plant layer detect/x.c '#include "view/views.h"'
plant layer view/x.c '#include <cmd/cmds.h>'
plant layer reap/x.c '	#  include "view/views.h"'
plant layer reap/x.c '#include "guard/start.h"'
plant layer guard/x.c '#include "view/views.h"'
plant exit guard/x.c 'void f(void) { _exit(1); }'
plant exit guard/spawn.c 'void f(void) { exit(1); }'
plant signal guard/x.c 'int f(void) { return kill(1, 9); }'
plant layer memory/x.c '#include "view/views.h"'
plant layer memory/x.c '#include "source/live.h"'
plant layer view/x.c '#include "memory/memory.h"'
plant layer tui/x.c '#include "source/live.h"'
plant layer main.c '#include "view/views.h"'
plant include model/x.c '#include "snapshot.h"'
plant include model/x.c '#include "../base/arena.h"'
plant include source/x.c '#define _GNU_SOURCE'
plant room misc/x.c 'int x;'
plant door source/live.c '#include <libproc2/pids.h>'
plant door cmd/x.c '#include <ncurses.h>'
plant door cmd/x.c '#include <sqlite3.h>'
plant door tui/board.c '#include <curses.h>'
plant door cmd/x.c '#include <jansson.h>'
plant door cmd/x.c '#include <libsmartcols/libsmartcols.h>'
plant door cmd/x.c '#include <linux/cn_proc.h>'
plant door source/bpf_walk.c '#include <linux/bpf.h>'
plant door cmd/x.c '#include <bpf/libbpf.h>'
plant door source/x.c '#include "source/bpf_tasks_skel.h"'
plant signal cmd/x.c 'int f(void) { return kill(1, 9); }'
plant signal source/x.c 'int f(void) { return syscall(SYS_pidfd_send_signal, 3); }'
plant signal reap/x.c 'int f(void) { raise(9); }'
plant print view/x.c 'void f(void) { fputs("x", stdout); }'
plant print model/x.c 'void f(void) { printf ("x"); }'
plant print source/x.c '#include <err.h>'
plant exit source/x.c 'void f(void) { _exit(1); }'
plant exit source/worker.c 'void f(void) { exit(1); }'
plant clock detect/x.c 'long f(void) { return time(NULL); }'
plant clock memory/x.c 'long f(void) { return time(NULL); }'
plant clock view/x.c 'void f(void) { clock_gettime(0, 0); }'
plant pure detect/x.c '#include <unistd.h>'
plant pure tui/board.c '#include <poll.h>'
plant pure model/x.c '#include <sys/stat.h>'
plant length base/x.c "$(yes 'int x;' | head -n 501)"

mkdir -p "$tmp/top/src" "$tmp/top/tests"
echo '/* SPDX-License-Identifier: GPL-2.0-or-later */' >"$tmp/top/src/good.c"
echo 'int x;' >"$tmp/top/src/bad.c"
echo '#!/bin/sh' >"$tmp/top/tests/bad.sh"
if [ "$(spdx_missing "$tmp/top" | sort | tr '\n' ' ')" = 'src/bad.c tests/bad.sh ' ]; then
	ok "finds a file that does not say its licence"
else
	not_ok "finds a file that does not say its licence" "$(spdx_missing "$tmp/top")"
fi

# And now our own house.
found=$(breaches "$TOP_SRCDIR/src")
for rule in room layer include door signal print exit clock pure length; do
	these=$(printf '%s\n' "$found" | grep "^$rule ")
	if [ -z "$these" ]; then
		ok "src: $rule"
	else
		not_ok "src: $rule" "$these"
	fi
done

found=$(spdx_missing "$TOP_SRCDIR")
if [ -z "$found" ]; then
	ok "every file says its licence"
else
	not_ok "every file says its licence" "$found"
fi

done_testing
