/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only file that knows ncurses.  newterm() and not initscr(), which ends the program
 * where TERM is unknown.  What ncurses thinks how wide a character is decides where it puts
 * the next one, so a character whose width it sees otherwise than we do is not shown.
 */
#include "tui/curses.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "base/text.h"

#define ESCAPE_DELAY_MS 25
#define SIZE_MOST 1000		/* a terminal that claims more is not believed */
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

struct screen {
	SCREEN *curses;
	FILE *out;
	bool colour, mouse, repaint;
	unsigned width, height;
	struct cell *shown;		/* width * height */
	bool shown_valid;
};

/* What a handler needs that may run at any instruction: bytes and modes made beforehand. */
static struct rescue {
	volatile sig_atomic_t armed;
	int fd;
	pid_t pid;
	struct termios modes;
	char bytes[256];
	size_t n;
	struct sigaction before[5];
} rescue;

static const int crashes[5] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT };

/* --- giving the terminal back in a crash --- */

/* Its end is the old one: the handler is gone already (SA_RESETHAND), so the instruction
 * that failed fails again, and abort() goes on; where somebody sent the signal no
 * instruction failed.  A forked worker has the handler too, but not the terminal. */
static void crashed(int sig, siginfo_t *info, void *context)
{
	if (rescue.armed && getpid() == rescue.pid) {
		size_t done = 0;
		ssize_t got;

		rescue.armed = 0;
		while (done < rescue.n &&
		       (got = write(rescue.fd, rescue.bytes + done, rescue.n - done)) > 0)
			done += (size_t)got;
		tcsetattr(rescue.fd, TCSANOW, &rescue.modes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++) {
		const struct sigaction *before = &rescue.before[i];

		if (crashes[i] != sig || before->sa_handler == SIG_DFL ||
		    before->sa_handler == SIG_IGN)
			continue;
		if (before->sa_flags & SA_SIGINFO)
			before->sa_sigaction(sig, info, context);
		else
			before->sa_handler(sig);
	}
	if (info->si_code <= 0 && sig != SIGABRT)
		abort();
}

/* Without the padding that only tputs() understands. */
static void rescue_add(const char *capability)
{
	const char *bytes = tigetstr(capability);

	if (!bytes || bytes == (char *)-1)
		return;
	while (*bytes && rescue.n < sizeof(rescue.bytes)) {
		if (bytes[0] == '$' && bytes[1] == '<') {
			bytes += strcspn(bytes, ">");
			bytes += *bytes == '>';
			continue;
		}
		rescue.bytes[rescue.n++] = *bytes++;
	}
}

static void rescue_arm(int fd, const struct termios *modes, bool mouse)
{
	struct sigaction action = { .sa_sigaction = crashed,
				    .sa_flags = (int)(SA_RESETHAND | SA_SIGINFO) };

	rescue.fd = fd;
	rescue.pid = getpid();
	rescue.modes = *modes;
	rescue.n = 0;
	if (mouse) {
		rescue.n = strlen(MOUSE_OFF);
		memcpy(rescue.bytes, MOUSE_OFF, rescue.n);
	}
	rescue_add("sgr0");
	rescue_add("rmkx");
	rescue_add("cnorm");
	rescue_add("rmcup");
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &action, &rescue.before[i]);
	rescue.armed = 1;
}

static void rescue_disarm(void)
{
	rescue.armed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(crashes); i++)
		sigaction(crashes[i], &rescue.before[i], NULL);
}

/* --- tints --- */

#define DEFAULT (-1)

struct paint {
	attr_t plain;			/* without colours */
	attr_t attributes;		/* with */
	short few_fg, few_bg;		/* 8 and 16 colours */
	short many_fg, many_bg;		/* 256: legible on dark and on light */
};

