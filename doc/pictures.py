#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes the pictures of the dashboard: doc/top.svg (a still) and doc/leakscan.svg (a film).

usage: doc/pictures.py LEAKSCAN [DIRECTORY]

Nothing in them is drawn by hand: the real program looks at a real leak in tmux, keys are
sent to it, its screen is captured with its colours, and the captures become SVG. Lines and
blocks are drawn as shapes, so that no font can leave gaps between them.
"""
import html
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

WIDTH, HEIGHT = 100, 28                 # cells
CELL_W, CELL_H = 8.4, 18
PAD, BAR = 16, 34                       # around the cells; above them
BACK, FORE = "#12161f", "#cdd3de"
FONT = "'JetBrains Mono','SFMono-Regular','DejaVu Sans Mono',Menlo,Consolas,monospace"
INNER = "LEAKSCAN_PICTURES_INNER"
EVERY_S = 0.12                          # between two looks at the screen
FAST_S, SLOWEST_S, LAST_S = 0.35, 1.3, 3   # a picture of the film is shown so long at most

# --- a leak: a downloader that loses what it starts ------------------------------------------

APP = '''
import os, resource, subprocess, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
kept = []
for i in range(1000000):
    if i % 4 == 0 and len(kept) < 180:
        kept.append(open("part-%03d" % len(kept), "w"))
    if i in (2, 30, 60):
        kept.append(subprocess.Popen(["curl", "--fail", "https://example.org/%d" % i]))
    if i == 6:
        subprocess.Popen(["sh", "-c", "python3 record.py https://example.org/live >/dev/null 2>&1 &"])
    if i == 8:
        kept.append(subprocess.Popen(["sleep", "900"]))
    time.sleep(0.1)
'''
CURL = "#!/bin/sh\nexit 22\n"
# takes a while over SIGTERM, as something that finishes its file does
RECORD = '''
import signal, time
end = []
signal.signal(signal.SIGTERM, lambda *_: end.append(time.monotonic() + 1.5))
out = open("/dev/null", "wb")
block = bytes(1 << 17)
while not end or time.monotonic() < end[0]:
    out.write(block)
    out.flush()
    time.sleep(0.01)
'''

# --- the terminal ----------------------------------------------------------------------------


class Terminal:
    def __init__(self, folder):
        self.base = ["tmux", "-f", "/dev/null", "-S", os.path.join(folder, "tmux")]
        self.frames = []            # (seconds, screen)

    def call(self, *words):
        return subprocess.run(self.base + list(words), stdin=subprocess.DEVNULL, check=True,
                              stdout=subprocess.PIPE).stdout.decode()

    def start(self, command):
        self.call("new-session", "-d", "-x", str(WIDTH), "-y", str(HEIGHT), command)

    def look(self):
        screen = self.call("capture-pane", "-e", "-p", "-N")
        if not self.frames or self.frames[-1][1] != screen:
            self.frames.append((time.monotonic(), screen))
        return re.sub(r"\x1b\[[0-9;]*m", "", screen)

    def until(self, pattern, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if re.search(pattern, self.look()):
                return
            time.sleep(EVERY_S)
        sys.exit("the screen never showed %s:\n%s" % (pattern, self.look()))

    def watch(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(EVERY_S)

    def key(self, *keys):
        self.call("send-keys", *keys)
        time.sleep(EVERY_S)
        self.look()


def play(leakscan, folder):
    """The story of the film; returns its pictures, how many of them are slow, and a still."""
    for name, text in (("dl.py", APP), ("curl", CURL), ("record.py", RECORD)):
        path = os.path.join(folder, name)
        with open(path, "w") as f:
            f.write(text)
        os.chmod(path, 0o755)
    env = dict(os.environ, PATH=folder + ":" + os.environ["PATH"])
    os.symlink("/usr/bin/python3", os.path.join(folder, "python3"))
    app = subprocess.Popen(["python3", "dl.py"], executable="/usr/bin/python3", cwd=folder, env=env,
                           start_new_session=True, stdin=subprocess.DEVNULL)
    t = Terminal(folder)
    try:
        t.start("TERM=tmux-256color exec %s top -p %d -d 1" % (leakscan, app.pid))
        t.until(r"LS101")
        t.until(r"LS201")
        t.until(r"WARN|CRIT")
        t.watch(1)
        soon = len(t.frames)        # until here nothing is done but waiting
        t.watch(3)
        still = t.frames[-1][1]
        t.key("e")
        t.watch(2.6)
        t.key("Escape")
        choose(t, "LS101")
        t.watch(2)
        t.key("k")
        t.until(r"the plan")
        t.watch(2.5)
        t.key("Enter")
        t.until(r"what became of it")
        t.watch(3)
        t.key("Escape")
        t.watch(1.5)
        t.key("t")
        t.watch(3.5)
        return t.frames, soon, still
    finally:
        subprocess.run(t.base + ["kill-server"], stderr=subprocess.DEVNULL)
        for pid in session(app.pid):
            os.kill(pid, signal.SIGKILL)
        app.wait()


def session(sid):
    """Whoever is still in the session of the app: nobody else is ours to end."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, "rb") as f:
                if int(f.read().rpartition(b")")[2].split()[3]) == sid:
                    yield int(name)
        except OSError:
            pass


