# SPDX-License-Identifier: GPL-2.0-or-later
# A new test is one line: a Check program tests/test_x.c goes into test_programs, a script
# that prints TAP into test_scripts. All see tests/harness.h and link libleakscan.a.

test_programs = \
	tests/test_base_arena \
	tests/test_base_escape \
	tests/test_base_text \
	tests/test_detect_child_growth \
	tests/test_detect_close_wait \
	tests/test_detect_fd_deleted \
	tests/test_detect_fd_growth \
	tests/test_detect_fd_limit \
	tests/test_detect_fd_multiplicity \
	tests/test_detect_inherited_fd \
	tests/test_detect_orphan \
	tests/test_detect_pidfd_stale \
	tests/test_detect_pipe_no_eof \
	tests/test_detect_pipe_peerless \
	tests/test_model_crowd \
	tests/test_detect_pipe_stuck_writer \
	tests/test_detect_zombie \
	tests/test_family_ask \
	tests/test_family_intent \
	tests/test_family_marks \
	tests/test_family_objects \
	tests/test_family_places \
	tests/test_family_random \
	tests/test_family_session \
	tests/test_family_targets \
	tests/test_harness \
	tests/test_live \
	tests/test_live_fds \
	tests/test_live_holders \
	tests/test_live_pipes \
	tests/test_live_reap \
	tests/test_live_reap_race \
	tests/test_live_refresh \
	tests/test_live_trouble \
	tests/test_live_watch \
	tests/test_memory \
	tests/test_memory_damage \
	tests/test_memory_disk \
	tests/test_memory_kill \
	tests/test_memory_places \
	tests/test_model_follow \
	tests/test_model_growth \
	tests/test_model_growth_checks \
	tests/test_model_refresh \
	tests/test_model_snapshot \
	tests/test_model_threshold \
	tests/test_reap_close \
	tests/test_reap_plan \
	tests/test_reap_reuse \
	tests/test_reap_table \
	tests/test_reap_world \
	tests/test_source_agree \
	tests/test_source_details \
	tests/test_source_procfs \
	tests/test_source_procfs_machine \
	tests/test_source_record \
	tests/test_source_worker \
	tests/test_tui_board \
	tests/test_tui_cells \
	tests/test_tui_screens \
	tests/test_view_explain \
	tests/test_view_fleet \
	tests/test_view_history \
	tests/test_view_holders \
	tests/test_view_json \
	tests/test_view_nagios \
	tests/test_view_metrics \
	tests/test_view_plan \
	tests/test_view_text

test_scripts = \
	tests/check.sh \
	tests/demo.sh \
	tests/dist.sh \
	tests/explain_snippets.sh \
	tests/hardening.sh \
	tests/history.sh \
	tests/layering.sh \
	tests/libproc2-api.sh \
	tests/man.sh \
	tests/metrics.sh \
	tests/quickstart.sh \
	tests/reap_select.sh \
	tests/reap_usage.sh \
	tests/run.py \
	tests/run_terminal.py \
	tests/run_trees.py \
	tests/schema.sh \
	tests/shellcheck.sh \
	tests/source.sh \
	tests/tui.py

EXTRA_DIST += \
	$(test_scripts) \
	tests/corpus.py \
	tests/layering.awk \
	tests/print_snippets.c \
	tests/runlib.py \
	tests/source_pins.sh \
	tests/tap.sh

TEST_EXTENSIONS = .sh .py
tap_driver = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
LOG_DRIVER = $(tap_driver)
LOG_COMPILER = tests/afresh
SH_LOG_DRIVER = $(tap_driver)
# A script names its own shell.
SH_LOG_COMPILER = tests/afresh
PY_LOG_DRIVER = $(tap_driver)
PY_LOG_COMPILER = tests/afresh $(PYTHON)

