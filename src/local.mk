# SPDX-License-Identifier: GPL-2.0-or-later
# One list a room, headers too. All but cmd/ and main.c go into the library that the program
# and every test link.

base_sources = \
	src/base/arena.c \
	src/base/arena.h \
	src/base/escape.c \
	src/base/escape.h \
	src/base/lookup.h \
	src/base/order.h \
	src/base/text.c \
	src/base/text.h \
	src/base/unicode.c \
	src/base/unicode.h

model_sources = \
	src/model/check.c \
	src/model/check.h \
	src/model/family.c \
	src/model/family.h \
	src/model/fd_kinds.c \
	src/model/fd_kinds.h \
	src/model/finding.c \
	src/model/finding.h \
	src/model/follow.c \
	src/model/follow.h \
	src/model/fleet.c \
	src/model/fleet.h \
	src/model/growth.c \
	src/model/growth.h \
	src/model/history.h \
	src/model/holders.c \
	src/model/holders.h \
	src/model/plan.c \
	src/model/plan.h \
	src/model/process.c \
	src/model/process.h \
	src/model/refresh.c \
	src/model/refresh.h \
	src/model/report.c \
	src/model/report.h \
	src/model/run.c \
	src/model/run.h \
	src/model/snapshot.c \
	src/model/snapshot.h \
	src/model/threshold.c \
	src/model/threshold.h \
	src/model/wait_status.c \
	src/model/wait_status.h \
	src/model/who.c \
	src/model/who.h

source_sources = \
	src/source/again.c \
	src/source/bpf.c \
	src/source/bpf.h \
	src/source/bpf_files.c \
	src/source/bpf_kernel.h \
	src/source/bpf_look.h \
	src/source/bpf_machine.c \
	src/source/bpf_missing.c \
	src/source/bpf_pin.c \
	src/source/bpf_pin.h \
	src/source/bpf_record.h \
	src/source/bpf_threads.c \
	src/source/bpf_walk.c \
	src/source/descriptors.c \
	src/source/details.c \
	src/source/details.h \
	src/source/facts.c \
	src/source/fd_table.c \
	src/source/fd_table.h \
	src/source/live.c \
	src/source/live.h \
	src/source/live_clock.h \
	src/source/live_work.c \
	src/source/live_work.h \
	src/source/pidfiles.c \
	src/source/proc_dir.c \
	src/source/proc_dir.h \
	src/source/procfs.c \
	src/source/procfs.h \
	src/source/procfs_machine.c \
	src/source/record.h \
	src/source/record_fd.c \
	src/source/record_keys.c \
	src/source/record_keys.h \
	src/source/record_read.c \
	src/source/record_value.c \
	src/source/record_write.c \
	src/source/refresh.c \
	src/source/refresh.h \
	src/source/same_files.c \
	src/source/sample.c \
	src/source/sockets.c \
	src/source/targeted.c \
	src/source/sockets.h \
	src/source/tasks.c \
	src/source/tasks.h \
	src/source/walk.c \
	src/source/walk.h \
	src/source/worker.c \
	src/source/worker.h

family_sources = \
	src/family/ask.c \
	src/family/blindness.c \
	src/family/build.c \
	src/family/evidence_cgroup.c \
	src/family/evidence_circumstance.c \
	src/family/evidence_cookie.c \
	src/family/evidence_environ.c \
	src/family/evidence_layout.c \
	src/family/evidence_namespace.c \
	src/family/evidence_objects.c \
	src/family/evidence_session.c \
	src/family/evidence_stdio.c \
	src/family/evidences.c \
	src/family/intent.c \
	src/family/kin.h \
	src/family/kinship.h \
	src/family/known_daemons.c \
	src/family/known_reapers.c \
	src/family/machine.c \
	src/family/marked.c \
	src/family/objects.c \
	src/family/reapers.c \
	src/family/relatives.c \
	src/family/select.c \
	src/family/suspects.c \
	src/family/telling.c \
	src/family/unit.c

detect_sources = \
	src/detect/announced.c \
	src/detect/announced.h \
	src/detect/close_wait.c \
	src/detect/child_growth.c \
	src/detect/dead_leader.c \
	src/detect/detectors.c \
	src/detect/detectors.h \
	src/detect/fd_deleted.c \
	src/detect/fd_growth.c \
	src/detect/fd_limit.c \
	src/detect/fd_list.c \
	src/detect/fd_list.h \
	src/detect/fd_multiplicity.c \
	src/detect/growths.c \
	src/detect/growths.h \
	src/detect/holdings.c \
	src/detect/holdings.h \
	src/detect/inherited_fd.c \
	src/detect/orphan.c \
	src/detect/pidfd_stale.c \
	src/detect/pipe_no_eof.c \
	src/detect/pipe_peerless.c \
	src/detect/pipe_stuck_writer.c \
	src/detect/pipes.c \
	src/detect/pipes.h \
	src/detect/zombie.c