static const struct paint paints[TINT_N] = {
	[TINT_PLAIN] = { 0, 0, DEFAULT, DEFAULT, DEFAULT, DEFAULT },
	[TINT_DIM] = { A_DIM, A_DIM, DEFAULT, DEFAULT, 244, DEFAULT },
	[TINT_BOLD] = { A_BOLD, A_BOLD, DEFAULT, DEFAULT, DEFAULT, DEFAULT },
	[TINT_CRITICAL] = { A_BOLD | A_REVERSE, A_BOLD, COLOR_RED, DEFAULT, 203, DEFAULT },
	[TINT_WARNING] = { A_BOLD, A_BOLD, COLOR_YELLOW, DEFAULT, 214, DEFAULT },
	[TINT_OK] = { 0, 0, COLOR_GREEN, DEFAULT, 36, DEFAULT },
	[TINT_ACCENT] = { 0, 0, COLOR_CYAN, DEFAULT, 38, DEFAULT },
	[TINT_TITLE] = { A_BOLD, A_BOLD, DEFAULT, DEFAULT, 110, DEFAULT },
	[TINT_TAB] = { A_REVERSE, A_BOLD, COLOR_BLACK, COLOR_CYAN, 16, 38 },
	[TINT_NEW] = { A_BOLD, A_BOLD, COLOR_MAGENTA, DEFAULT, 170, DEFAULT },
	[TINT_KEY] = { A_BOLD, A_BOLD, DEFAULT, DEFAULT, DEFAULT, DEFAULT },
	[TINT_KEY_WORD] = { A_REVERSE, 0, COLOR_BLACK, COLOR_CYAN, 16, 38 },
	[TINT_FRAME] = { 0, 0, DEFAULT, DEFAULT, 241, DEFAULT },
	[TINT_GAUGE_OK] = { A_REVERSE, 0, COLOR_GREEN, DEFAULT, 36, DEFAULT },
	[TINT_GAUGE_WARNING] = { A_REVERSE, A_BOLD, COLOR_YELLOW, DEFAULT, 214, DEFAULT },
	[TINT_GAUGE_CRITICAL] = { A_REVERSE | A_BOLD, A_BOLD, COLOR_RED, DEFAULT, 203, DEFAULT },
	[TINT_GAUGE_EMPTY] = { A_DIM, A_DIM, DEFAULT, DEFAULT, 240, DEFAULT },
};
#define SELECTED_PAIR (TINT_N + 1)

/* False when there are none after all. */
static bool start_colours(void)
{
	bool many, own;

	if (!has_colors() || start_color() == ERR || COLORS < 8 || COLOR_PAIRS <= SELECTED_PAIR)
		return false;
	many = COLORS >= 256;
	own = use_default_colors() == OK;
	for (short i = 0; i < TINT_N; i++) {
		short fg = many ? paints[i].many_fg : paints[i].few_fg;
		short bg = many ? paints[i].many_bg : paints[i].few_bg;

		init_pair((short)(i + 1), fg == DEFAULT && !own ? COLOR_WHITE : fg,
			  bg == DEFAULT && !own ? COLOR_BLACK : bg);
	}
	init_pair(SELECTED_PAIR, many ? 16 : COLOR_BLACK, many ? 109 : COLOR_CYAN);
	return true;
}

static attr_t attributes_of(const struct screen *s, const struct cell *c, short *pair)
{
	const struct paint *paint = &paints[c->tint < TINT_N ? c->tint : TINT_PLAIN];
	attr_t attributes = s->colour ? paint->attributes : paint->plain;

	*pair = s->colour ? (short)(paint - paints + 1) : 0;
	/* where there are greys, one of them is dim enough */
	if (s->colour && COLORS >= 256)
		attributes &= ~A_DIM;
	if (c->flags & CELL_SELECTED) {
		*pair = s->colour ? SELECTED_PAIR : 0;
		attributes = (attributes & A_BOLD) | (s->colour ? 0 : A_REVERSE);
	}
	if (c->flags & CELL_TAGGED)
		attributes |= A_BOLD;
	if (c->flags & CELL_FOUND)
		attributes |= A_UNDERLINE;
	return attributes;
}

