/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a board knows, and the functions its files lend each other; private to tui/board*.c.
 * What must survive a refresh is told by identity here and never by a pointer into a
 * report or by a row's number.
 */
#pragma once

#include "tui/board.h"
#include "tui/history.h"
#include "tui/page.h"

enum view_kind { VIEW_APPS, VIEW_FINDINGS, VIEW_TREE, VIEW_PIPES, VIEW_N };
enum overlay { OVER_NONE, OVER_HELP, OVER_EXPLAIN, OVER_DETAILS, OVER_SORT, OVER_REAP };
enum prompt { PROMPT_NONE, PROMPT_SEARCH, PROMPT_FILTER, PROMPT_DELAY };
enum pane { PANE_WHY, PANE_FDS };
enum sort { SORT_WORST, SORT_AGE, SORT_PID, SORT_KIND, SORT_NAME, SORT_FDS, SORT_SIZE, SORT_N };

/* --- rows ---------------------------------------------------------------------------- */

enum row_what { ROW_NONE, ROW_FINDING, ROW_GROUP, ROW_PROCESS, ROW_GHOST, ROW_PIPE, ROW_APP };

/* What a row is about, the same in every report. */
struct row_key {
	enum row_what what;
	struct process_id id;
	uint64_t extra;		/* of a finding: its kind, descriptor and number; an inode */
};

struct app {			/* a process and what hangs below it; or what a dead one left */
	struct process_id id;	/* start_ticks 0: dead */
	const struct process *process;	/* NULL: dead */
	const char *name;		/* raw; NULL: that of the process */
	size_t size, orphans, zombies, findings;
	enum severity worst;
	const struct process *fullest;	/* nearest to its descriptor limit */
	unsigned percent;		/* of that limit; 0 not known */
};

struct row {
	struct row_key key;
	const struct report *report;
	const struct process *process;	/* NULL: dead and gone, or none */
	const struct finding *finding;	/* of a process: its worst; or NULL */
	const struct finding **group;	/* ROW_GROUP: zombies of one parent, told as one */
	size_t group_n, group_room;
	const struct member *member;	/* or NULL */
	const struct pipe_map *pipe;
	const struct app *app;
	const char *name;		/* raw: instead of the process's own */
	const char *badges;		/* "LS101 LS301", "" */
	const char *branch;		/* lines of a tree, safe */
	unsigned depth;
	size_t folded;			/* so many below it are not shown */
	enum severity severity;
	bool marked;			/* `severity` means something */
	bool fresh;			/* came up a moment ago */
	uint64_t age_ns;		/* UINT64_MAX unknown */
};

struct rows {
	struct arena *arena;
	struct row *list;
	size_t n, room;
	size_t unfiltered;
};

struct place {			/* where the cursor is in one view */
	struct row_key key;
	size_t at, top;
	bool touched;		/* by the user: else it stays on the first row */
};

/* --- memory between refreshes -------------------------------------------------------- */

struct id_set { struct process_id *list; size_t n, room; };
bool id_set_has(const struct id_set *s, struct process_id id);
void id_set_put(struct id_set *s, struct process_id id, bool in);
void id_set_free(struct id_set *s);

#define FD_KINDS (FD_OTHER + 1)
struct track {			/* of a process of the family, since it was first seen */
	struct process_id id;
	bool seen;		/* at the last refresh */
	uint64_t fds_since_ns;	/* 0: its descriptors were never listed */
	size_t fds_first[FD_KINDS];
	/* its last parent that was no reaper: where it comes from when it is an orphan */
	struct process_id parent;
	char parent_name[64];
};

struct known { struct row_key key; uint64_t since_ns; bool seen; };

struct app_trend { struct process_id id; bool seen; struct history percent; };

struct memory {
	struct track *tracks;	/* by identity */
	size_t track_n, track_room;
	struct known *knowns;	/* findings, by key */
	size_t known_n, known_room;
	struct app_trend *trends;
	size_t trend_n, trend_room;
	struct history fds, zombies, orphans, children, processes;
	size_t refreshes;
	size_t appeared, ended;	/* findings, at the last refresh */
};
void memory_take(struct memory *m, const struct board_news *news);
/* Another look, at which the news were still true. */
void memory_still(struct memory *m, const struct board_news *news, uint64_t at_ns);
void memory_free(struct memory *m);
const struct track *memory_track(const struct memory *m, struct process_id id);	/* or NULL */
/* Came up not longer than some seconds ago, and after the first refresh. */
bool memory_fresh(const struct memory *m, struct row_key key, uint64_t now_ns);
/* NULL when it was not seen often enough. */
const struct history *memory_trend(const struct memory *m, struct process_id app);
void memory_take_apps(struct memory *m, const struct app *apps, size_t n, uint64_t at_ns);

struct row_key finding_key(const struct finding *f, unsigned nth);
bool row_key_same(struct row_key a, struct row_key b);

/* What the counts of the header are made from. */
struct figures {
	int64_t fds;		/* -1 unknown */
	uint64_t limit;		/* 0 unknown */
	size_t zombies, orphans, children, processes;
};
struct figures figures_of(const struct report *r);

/* One look and what is remembered about it. */
struct scope {
	struct board_news news;
	bool has_news;
	bool missed;		/* some later ones, while it was frozen */
	char error[160];	/* the last look failed: "" it did not */
	uint64_t at_ns;
	struct memory memory;
};

