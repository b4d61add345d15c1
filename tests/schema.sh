#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every JSON golden fits its schema (holders-* and reap-*: their own, others: that of reports), and the schemas are strict enough to refuse one with a field too much, a field missing, and text for a number.

. "$TOP_SRCDIR/tests/tap.sh"

: "${PYTHON:=python3}"

# fits FILE [CHANGE]: validates it, after a change in Python to the report `r`.
fits() {
	case ${1##*/} in
	holders-*) schema=$TOP_SRCDIR/doc/leakscan.holders.schema.json ;;
	history-*) schema=$TOP_SRCDIR/doc/leakscan.history.schema.json ;;
	reap-*) schema=$TOP_SRCDIR/doc/leakscan.reap.schema.json ;;
	merge*) schema=$TOP_SRCDIR/doc/leakscan.merge.schema.json ;;
	*) schema=$TOP_SRCDIR/doc/leakscan.report.schema.json ;;
	esac
	"$PYTHON" - "$schema" "$1" "${2-pass}" <<'EOF'
import json, sys
import jsonschema
schema, r = (json.load(open(name, encoding="ascii")) for name in sys.argv[1:3])
exec(sys.argv[3])
check = jsonschema.validators.validator_for(schema)
check.check_schema(schema)
errors = [e for o in check(schema).iter_errors(r) for e in (o.context or [o])]
for e in errors:
    print("/".join(map(str, e.path)), e.message[:300])
sys.exit(1 if errors else 0)
EOF
}

refuses() {
	! fits "$@" >/dev/null
}

if ! "$PYTHON" -c 'import jsonschema' 2>/dev/null; then
	skip "JSON goldens fit the schema" "no python3-jsonschema"
	done_testing
	exit
fi

for file in "$TOP_SRCDIR"/tests/golden/*.json; do
	schema=$TOP_SRCDIR/doc/leakscan.report.schema.json
	case ${file##*/} in
	reap-*) schema=$TOP_SRCDIR/doc/leakscan.reap.schema.json ;;
	esac
	check "${file##*/} fits the schema" fits "$file"
done
schema=$TOP_SRCDIR/doc/leakscan.report.schema.json

golden=$TOP_SRCDIR/tests/golden/dead-orphan.json
check "an array of reports fits" fits "$golden" 'r = [r, r]'
check "a field too much is refused" refuses "$golden" 'r["findings"][0]["colour"] = 1'
check "a missing field is refused" refuses "$golden" 'del r["coverage"]["complete"]'
check "text for a number is refused" refuses "$golden" 'r["target"]["pid"] = "4711"'
check "an unknown kind is refused" refuses "$golden" 'r["findings"][0]["kind"] = "leak"'
holders=$TOP_SRCDIR/tests/golden/holders-read-end.json
check "holders: a field too much is refused" refuses "$holders" 'r["holders"][0]["x"] = 1'
check "holders: a missing field is refused" refuses "$holders" 'del r["coverage"]["ended"]'
check "holders: an unknown mode is refused" refuses "$holders" 'r["holders"][0]["mode"] = "x"'

# What reap prints: of a record, of a real leak, and after it has ended that.
if [ -x "$TOP_BUILDDIR/tests/mkleak" ]; then
	: "${LEAKSCAN:=$TOP_BUILDDIR/leakscan}"
	reap_tmp=$(mktemp -d) || exit 99
	trap 'rm -rf "$reap_tmp"' EXIT
	mkfifo "$reap_tmp/in"
	"$TOP_BUILDDIR/tests/mkleak" orphan-tree <"$reap_tmp/in" >"$reap_tmp/made" 2>/dev/null &
	exec 8>"$reap_tmp/in"
	for _ in $(seq 100); do
		! grep -q '^ready' "$reap_tmp/made" || break
		sleep 0.1
	done
	target=$(sed -n 's/^target \([0-9]*\) .*/\1/p' "$reap_tmp/made")
	"$LEAKSCAN" --min-age 0s -p "$target" --record "$reap_tmp/record" >/dev/null
	reap() {
		"$LEAKSCAN" reap --json --min-age 0s -p "$target" "$@" 2>/dev/null
	}
	reap --from "$reap_tmp/record" >"$reap_tmp/reap-replayed.json"
	reap >"$reap_tmp/reap-plan.json"
	reap --yes >"$reap_tmp/reap-acted.json"
	exec 8>&-
	wait
	for file in replayed plan acted; do
		check "reap: $file fits the schema" fits "$reap_tmp/reap-$file.json"
	done
	check "reap: an unknown fate is refused" refuses "$reap_tmp/reap-acted.json" \
		'r["patients"][0]["fate"] = "killed"'
	check "reap: a step too few is refused" refuses "$reap_tmp/reap-acted.json" \
		'r["patients"][0]["steps"].pop()'
else
	skip "reap fits its schema" "mkleak is not built"
fi
done_testing
