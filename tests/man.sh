#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The man page is clean, and it and the program agree: every long option in a --help is
# in the page as `.Fl -NAME`, and every `Fl -NAME` of the page is in some --help.

. "$TOP_SRCDIR/tests/tap.sh"

page=$TOP_SRCDIR/doc/leakscan.1
program=$TOP_BUILDDIR/leakscan

tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
trap 'exit 99' HUP INT TERM

if [ ! -f "$page" ]; then
	not_ok "the man page is there" "doc/leakscan.1 is missing"
	done_testing
	exit
fi
ok "the man page is there"

# silent COMMAND...: succeeds and prints nothing.
silent() {
	"$@" >"$tmp/out" 2>&1
	status=$?
	cat "$tmp/out"
	[ $status -eq 0 ] && [ ! -s "$tmp/out" ]
}

groff_silent() {
	groff -mandoc -ww -z -Tutf8 "$page" 2>&1 | {
		! grep .
	}
}

if command -v mandoc >/dev/null 2>&1; then
	check "mandoc has nothing to say" silent mandoc -Tlint -W warning "$page"
else
	skip "mandoc has nothing to say" "no mandoc here"
fi
if command -v groff >/dev/null 2>&1; then
	check "groff has nothing to say" groff_silent
else
	skip "groff has nothing to say" "no groff here"
fi

long_options() {
	grep -oE -- '(^|[^-A-Za-z0-9])--[a-z][a-z0-9-]*' | grep -oE -- '--[a-z][a-z0-9-]*' |
		LC_ALL=C sort -u
}

# The commands are the first words of the indented lines below a heading "Commands".
"$program" --help >"$tmp/help" </dev/null 2>"$tmp/err" ||
	not_ok "--help succeeds" "$(cat "$tmp/err")"
commands=$(awk '
	/^[^ \t]/ { inside = tolower($0) ~ /^commands/ }
	inside && /^[ \t]+(leakscan )?\[?[a-z]+\]?([ \t]|$)/ {
		sub(/^[ \t]+/, ""); sub(/^leakscan /, ""); gsub(/[][]/, ""); print $1
	}' "$tmp/help" | LC_ALL=C sort -u)
case "
$commands
" in
*"
scan
"*) ok "--help lists the commands" ;;
*) not_ok "--help lists the commands" "found: $commands
in:
$(cat "$tmp/help")" ;;
esac

cp "$tmp/help" "$tmp/all"
for command in $commands; do
	# a plugin's help is no OK
	wanted=0
	[ "$command" != check ] || wanted=3
	"$program" "$command" --help >"$tmp/one" 2>&1 </dev/null
	if [ $? -eq $wanted ] && [ -s "$tmp/one" ]; then
		ok "$command --help"
	else
		not_ok "$command --help" "$(cat "$tmp/one")"
	fi
	cat "$tmp/one" >>"$tmp/all"
	# what acts when it is spelled out must not do so half spelled; help takes no options
	[ "$command" != help ] || continue
	if "$program" "$command" --hel >"$tmp/one" 2>&1 </dev/null; then
		not_ok "$command takes no abbreviation" "$(cat "$tmp/one")"
	else
		ok "$command takes no abbreviation"
	fi
done
long_options <"$tmp/all" >"$tmp/in-help"
grep -v '^\.\\"' "$page" | grep -oE '(^|[^A-Za-z])Fl -[a-z][a-z0-9-]*' |
	sed 's/.*Fl -/--/' | LC_ALL=C sort -u >"$tmp/in-page"

missing=$(LC_ALL=C comm -23 "$tmp/in-help" "$tmp/in-page")
if [ -s "$tmp/in-help" ] && [ -z "$missing" ]; then
	ok "every option of the program is in the page"
else
	not_ok "every option of the program is in the page" "not in the page: $missing"
fi
missing=$(LC_ALL=C comm -13 "$tmp/in-help" "$tmp/in-page")
if [ -s "$tmp/in-page" ] && [ -z "$missing" ]; then
	ok "every option of the page is in the program"
else
	not_ok "every option of the page is in the program" "in no --help: $missing"
fi

for command in $commands; do
	if grep -Eq "^\.(It|Nm|Ss|Sh|Ic|Cm|Op).*[^a-z]$command([^a-z]|\$)" "$page"; then
		ok "the page has the command $command"
	else
		not_ok "the page has the command $command" "no line .It Ic $command or the like"
	fi
done

done_testing