/* --- the screen --- */

static int check_terminal(const struct screen_options *o)
{
	const char *term = getenv("TERM"), *place;
	int err = 0;
	bool places;

	if (!isatty(fileno(o->in)) || !isatty(fileno(o->out)))
		return -ENOTTY;
	if (!term || !*term)
		return -ENOTSUP;
	if (setupterm(term, fileno(o->out), &err) == ERR)
		return err == 1 ? -ENOTSUP : -ENOENT;	/* 1: a hardcopy terminal */
	/* null, or -1 where the word is no capability */
	place = tigetstr("cup");
	places = place && place != (char *)-1;
	del_curterm(cur_term);
	return places ? 0 : -ENOTSUP;
}

int screen_open(const struct screen_options *o, struct screen **out)
{
	struct termios modes;
	struct screen *s;
	int err = check_terminal(o);

	if (err)
		return err;
	if (tcgetattr(fileno(o->out), &modes))
		return -ENOTTY;
	s = calloc(1, sizeof(*s));
	if (!s)
		abort();
	/* the size is what the terminal says, not what a shell has exported */
	use_env(FALSE);
	use_tioctl(TRUE);
	s->curses = newterm(NULL, o->out, o->in);
	if (!s->curses) {
		free(s);
		return -ENOENT;
	}
	s->out = o->out;
	rescue_arm(fileno(o->out), &modes, o->mouse);
	set_escdelay(ESCAPE_DELAY_MS);
	raw();
	noecho();
	nonl();
	intrflush(stdscr, FALSE);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	curs_set(0);
	s->colour = o->colour && start_colours();
	s->mouse = o->mouse;
	if (s->mouse) {
		/* a click is not waited for: that would hold up the keys */
		mouseinterval(0);
		mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	}
	*out = s;
	return 0;
}

void screen_close(struct screen *s)
{
	if (!s)
		return;
	if (s->mouse)
		mousemask(0, NULL);
	curs_set(1);
	endwin();
	rescue_disarm();
	delscreen(s->curses);
	free(s->shown);
	free(s);
}

void screen_leave(struct screen *s)
{
	curs_set(1);
	endwin();
	rescue.armed = 0;
	s->repaint = true;
}

void screen_return(struct screen *s)
{
	reset_prog_mode();
	curs_set(0);
	rescue.armed = 1;
	screen_repaint(s);
}

void screen_repaint(struct screen *s)
{
	s->repaint = true;
	s->shown_valid = false;
}

bool screen_is_stale(const struct screen *s)
{
	return s->repaint;
}

