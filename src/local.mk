# SPDX-License-Identifier: GPL-2.0-or-later
# One list a room, headers too. All but cmd/ and main.c go into the library that the program
# and every test link.

base_sources = \
	src/base/arena.c \
	src/base/arena.h \
	src/base/text.c \
	src/base/text.h

model_sources =

source_sources = \
	src/source/details.c \
	src/source/details.h \
	src/source/procfs.c \
	src/source/procfs.h \
	src/source/procfs_machine.c

family_sources =

detect_sources =

view_sources =

cmd_sources =

noinst_LIBRARIES += libleakscan.a
libleakscan_a_SOURCES = \
	$(base_sources) \
	$(model_sources) \
	$(source_sources) \
	$(family_sources) \
	$(detect_sources) \
	$(view_sources)

leakscan_libs = $(LIBPROC2_LIBS) $(JANSSON_LIBS) $(SMARTCOLS_LIBS)

bin_PROGRAMS += leakscan
leakscan_SOURCES = src/main.c $(cmd_sources)
leakscan_LDADD = libleakscan.a $(leakscan_libs)
