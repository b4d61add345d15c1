# SPDX-License-Identifier: GPL-2.0-or-later
# What people read, and the schema that programs read.

EXTRA_DIST += \
	doc/ARCHITECTURE.md \
	doc/BENCHMARKS.md \
	doc/HACKING.md \
	doc/leakscan.history.schema.json \
	doc/leakscan.holders.schema.json \
	doc/leakscan.merge.schema.json \
	doc/leakscan.reap.schema.json \
	doc/leakscan.report.schema.json \
	doc/leakscan.run.schema.json \
	doc/leakscan.svg \
	doc/pictures.py \
	doc/record.md \
	doc/top.svg

dist_man_MANS += doc/leakscan.1