def choose(t, what):
    """Goes down to the row of that finding."""
    t.key("Home")
    for _ in range(12):
        row = [line for line in t.look().splitlines() if line.startswith("▸")]
        if row and what in row[0]:
            return
        t.key("Down")
        t.watch(0.3)


# --- from a screen to cells ------------------------------------------------------------------

BASE = ["#1b2130", "#e06c75", "#7fbf7a", "#e0b45c", "#6ea6e8", "#c08adf", "#4fb8c8", "#cdd3de",
        "#5c6675", "#f08080", "#98d493", "#f0c674", "#8abdf5", "#d3a3ee", "#70d0de", "#ffffff"]


def colour(n):
    if n < 16:
        return BASE[n]
    if n >= 232:
        return "#%02x%02x%02x" % ((8 + 10 * (n - 232),) * 3)
    n -= 16
    return "#%02x%02x%02x" % tuple(0 if v == 0 else 55 + 40 * v for v in (n // 36, n // 6 % 6, n % 6))


class Style:
    def __init__(self):
        self.fg = self.bg = None
        self.bold = self.dim = self.under = self.reverse = False

    def take(self, codes):
        codes = [int(c or 0) for c in codes.split(";")]
        while codes:
            c = codes.pop(0)
            if c == 0:
                self.__init__()
            elif c in (1, 2, 4, 7):
                setattr(self, {1: "bold", 2: "dim", 4: "under", 7: "reverse"}[c], True)
            elif c == 22:
                self.bold = self.dim = False
            elif c == 24:
                self.under = False
            elif c == 27:
                self.reverse = False
            elif c in (38, 48):
                codes.pop(0)
                setattr(self, "fg" if c == 38 else "bg", colour(codes.pop(0)))
            elif c in (39, 49):
                setattr(self, "fg" if c == 39 else "bg", None)
            elif 30 <= c <= 37 or 90 <= c <= 97:
                self.fg = colour(c - 30 if c < 90 else c - 82)
            elif 40 <= c <= 47:
                self.bg = colour(c - 40)

    def key(self):
        fg, bg = self.fg or FORE, self.bg
        if self.reverse:
            fg, bg = bg or BACK, fg
        return fg, bg, self.bold, self.dim, self.under


def rows_of(screen):
    style, rows = Style(), []
    for line in screen.rstrip("\n").split("\n"):
        row = []
        for codes, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
            if text:
                row += [(ch, style.key()) for ch in text]
            else:
                style.take(codes)
        rows.append(row[:WIDTH])
    return rows[:HEIGHT]


# --- from cells to shapes --------------------------------------------------------------------

BLOCKS = "▁▂▃▄▅▆▇█"
# to which sides a line goes, in light: left right up down
LINES = {"─": "lr", "━": "LR", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud",
         "┤": "lud", "┬": "lrd", "┴": "lru", "┼": "lrud", "╭": "rd", "╮": "ld", "╰": "ru", "╯": "lu"}


def number(x):
    return ("%.1f" % x).rstrip("0").rstrip(".")


def shape(ch, x):
    """An SVG path in a row whose top is 0; None for what is text."""
    if ch in BLOCKS:
        height = CELL_H * 0.76 * (BLOCKS.index(ch) + 1) / 8
        return "M%s %sh%sv%sh-%sz" % (number(x + 0.4), number(CELL_H * 0.86 - height), number(CELL_W - 0.8),
                                      number(height), number(CELL_W - 0.8))
    if ch not in LINES:
        return None
    mx, my, out = x + CELL_W / 2, CELL_H / 2, ""
    for side in LINES[ch]:
        thick = 4 if side.isupper() else 1.2
        x0, x1, y0, y1 = {"l": (x, mx + 0.6, my, my), "r": (mx - 0.6, x + CELL_W, my, my),
                          "u": (mx, mx, 0, my + 0.6), "d": (mx, mx, my - 0.6, CELL_H)}[side.lower()]
        if y0 == y1:
            out += "M%s %sh%sv%sh-%sz" % (number(x0), number(my - thick / 2), number(x1 - x0), number(thick),
                                          number(x1 - x0))
        else:
            out += "M%s %sv%sh%sv-%sz" % (number(mx - thick / 2), number(y0), number(y1 - y0), number(thick),
                                          number(y1 - y0))
    return out


class Sheet:
    """Rows, each kept once, and the classes of their colours."""

    def __init__(self):
        self.rows, self.classes = {}, {}

    def css(self, rule):
        return self.classes.setdefault(rule, "c%d" % len(self.classes))

    def text_class(self, style):
        fg, _, bold, dim, under = style
        return self.css("fill:%s%s%s%s" % (fg, ";font-weight:700" if bold else "", ";opacity:.6" if dim else "",
                                            ";text-decoration:underline" if under else ""))

    def row(self, cells):
        """The SVG of a row of cells."""
        out, i = [], 0
        while i < len(cells):                   # what is behind
            bg, start = cells[i][1][1], i
            while i < len(cells) and cells[i][1][1] == bg:
                i += 1
            if bg:
                out.append('<rect x="%s" width="%s" height="%s" class="%s"/>' %
                           (number(start * CELL_W), number((i - start) * CELL_W), CELL_H, self.css("fill:" + bg)))
        i = 0
        while i < len(cells):
            ch, style = cells[i]
            start = i
            path = shape(ch, i * CELL_W)
            if path:
                while i < len(cells) and cells[i][1] == style and shape(cells[i][0], 0):
                    path = path if i == start else path + shape(cells[i][0], i * CELL_W)
                    i += 1
                out.append('<path d="%s" class="%s"/>' % (path, self.text_class(style)))
                continue
            while i < len(cells) and cells[i][1] == style and not shape(cells[i][0], 0):
                i += 1
            text = "".join(c for c, _ in cells[start:i])
            lead = len(text) - len(text.lstrip())
            text = text.strip()
            if text:
                out.append('<text x="%s" y="13.4" textLength="%s" class="%s">%s</text>' %
                           (number((start + lead) * CELL_W), number(len(text) * CELL_W), self.text_class(style),
                            html.escape(text, quote=False)))
        return "".join(out)

    def frame(self, screen):
        """Uses of the rows, which are in the definitions."""
        out = []
        for y, cells in enumerate(rows_of(screen)):
            svg = self.row(cells)
            if svg:
                name = self.rows.setdefault(svg, "r%d" % len(self.rows))
                out.append('<use href="#%s" y="%d"/>' % (name, y * CELL_H))
        return "".join(out)

    def defs(self):
        return "<defs>%s</defs>" % "".join('<g id="%s">%s</g>' % (name, svg) for svg, name in self.rows.items())

    def style(self):
        return "text{white-space:pre}" + "".join(".%s{%s}" % (name, rule) for rule, name in self.classes.items())


def window(body, style, title):
    inner_w, inner_h = WIDTH * CELL_W, HEIGHT * CELL_H
    width, height = inner_w + 2 * PAD, inner_h + BAR + PAD
    dots = "".join('<circle cx="%d" cy="17" r="5.5" fill="%s"/>' % (22 + 20 * i, c)
                   for i, c in enumerate(("#e06c75", "#e0b45c", "#7fbf7a")))
    return ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" '
            'font-family="%s" font-size="14" role="img" aria-label="%s"><style>%s</style>'
            '<rect width="100%%" height="100%%" rx="10" fill="%s"/>'
            '<rect x=".5" y=".5" width="%s" height="%s" rx="9.5" fill="none" stroke="#2b3342"/>%s'
            '<text x="50%%" y="22" text-anchor="middle" font-size="13" fill="#7c8698">%s</text>'
            '<svg x="%d" y="%d" width="%s" height="%s">%s</svg></svg>\n' %
            (number(width), number(height), number(width), number(height), html.escape(FONT), html.escape(title), style,
             BACK, number(width - 1), number(height - 1), dots, html.escape(title), PAD, BAR, number(inner_w), number(inner_h), body))


def still(screen, title):
    sheet = Sheet()
    body = sheet.frame(screen)
    return window(sheet.defs() + body, sheet.style(), title)


def film(frames, soon, title):
    """All pictures side by side on a strip that moves on by one, at their times."""
    sheet, step = Sheet(), WIDTH * CELL_W + 40
    lasts = [min(FAST_S if i < soon else SLOWEST_S, b[0] - a[0])
             for i, (a, b) in enumerate(zip(frames, frames[1:]))] + [LAST_S]
    total = sum(lasts)
    strip, keys, at = [], [], 0.0
    for i, ((_, screen), last) in enumerate(zip(frames, lasts)):
        strip.append('<g transform="translate(%s)">%s</g>' % (number(i * step), sheet.frame(screen)))
        keys.append("%.2f%%{transform:translateX(-%spx)}" % (100 * at / total, number(i * step)))
        at += last
    style = (sheet.style() + "@keyframes film{%s}.film{animation:film %.1fs steps(1,end) infinite}" %
             ("".join(keys), total))
    return window(sheet.defs() + '<g class="film">%s</g>' % "".join(strip), style, title)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if not shutil.which("tmux"):
        sys.exit("pictures.py: there is no tmux")
    if os.geteuid() == 0 and os.environ.get(INNER) != "1":
        # nobody else in the picture; the shell is the init of that namespace, and reaps
        os.execvp("unshare", ["unshare", "-pf", "--kill-child", "--mount-proc", "env", INNER + "=1", "sh", "-c",
                              '"$@" & wait $!', "sh", sys.executable] + sys.argv)
    where = sys.argv[2] if len(sys.argv) > 2 else os.path.dirname(os.path.abspath(__file__))
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in ("NO_COLOR", "CLICOLOR_FORCE"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as folder:
        frames, soon, one = play(os.path.abspath(sys.argv[1]), folder)
    for name, svg in (("top.svg", still(one, "leakscan top")),
                      ("leakscan.svg", film(frames, soon, "leakscan top"))):
        with open(os.path.join(where, name), "w") as f:
            f.write(svg)
        print("%s: %d bytes" % (name, len(svg)))


main()