/* --- the board ----------------------------------------------------------------------- */

enum reap_phase { REAP_NONE, REAP_ASKED, REAP_SHOWN, REAP_RUNS, REAP_OVER };

struct hit { unsigned x, y, width; uint32_t key; };

struct board {
	struct board_options o;
	struct arena *arena;		/* as long as the board */
	uint64_t now_ns;
	bool dirty;

	struct scope outer, inner;	/* inner: an application entered from a list */
	struct process_id inside;	/* its identity; pid 0: none */
	bool frozen;

	enum view_kind view;
	enum pane pane;
	struct place places[VIEW_N];
	enum sort sort[VIEW_N];
	bool inverted[VIEW_N];
	struct rows rows;
	bool rows_old;
	struct id_set tags, folds, opened;	/* opened: groups, by the parent */

	char filter[128], search[128], typed[128];
	enum prompt prompt;
	enum overlay overlay;
	size_t scroll, sort_at;		/* in the overlay */
	const struct explanation *explained;

	struct { char text[256]; enum severity how; uint64_t until_ns; } said;

	struct board_asked asked[16];
	size_t asked_n;
	struct process_id *asked_ids;
	size_t asked_id_n;

	struct {
		enum reap_phase phase;
		unsigned number;
		struct arena *arena;
		struct plan *plan;	/* a copy */
		struct board_patient *patients;
		size_t patient_n;
		uint64_t kill_at_ns;
		unsigned cancels;
		int err;
	} reap;

	/* of the last drawing */
	unsigned width, height, list_y, list_height;
	size_t page_lines, page_height;
	struct hit hits[32];
	size_t hit_n;
};

struct scope *board_scope(struct board *b);
void board_scope_end(struct board *b);		/* of the application that was entered */
/* The report of the row, or of all there is; NULL before the first news. */
const struct report *board_report(const struct board *b);
void board_wish(struct board *b, struct board_asked wish);
void board_show_view(struct board *b, enum view_kind view);
bool board_has_apps(const struct board *b);	/* the list of applications makes sense */
uint64_t board_age(const struct board *b);	/* ns since the look that is shown */

/* --- rows: board_rows.c and one file a view ------------------------------------------- */

void rows_make(struct board *b);		/* when they are old */
struct row *rows_add(struct rows *rows, struct row_key key);
const struct row *rows_selected(struct board *b);	/* or NULL */
void rows_select(struct board *b, size_t at);
bool row_matches(const struct row *row, const char *words, struct arena *a);

struct column {
	const char *title;
	unsigned width;		/* 0: takes what is left */
	bool right;
	unsigned from;		/* shown on screens at least that wide */
	enum sort sort;		/* SORT_N: not sorted by */
};
struct field {
	const char *text;	/* safe; NULL: empty */
	enum tint tint;
	const char *more;	/* behind it, when there is room; safe */
	enum tint more_tint;
};
#define COLUMNS_MOST 10

/* What it is drawn with. */
struct paint { struct board *b; struct grid *g; struct arena *a; struct sheet sheet; };

struct board_view {
	const char *name, *letter;
	const struct column *columns;
	unsigned sorts;		/* bits of enum sort */
	bool is_tree;		/* keeps its own order, and can be folded */
	void (*make)(struct board *b, struct rows *rows);
	void (*fields)(const struct paint *t, const struct row *row, struct field *out);
};
extern const struct board_view view_apps, view_findings, view_tree, view_pipes;
const struct board_view *board_view(enum view_kind view);
const char *sort_name(enum sort s);

const char *severity_sign(enum severity s);	/* "!!", " !", "  " */
const char *severity_word(enum severity s);	/* "CRIT", "WARN", "info" */
const char *short_label(const struct sheet *s, const struct process *p);	/* safe */
const char *row_label(const struct paint *t, const struct row *row);	/* safe */
/* The applications of what is shown now, worst first; *n. */
const struct app *apps_make(const struct board_news *news, struct arena *a, size_t *n);

/* --- drawing --------------------------------------------------------------------------- */

unsigned draw_header(const struct paint *t, unsigned rows);	/* the rows it took */
bool header_has_verdict(struct board *b);	/* in place of a gauge */
void draw_tabs(const struct paint *t, unsigned y);
void draw_bar(const struct paint *t, unsigned y);
void draw_table(const struct paint *t, unsigned y, unsigned height);
void draw_pane(const struct paint *t, unsigned y, unsigned height);
void draw_overlay(const struct paint *t, unsigned y, unsigned height);
void draw_reap(const struct paint *t, unsigned y, unsigned height);
/* A framed box with a title; its inside is one cell smaller at each side. */
void draw_box(const struct paint *t, unsigned x, unsigned y, unsigned width, unsigned height,
	      const char *title);
const struct page *details_page(const struct paint *t, unsigned width);
void paint_hit(const struct paint *t, unsigned x, unsigned y, unsigned width, uint32_t key);

/* --- keys ------------------------------------------------------------------------------ */

void prompt_open(struct board *b, enum prompt prompt, const char *text);
void prompt_key(struct board *b, uint32_t key);
void prompt_next(struct board *b);		/* the next that is searched for */
void reap_ask(struct board *b);
bool reap_can_act(const struct board *b);	/* there is something to confirm */
void reap_key(struct board *b, uint32_t key);
void reap_end(struct board *b);
void overlay_key(struct board *b, uint32_t key);