reap_sources = \
	src/reap/again.c \
	src/reap/case.h \
	src/reap/cases.c \
	src/reap/close_sockets.c \
	src/reap/ops_cgroup.c \
	src/reap/ops_dry.c \
	src/reap/ops_live.c \
	src/reap/ops_live.h \
	src/reap/ops_pidfd.c \
	src/reap/ops_pidfd.h \
	src/reap/patient.c \
	src/reap/patient.h \
	src/reap/plan.c \
	src/reap/plan.h \
	src/reap/reaper.c \
	src/reap/reaper.h \
	src/reap/standing.c \
	src/reap/steps.c \
	src/reap/table.c

guard_sources = \
	src/guard/canary.c \
	src/guard/canary.h \
	src/guard/cgroup.c \
	src/guard/cgroup.h \
	src/guard/children.c \
	src/guard/children.h \
	src/guard/clean.c \
	src/guard/cookie.c \
	src/guard/cookie.h \
	src/guard/descriptors.c \
	src/guard/escapees.c \
	src/guard/forward.c \
	src/guard/forward.h \
	src/guard/guard.c \
	src/guard/guard.h \
	src/guard/left.c \
	src/guard/spawn.c \
	src/guard/spawn.h

memory_sources = \
	src/memory/file.c \
	src/memory/memory.c \
	src/memory/memory.h \
	src/memory/note.c \
	src/memory/past.c \
	src/memory/place.c \
	src/memory/recall.c \
	src/memory/schema.c \
	src/memory/store.h

view_sources = \
	src/view/document.c \
	src/view/document.h \
	src/view/explain.c \
	src/view/explain.h \
	src/view/explain_child_growth.c \
	src/view/explain_close_wait.c \
	src/view/explain_dead_leader.c \
	src/view/explain_fd_deleted.c \
	src/view/explain_fd_growth.c \
	src/view/explain_fd_limit.c \
	src/view/explain_fd_multiplicity.c \
	src/view/explain_inherited_fd.c \
	src/view/explain_kinds.h \
	src/view/explain_orphan.c \
	src/view/explain_pidfd_stale.c \
	src/view/explain_pipe_no_eof.c \
	src/view/explain_pipe_peerless.c \
	src/view/explain_pipe_stuck_writer.c \
	src/view/explain_zombie.c \
	src/view/family_tree.c \
	src/view/family_tree.h \
	src/view/fleet.h \
	src/view/fleet_json.c \
	src/view/fleet_read.c \
	src/view/fleet_text.c \
	src/view/history.h \
	src/view/history_data.c \
	src/view/history_text.c \
	src/view/holders.h \
	src/view/holders_json.c \
	src/view/holders_text.c \
	src/view/json.c \
	src/view/nagios.c \
	src/view/nagios.h \
	src/view/plan_json.c \
	src/view/plan_text.c \
	src/view/plans.h \
	src/view/plot.c \
	src/view/plot.h \
	src/view/prometheus.c \
	src/view/run.h \
	src/view/run_github.c \
	src/view/run_json.c \
	src/view/run_junit.c \
	src/view/run_text.c \
	src/view/text.c \
	src/view/text.h \
	src/view/text_findings.c \
	src/view/text_pipe.c \
	src/view/text_tree.c \
	src/view/text_verdict.c \
	src/view/views.h

tui_sources = \
	src/tui/board.c \
	src/tui/board.h \
	src/tui/board_apps.c \
	src/tui/board_bar.c \
	src/tui/board_details.c \
	src/tui/board_draw.c \
	src/tui/board_findings.c \
	src/tui/board_header.c \
	src/tui/board_keys.c \
	src/tui/board_match.c \
	src/tui/board_memory.c \
	src/tui/board_overlay.c \
	src/tui/board_pipes.c \
	src/tui/board_prompt.c \
	src/tui/board_reap.c \
	src/tui/board_rows.c \
	src/tui/board_state.h \
	src/tui/board_tree.c \
	src/tui/curses.c \
	src/tui/curses.h \
	src/tui/grid.c \
	src/tui/grid.h \
	src/tui/history.c \
	src/tui/history.h \
	src/tui/page.c \
	src/tui/page.h