# LEAKSCAN_ID and LEAKSCAN_KEEP are marks that leakscan itself looks for: not here.
AM_TESTS_ENVIRONMENT = \
	TOP_SRCDIR='$(abs_top_srcdir)'; export TOP_SRCDIR; \
	TOP_BUILDDIR='$(abs_top_builddir)'; export TOP_BUILDDIR; \
	LEAKSCAN='$(abs_top_builddir)/leakscan'; export LEAKSCAN; \
	LEAKSCAN_EXAMPLES='$(abs_top_srcdir)/examples/downloader'; export LEAKSCAN_EXAMPLES; \
	CC='$(CC)'; export CC; \
	MAKE='$(MAKE)'; export MAKE; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	TEST_CFLAGS='$(DEFS) -I$(abs_top_builddir) -include config.h -I$(abs_top_srcdir)/src $(WARN_CFLAGS)'; \
	export TEST_CFLAGS; \
	LIBPROC2_CFLAGS='$(LIBPROC2_CFLAGS)'; export LIBPROC2_CFLAGS; \
	HARDENING='$(enable_hardening)'; export HARDENING; \
	SANITIZERS='$(enable_sanitizers)'; export SANITIZERS;

# Storms of forks, and what is timed in a storm's way: alone, when all others are done. Of
# those that are asked for: TEST_LOGS is what this make was told to bring about.
alone_1 = $(filter tests/test_reap_reuse.log,$(TEST_LOGS))
alone_2 = $(filter tests/test_live_reap.log,$(TEST_LOGS))
alone_3 = $(filter tests/test_live_reap_race.log,$(TEST_LOGS))
alone_4 = $(filter tests/run_trees.log,$(TEST_LOGS))
alone_5 = $(filter tests/run.log,$(TEST_LOGS))
not_alone = $(filter-out $(alone_1) $(alone_2) $(alone_3) $(alone_4) $(alone_5),$(TEST_LOGS))
# By variables: one that names none is no rule, and automake keeps its own.
$(alone_1): $(not_alone)
$(alone_2): $(not_alone) $(alone_1)
$(alone_3): $(not_alone) $(alone_1) $(alone_2)
$(alone_4): $(not_alone) $(alone_1) $(alone_2) $(alone_3)
$(alone_5): $(not_alone) $(alone_1) $(alone_2) $(alone_3) $(alone_4)

test_cppflags = $(AM_CPPFLAGS) -I$(top_srcdir)/tests $(CHECK_CFLAGS)

if WITH_TESTS
check_PROGRAMS += $(test_programs) tests/afresh tests/mkleak tests/mktree
check_LIBRARIES += tests/libharness.a
TESTS += $(test_programs) $(test_scripts)
endif

tests_afresh_LDADD =

tests_libharness_a_SOURCES = tests/harness.c tests/harness.h
tests_libharness_a_CPPFLAGS = $(test_cppflags)
LDADD = tests/libharness.a libleakscan.a $(CHECK_LIBS) $(leakscan_libs)

# Situations as a few lines of a record, judged.
scene_sources = tests/scene.c tests/scene.h
tests_test_detect_fd_limit_SOURCES = tests/test_detect_fd_limit.c $(scene_sources)
tests_test_detect_orphan_SOURCES = tests/test_detect_orphan.c $(scene_sources)
tests_test_detect_zombie_SOURCES = tests/test_detect_zombie.c $(scene_sources)
fd_line_sources = tests/fd_lines.c tests/fd_lines.h $(scene_sources)
growth_sources = tests/growth_lines.h $(scene_sources)
tests_test_detect_child_growth_SOURCES = tests/test_detect_child_growth.c $(growth_sources)
tests_test_detect_fd_growth_SOURCES = tests/test_detect_fd_growth.c $(growth_sources)
tests_test_detect_close_wait_SOURCES = tests/test_detect_close_wait.c $(fd_line_sources)
tests_test_detect_fd_deleted_SOURCES = tests/test_detect_fd_deleted.c $(fd_line_sources)
tests_test_detect_fd_multiplicity_SOURCES = tests/test_detect_fd_multiplicity.c $(fd_line_sources)
tests_test_detect_inherited_fd_SOURCES = tests/test_detect_inherited_fd.c $(fd_line_sources)
tests_test_detect_pidfd_stale_SOURCES = tests/test_detect_pidfd_stale.c $(fd_line_sources)
pipe_line_sources = tests/pipe_lines.c tests/pipe_lines.h $(scene_sources)
tests_test_detect_pipe_no_eof_SOURCES = tests/test_detect_pipe_no_eof.c $(pipe_line_sources)
tests_test_detect_pipe_peerless_SOURCES = tests/test_detect_pipe_peerless.c $(pipe_line_sources)
tests_test_model_crowd_SOURCES = tests/test_model_crowd.c $(scene_sources)
tests_test_detect_pipe_stuck_writer_SOURCES = tests/test_detect_pipe_stuck_writer.c $(pipe_line_sources)
memory_test_sources = tests/memory_scene.c tests/memory_scene.h $(scene_sources)
tests_test_memory_SOURCES = tests/test_memory.c $(memory_test_sources)
tests_test_memory_damage_SOURCES = tests/test_memory_damage.c $(memory_test_sources)
tests_test_memory_disk_SOURCES = tests/test_memory_disk.c $(memory_test_sources)
tests_test_memory_kill_SOURCES = tests/test_memory_kill.c $(memory_test_sources)
tests_test_memory_places_SOURCES = tests/test_memory_places.c $(memory_test_sources)
# A population of all kinds, for whoever wants to see everything.
many_kinds_sources = tests/many_fds.c tests/many_kinds.c tests/many_kinds.h
tests_test_source_agree_SOURCES = tests/test_source_agree.c $(many_kinds_sources) \
	tests/record_diff.c tests/record_diff.h