void screen_size(struct screen *s, unsigned *width, unsigned *height)
{
	struct winsize size = { .ws_col = 0 };

	if (ioctl(fileno(s->out), TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row) {
		size.ws_col = 80;
		size.ws_row = 24;
	}
	*width = size.ws_col > SIZE_MOST ? SIZE_MOST : size.ws_col;
	*height = size.ws_row > SIZE_MOST ? SIZE_MOST : size.ws_row;
	if (*width == s->width && *height == s->height)
		return;
	if (is_term_resized((int)*height, (int)*width))
		resizeterm((int)*height, (int)*width);
	s->width = *width;
	s->height = *height;
	free(s->shown);
	s->shown = calloc((size_t)s->width * s->height, sizeof(*s->shown));
	if (!s->shown)
		abort();
	screen_repaint(s);
}

static void show_cell(const struct screen *s, unsigned x, unsigned y, const struct cell *c)
{
	wchar_t text[CCHARW_MAX + 1] = L"";
	mbstate_t state = { 0 };
	const char *from = c->text;
	cchar_t cell;
	short pair;
	attr_t attributes;
	size_t n;

	if (!c->width)
		return;
	n = mbsrtowcs(text, &from, CCHARW_MAX, &state);
	attributes = attributes_of(s, c, &pair);
	if (n == (size_t)-1 || !n || wcwidth(text[0]) != c->width) {
		wcscpy(text, n ? L"?" : L" ");
		if (c->width == 2 && setcchar(&cell, L" ", attributes, pair, NULL) == OK)
			mvadd_wchnstr((int)y, (int)x + 1, &cell, 1);
	}
	if (setcchar(&cell, text, attributes, pair, NULL) == OK)
		mvadd_wchnstr((int)y, (int)x, &cell, 1);
}

void screen_show(struct screen *s, const struct grid *g)
{
	if (g->width != s->width || g->height != s->height)
		return;
	if (s->repaint) {
		erase();
		clearok(curscr, TRUE);
	}
	for (unsigned y = 0; y < g->height; y++)
		for (unsigned x = 0; x < g->width; x++) {
			const struct cell *c = &g->cells[(size_t)y * g->width + x];
			struct cell *old = &s->shown[(size_t)y * g->width + x];

			if (s->shown_valid && !memcmp(c, old, sizeof(*c)))
				continue;
			*old = *c;
			show_cell(s, x, y, c);
		}
	s->shown_valid = true;
	s->repaint = false;
	curs_set(g->has_cursor ? 1 : 0);
	if (g->has_cursor)
		move((int)g->cursor_y, (int)g->cursor_x);
	refresh();
}

/* --- keys --- */

static const struct { int code; uint32_t key; } keys[] = {
	{ KEY_UP, BKEY_UP }, { KEY_DOWN, BKEY_DOWN }, { KEY_LEFT, BKEY_LEFT },
	{ KEY_RIGHT, BKEY_RIGHT }, { KEY_PPAGE, BKEY_PAGE_UP }, { KEY_NPAGE, BKEY_PAGE_DOWN },
	{ KEY_HOME, BKEY_HOME }, { KEY_FIND, BKEY_HOME }, { KEY_END, BKEY_END },
	{ KEY_SELECT, BKEY_END }, { KEY_BACKSPACE, BKEY_BACKSPACE }, { KEY_DC, BKEY_DELETE },
	{ KEY_BTAB, BKEY_BACKTAB }, { KEY_ENTER, BKEY_ENTER },
};

static bool read_button(struct screen_input *out)
{
	MEVENT event;

	if (getmouse(&event) == ERR || event.x < 0 || event.y < 0)
		return false;
	out->is_button = true;
	out->x = (unsigned)event.x;
	out->y = (unsigned)event.y;
	if (event.bstate & BUTTON1_PRESSED)
		out->button = BOARD_CLICK;
	else if (event.bstate & BUTTON4_PRESSED)
		out->button = BOARD_WHEEL_UP;
	else if (event.bstate & BUTTON5_PRESSED)
		out->button = BOARD_WHEEL_DOWN;
	else
		return false;
	return true;
}

static bool read_code(int code, struct screen_input *out)
{
	if (code == KEY_MOUSE)
		return read_button(out);
	if (code >= KEY_F(0) && code <= KEY_F(63)) {
		out->key = BKEY_F0 + (uint32_t)(code - KEY_F(0));
		return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (keys[i].code == code) {
			out->key = keys[i].key;
			return true;
		}
	return false;
}

bool screen_read(struct screen *s, struct screen_input *out)
{
	wint_t got;
	int kind;

	(void)s;
	while ((kind = get_wch(&got)) != ERR) {
		*out = (struct screen_input){ .key = (uint32_t)got };
		if (kind == KEY_CODE_YES) {
			if (read_code((int)got, out))
				return true;
			continue;
		}
		if (got == '\n')
			out->key = BKEY_ENTER;
		else if (got == '\b')
			out->key = BKEY_BACKSPACE;
		return true;
	}
	return false;
}