cmd_sources = \
	src/cmd/ask.c \
	src/cmd/ask.h \
	src/cmd/audit.c \
	src/cmd/audit.h \
	src/cmd/bpf.c \
	src/cmd/bpf.h \
	src/cmd/check.c \
	src/cmd/check.h \
	src/cmd/check_options.c \
	src/cmd/check_options.h \
	src/cmd/check_past.c \
	src/cmd/check_past.h \
	src/cmd/cmds.c \
	src/cmd/cmds.h \
	src/cmd/demo.c \
	src/cmd/demo.h \
	src/cmd/demo_stage.c \
	src/cmd/demo_stage.h \
	src/cmd/explain.c \
	src/cmd/explain.h \
	src/cmd/history.c \
	src/cmd/history.h \
	src/cmd/holders.c \
	src/cmd/holders.h \
	src/cmd/http.c \
	src/cmd/http.h \
	src/cmd/interrupt.c \
	src/cmd/interrupt.h \
	src/cmd/judge.c \
	src/cmd/judge.h \
	src/cmd/merge.c \
	src/cmd/merge.h \
	src/cmd/observe.c \
	src/cmd/observe.h \
	src/cmd/operate.c \
	src/cmd/operate.h \
	src/cmd/options.c \
	src/cmd/options.h \
	src/cmd/own_signal.c \
	src/cmd/own_signal.h \
	src/cmd/output.c \
	src/cmd/output.h \
	src/cmd/reap.c \
	src/cmd/reap.h \
	src/cmd/reap_options.c \
	src/cmd/reap_options.h \
	src/cmd/run.c \
	src/cmd/run.h \
	src/cmd/scan.c \
	src/cmd/scan.h \
	src/cmd/serve.c \
	src/cmd/serve.h \
	src/cmd/suggest.c \
	src/cmd/suggest.h \
	src/cmd/target_options.c \
	src/cmd/target_options.h \
	src/cmd/targets.c \
	src/cmd/targets.h \
	src/cmd/top.c \
	src/cmd/top.h \
	src/cmd/top_options.c \
	src/cmd/top_options.h \
	src/cmd/top_reap.c \
	src/cmd/top_reap.h \
	src/cmd/top_save.c \
	src/cmd/top_save.h \
	src/cmd/top_scan.c \
	src/cmd/top_scan.h \
	src/cmd/top_thread.c \
	src/cmd/top_thread.h

noinst_LIBRARIES += libleakscan.a
libleakscan_a_SOURCES = \
	$(base_sources) \
	$(model_sources) \
	$(source_sources) \
	$(family_sources) \
	$(detect_sources) \
	$(reap_sources) \
	$(guard_sources) \
	$(memory_sources) \
	$(view_sources) \
	$(tui_sources)

# One file of BPF programs, one skeleton for each list, so that a look loads no more than it
# needs. bpf.c includes them.
bpf_programs = src/source/bpf_programs.bpf.c
EXTRA_DIST += $(bpf_programs)

if WITH_BPF
bpf_skeletons = \
	src/source/bpf_files_skel.h \
	src/source/bpf_tasks_skel.h \
	src/source/bpf_threads_skel.h
CLEANFILES += $(bpf_skeletons) $(bpf_skeletons:.h=.o) $(bpf_skeletons:=.new)
BPF_CFLAGS = -target bpf -mcpu=v3 -O2 -g -Wall $(WERROR_CFLAGS)

# System headers get no warnings: what bpftool writes is not ours to mend.
bpf_skeleton = $(AM_V_GEN)$(MKDIR_P) $(@D) && \
	$(CLANG) $(BPF_CFLAGS) $(BPF_CPPFLAGS) -I$(top_srcdir)/src -DPROGRAM_$(1) \
		-c $(srcdir)/$(bpf_programs) -o $(@:.h=.o) && \
	{ echo '\#pragma GCC system_header' && \
		$(BPFTOOL) gen skeleton -L $(@:.h=.o) name bpf_$(2); } >$@.new && \
	mv $@.new $@

src/source/bpf_files_skel.h:
	$(call bpf_skeleton,FILES,files)
src/source/bpf_tasks_skel.h:
	$(call bpf_skeleton,TASKS,tasks)
src/source/bpf_threads_skel.h:
	$(call bpf_skeleton,THREADS,threads)
$(bpf_skeletons): $(bpf_programs) src/source/bpf_kernel.h src/source/bpf_record.h
src/source/bpf.$(OBJEXT): $(bpf_skeletons)
endif

leakscan_libs = $(LIBPROC2_LIBS) $(JANSSON_LIBS) $(SMARTCOLS_LIBS) $(NCURSES_LIBS) \
	$(SQLITE_LIBS) -lm

bin_PROGRAMS += leakscan
leakscan_SOURCES = src/main.c $(cmd_sources)
leakscan_LDADD = libleakscan.a $(leakscan_libs)