tests_test_source_record_SOURCES = tests/test_source_record.c tests/random_records.c \
	tests/random_records.h
tests_test_family_ask_SOURCES = tests/test_family_ask.c $(scene_sources)
tests_test_family_intent_SOURCES = tests/test_family_intent.c $(scene_sources)
tests_test_family_marks_SOURCES = tests/test_family_marks.c $(scene_sources)
tests_test_family_objects_SOURCES = tests/test_family_objects.c $(scene_sources)
tests_test_family_places_SOURCES = tests/test_family_places.c $(scene_sources)
tests_test_family_session_SOURCES = tests/test_family_session.c $(scene_sources)
tests_test_family_targets_SOURCES = tests/test_family_targets.c $(scene_sources)

pid_space_sources = tests/pid_space.c tests/pid_space.h
tests_test_live_refresh_SOURCES = tests/test_live_refresh.c $(pid_space_sources)
tests_test_reap_reuse_SOURCES = tests/test_reap_reuse.c $(pid_space_sources)
tests_test_reap_close_SOURCES = tests/test_reap_close.c tests/reap_world.c tests/reap_world.h
tests_test_reap_plan_SOURCES = tests/test_reap_plan.c $(scene_sources)
tests_test_reap_world_SOURCES = tests/test_reap_world.c tests/reap_world.c tests/reap_world.h

# Reports made by hand, and the files they must come out as.
tests_test_view_fleet_SOURCES = tests/test_view_fleet.c tests/view_scenes.c tests/view_scenes.h
tests_test_view_history_SOURCES = tests/test_view_history.c tests/view_scenes.c tests/view_scenes.h
tests_test_view_holders_SOURCES = tests/test_view_holders.c tests/view_scenes.c tests/view_scenes.h
tests_test_view_json_SOURCES = tests/test_view_json.c tests/view_scenes.c tests/view_scenes.h
plan_scene_sources = tests/plan_scenes.c tests/plan_scenes.h
tests_test_view_plan_SOURCES = tests/test_view_plan.c $(plan_scene_sources) \
	tests/view_scenes.c tests/view_scenes.h
tests_test_view_metrics_SOURCES = tests/test_view_metrics.c tests/view_scenes.c tests/view_scenes.h
tests_test_view_nagios_SOURCES = tests/test_view_nagios.c tests/view_scenes.c tests/view_scenes.h
tests_test_view_text_SOURCES = tests/test_view_text.c tests/view_scenes.c tests/view_scenes.h

board_script_sources = tests/board_script.c tests/board_script.h
tests_test_tui_board_SOURCES = tests/test_tui_board.c $(board_script_sources) $(scene_sources)
tests_test_tui_screens_SOURCES = tests/test_tui_screens.c $(board_script_sources) \
	$(plan_scene_sources) \
	tests/view_scenes.c tests/view_scenes.h

