# SPDX-License-Identifier: GPL-2.0-or-later
# What leakscan costs. `make bench` writes doc/BENCHMARKS.md: half an hour, as root, alone on
# the machine; BENCH_FLAGS are options of bench.py (--sizes, --rounds, --output, ...). `make
# bench-quick` prints a small table in under a minute, and fails only when something is
# broken. No part of `make check`, but it leaves its log and its .trs like a part of it.

bench_programs = tests/bench/floor tests/bench/popgen tests/bench/runx tests/bench/walk
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(bench_programs) tests/bench/quick.log tests/bench/quick.trs

tests_bench_floor_SOURCES = tests/bench/floor.c
tests_bench_floor_LDADD =
tests_bench_popgen_SOURCES = \
	tests/bench/popgen.c \
	tests/bench/popgen.h \
	tests/bench/popgen_apps.c
tests_bench_popgen_LDADD =
tests_bench_runx_SOURCES = tests/bench/runx.c
tests_bench_runx_LDADD =
tests_bench_walk_SOURCES = tests/bench/walk.c
tests_bench_walk_LDADD = libleakscan.a $(leakscan_libs)

EXTRA_DIST += \
	tests/bench/bench.py \
	tests/bench/goals.py \
	tests/bench/install.sh \
	tests/bench/measure.py \
	tests/bench/report.py \
	tests/bench/tools.py

bench_needs = leakscan$(EXEEXT) $(bench_programs)

.PHONY: bench bench-quick
bench: $(bench_needs)
	$(PYTHON) $(srcdir)/tests/bench/bench.py --build '$(abs_top_builddir)' \
		--output $(srcdir)/doc/BENCHMARKS.md $(BENCH_FLAGS)

bench-quick: $(bench_needs)
	@$(tap_driver) --test-name tests/bench/bench.py --log-file tests/bench/quick.log \
		--trs-file tests/bench/quick.trs --color-tests no --expect-failure no \
		--enable-hard-errors yes -- $(PYTHON) $(srcdir)/tests/bench/bench.py --quick \
		--build '$(abs_top_builddir)'
	@sed -n 's/^# //p' tests/bench/quick.log
	@! grep -Eq '^:test-result: (FAIL|ERROR)' tests/bench/quick.trs
