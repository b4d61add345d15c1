#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Every JSON golden fits its schema (holders-*: doc/leakscan.holders.schema.json, others:
# doc/leakscan.report.schema.json), and the schemas are strict enough to refuse one with a field too much, a field missing, and text for a number.

. "$TOP_SRCDIR/tests/tap.sh"

: "${PYTHON:=python3}"

# fits FILE [CHANGE]: validates it, after a change in Python to the report `r`.
fits() {
	case ${1##*/} in
	holders-*) schema=$TOP_SRCDIR/doc/leakscan.holders.schema.json ;;
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
	check "${file##*/} fits the schema" fits "$file"
done

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
done_testing