view_goldens = \
	tests/golden/all.80.txt \
	tests/golden/all.json \
	tests/golden/all.om \
	tests/golden/all.prom \
	tests/golden/all.verbose.txt \
	tests/golden/blind.80.txt \
	tests/golden/blind.json \
	tests/golden/board-all-findings.120.txt \
	tests/golden/board-all.40.txt \
	tests/golden/board-all.80.txt \
	tests/golden/board-blind.80.txt \
	tests/golden/board-clean.80.txt \
	tests/golden/board-daemons.80.txt \
	tests/golden/board-details.40.txt \
	tests/golden/board-explain.80.txt \
	tests/golden/board-fds.80.txt \
	tests/golden/board-filter-typed.80.txt \
	tests/golden/board-filter.80.txt \
	tests/golden/board-folded.80.txt \
	tests/golden/board-ghost.120.txt \
	tests/golden/board-help.40.txt \
	tests/golden/board-help.80.txt \
	tests/golden/board-hostile.80.txt \
	tests/golden/board-hostile.ascii.txt \
	tests/golden/board-nothing-left.80.txt \
	tests/golden/board-orphan.120.txt \
	tests/golden/board-orphan.20.txt \
	tests/golden/board-orphan.40.txt \
	tests/golden/board-orphan.80.txt \
	tests/golden/board-orphan.ascii.txt \
	tests/golden/board-orphan.tints.txt \
	tests/golden/board-pipes.80.txt \
	tests/golden/board-pipes.ascii.txt \
	tests/golden/board-readonly.80.txt \
	tests/golden/board-reap-end.40.txt \
	tests/golden/board-reap-end.80.txt \
	tests/golden/board-reap-few.40.txt \
	tests/golden/board-reap-few.80.txt \
	tests/golden/board-reap-many.40.txt \
	tests/golden/board-reap-many.80.txt \
	tests/golden/board-reap-plan.40.txt \
	tests/golden/board-reap-plan.80.txt \
	tests/golden/board-search.tints.txt \
	tests/golden/board-small.txt \
	tests/golden/board-sort.80.txt \
	tests/golden/board-tree.40.txt \
	tests/golden/board-tree.80.txt \
	tests/golden/board-tree.ascii.txt \
	tests/golden/board-wide.40.txt \
	tests/golden/board-wide.80.txt \
	tests/golden/board-zombies-open.80.txt \
	tests/golden/board-zombies.80.txt \
	tests/golden/blind.prom \
	tests/golden/check-all.txt \
	tests/golden/check-blind.txt \
	tests/golden/check-clean.txt \
	tests/golden/check-dead-orphan.txt \
	tests/golden/check-hostile.txt \
	tests/golden/check-live-zombies.txt \
	tests/golden/clean.80.txt \
	tests/golden/clean.json \
	tests/golden/clean.prom \
	tests/golden/crowd.80.txt \
	tests/golden/daemons.80.txt \
	tests/golden/daemons.json \
	tests/golden/dead-orphan.120.txt \
	tests/golden/dead-orphan.40.txt \
	tests/golden/dead-orphan.80.txt \
	tests/golden/dead-orphan.colour.txt \
	tests/golden/dead-orphan.json \
	tests/golden/dead-orphan.plain.txt \
	tests/golden/history-hostile.json \
	tests/golden/history-hostile.txt \
	tests/golden/history-leak.80.txt \
	tests/golden/history-leak.ascii.txt \
	tests/golden/history-leak.csv \
	tests/golden/history-leak.json \
	tests/golden/history-member.80.txt \
	tests/golden/history-member.csv \
	tests/golden/history-member.json \
	tests/golden/history-never.json \
	tests/golden/history-never.txt \
	tests/golden/history-targets.json \
	tests/golden/history-targets.txt \
	tests/golden/holders-path.json \
	tests/golden/holders-path.txt \
	tests/golden/holders-peerless.json \
	tests/golden/holders-peerless.txt \
	tests/golden/holders-pipe.json \
	tests/golden/holders-pipe.txt \
	tests/golden/holders-port.json \
	tests/golden/holders-port.txt \
	tests/golden/holders-port-free.json \
	tests/golden/holders-port-free.txt \
	tests/golden/holders-port-unseen.json \
	tests/golden/holders-port-unseen.txt \
	tests/golden/holders-read-end.json \
	tests/golden/holders-read-end.txt \
	tests/golden/holders-unix.json \
	tests/golden/holders-unix.txt \
	tests/golden/holders-write-end.json \
	tests/golden/holders-write-end.txt \
	tests/golden/hostile.80.txt \
	tests/golden/hostile.ascii.txt \
	tests/golden/hostile.json \
	tests/golden/hostile.plain.txt \
	tests/golden/hostile.prom \
	tests/golden/live-zombies.80.txt \
	tests/golden/live-zombies.ascii.txt \
	tests/golden/live-zombies.prom \
	tests/golden/merge.json \
	tests/golden/merge.txt \
	tests/golden/nothing-left.80.txt \
	tests/golden/nothing-left.json \
	tests/golden/nothing-left.om \
	tests/golden/pipes.40.txt \
	tests/golden/pipes.80.txt \
	tests/golden/pipes.ascii.txt \
	tests/golden/pipes.json \
	tests/golden/reap-acted.80.txt \
	tests/golden/reap-acted.json \
	tests/golden/reap-nothing.80.txt \
	tests/golden/reap-nothing.json \
	tests/golden/reap-plan.80.txt \
	tests/golden/reap-plan.json \
	tests/golden/reap-refused.80.txt \
	tests/golden/reap-refused.json \
	tests/golden/reap-sockets-acted.80.txt \
	tests/golden/reap-sockets-acted.json \
	tests/golden/reap-sockets.80.txt \
	tests/golden/reap-sockets.json \
	tests/golden/reap-zombies-acted.80.txt \
	tests/golden/reap-zombies-acted.json \
	tests/golden/reap-zombies.80.txt \
	tests/golden/reap-zombies.json \
	tests/golden/wide.40.txt \
	tests/golden/wide.80.txt \
	tests/golden/wide.json

EXTRA_DIST += $(view_goldens)

# Real leaks: mkleak makes them, the live tests let the real program judge them.
tests_mkleak_SOURCES = \
	tests/mkleak.c \
	tests/mkleak.h \
	tests/mkleak_decoys.c \
	tests/mkleak_fds.c \
	tests/mkleak_hostile.c \
	tests/mkleak_live.c \
	tests/mkleak_orphans.c \
	tests/mkleak_pipes.c \
	tests/mkleak_reap.c \
	tests/mkleak_zombies.c
tests_mkleak_LDADD = -lpthread
tests_mktree_SOURCES = tests/mktree.c
tests_mktree_LDADD =
tests_test_live_SOURCES = tests/test_live.c tests/live.c tests/live.h
row_sources = tests/live_rows.c tests/live_rows.h tests/live.c tests/live.h
tests_test_live_fds_SOURCES = tests/test_live_fds.c $(row_sources)
tests_test_live_holders_SOURCES = tests/test_live_holders.c tests/live.c tests/live.h
tests_test_live_pipes_SOURCES = tests/test_live_pipes.c $(row_sources)
tests_test_live_watch_SOURCES = tests/test_live_watch.c tests/live.c tests/live.h
live_reap_sources = tests/live.c tests/live.h tests/live_reap.c tests/live_reap.h
tests_test_live_reap_SOURCES = tests/test_live_reap.c $(live_reap_sources)
tests_test_live_reap_race_SOURCES = tests/test_live_reap_race.c $(live_reap_sources)
tests_test_live_trouble_SOURCES = tests/test_live_trouble.c tests/live.c tests/live.h

# The corpus of leaky programs is not part of the project; where it is absent, one test is
# skipped. No part of `make check`, but it leaves its log and its .trs like a part of it.
CORPUS = $(abs_top_srcdir)/../shared/corpus
.PHONY: check-corpus
check-corpus: leakscan$(EXEEXT) tests/afresh$(EXEEXT)
	@$(MKDIR_P) tests
	@CORPUS='$(CORPUS)' LEAKSCAN='$(abs_top_builddir)/leakscan' $(tap_driver) \
		--test-name tests/corpus.py --log-file tests/corpus.log \
		--trs-file tests/corpus.trs --color-tests no --expect-failure no \
		--enable-hard-errors yes -- tests/afresh $(PYTHON) \
		$(srcdir)/tests/corpus.py
	@sed -n 's/^# //p' tests/corpus.log
	@! grep -Eq '^:test-result: (FAIL|ERROR)' tests/corpus.trs
