# SPDX-License-Identifier: GPL-2.0-or-later
"""Figures into tables. Only ratios, of medians that were measured interleaved on one
population: a time says more about a machine than about a program.
"""
import statistics

import goals
from goals import cost, ratio

FLOORS = {"ident": "floor-ident", "counts": "floor-counts", "links": "floor-links"}
FACTS = {"ident": "identity", "counts": "identity, number of descriptors", "links": "every descriptor"}


def number(x):
    """Two digits that mean something."""
    if x is None:
        return "-"
    if x >= 9.95:
        return "%.0f" % x
    return "%.1f" % x if x >= 0.95 else "%.2f" % x if x >= 0.095 else "%.3f" % x


def mib(kib):
    return "%.1f" % (kib / 1024) if kib < 10240 else "%.0f" % (kib / 1024)


def spread(figures):
    """Half of what lies between the quartiles, in percent of the median."""
    runs = figures["cpu_us"]
    if len(runs) < 4:
        return "%d runs" % len(runs) if len(runs) > 1 else "1 run"
    low, middle, high = statistics.quantiles(runs, n=4)
    return "%.0f %%" % (50 * (high - low) / middle if middle else 0)


def table(head, rows):
    widths = ["---"] + ["--:"] * (len(head) - 1)
    return ["| " + " | ".join(row) + " |" for row in [head, widths] + rows] + [""]


def name_of(p):
    return "%s processes x %d%s" % (format(p["processes"], ","), p["fds"], " (one stderr)" if p["one_stderr"] else "")


def shown(p, key):
    label = p["labels"][key]
    return "**%s**" % label if key in FLOORS.values() else label


def why_none(p, key):
    """Why there is no figure; None: there is one."""
    if key in p["missing"]:
        return p["missing"][key]
    if key in p["skipped"]:
        return p["skipped"][key]
    f = p["figures"].get(key)
    if f and f["timed_out"]:
        return "did not end in %d s" % round(max(f["wall_us"]) / 1e6)
    if f and f["failed"]:
        return "failed with status %d" % f["status"]
    return None if f else "not asked"


def tool_rows(p):
    rows = []
    for key, level in p["levels"].items():
        why = why_none(p, key)
        f = p["figures"].get(key)
        if not f:
            rows.append([shown(p, key), FACTS[level], why, "", "", "", ""])
            continue
        over = ">" if f["timed_out"] else ""
        rows.append([shown(p, key), FACTS[level], over + number(ratio(p, key, FLOORS[level])),
                     over + number(ratio(p, key, "scan")), mib(f["largest_kib"]),
                     mib(f["all_kib"]) if "all_kib" in f else "-", why or spread(f)])
    return rows


def tools_section(got):
    lines = ["## Every program on the same population", "",
             "CPU time of one run, as a multiple of the floor that gives the same kind of facts, and of `leakscan scan",
             "--all`. Peak memory in MiB: of the largest process, and of all its processes at once. The last column says",
             "how far the middle half of the runs lies from the median, or why there is no figure.", ""]
    for p in got["populations"]:
        lines += ["### %s" % name_of(p), ""]
        lines += table(["program", "facts", "x floor", "x scan", "MiB", "MiB, all", "spread"], tool_rows(p))
    return lines


def syscalls_section(got):
    p = next((p for p in got["populations"] if any(f.get("syscalls") for f in p["figures"].values())), None)
    if not p:
        return ["## System calls", "", "Not counted: there is no strace here.", ""]
    rows = [[shown(p, key), number(f["syscalls"] / p["processes"])]
            for key, f in p["figures"].items() if f.get("syscalls")]
    return ["## System calls for each process", "",
            "By `strace -f -c`, in a run of its own; %s." % name_of(p), ""] + \
        table(["program", "calls"], rows)


def growth_section(got):
    """Rows of what costs, relative to the floor and to the smallest population."""
    ps = got["populations"]
    keys = ["walk-counts", "walk-fds", "scan", "scan-procfs", "scan-bpf", "scan-pid", "check", "ps", "lsof", "lsfd",
            "ss"]
    head = ["program"] + [name_of(p).replace(" processes", "") for p in ps]
    to_floor, to_first = [], []
    for key in keys:
        with_figures = [p for p in ps if key in p["figures"]]
        if not with_figures:
            continue
        first = with_figures[0]
        to_floor.append([shown(first, key)] + [number(ratio(p, key, "floor-counts")) for p in ps])
        base = cost(first, key)
        to_first.append([shown(first, key)] +
                        [number(cost(p, key) / base) if base and cost(p, key) else "-" for p in ps])
    floors = [["**%s**" % ps[0]["labels"][key]] + [number(ratio(p, key, "floor-counts")) for p in ps]
              for key in FLOORS.values() if key in ps[0]["labels"]]
    return ["## As the machine and its descriptors grow", "",
            "Each as a multiple of `floor counts` (who is there, and how many descriptors each has) in the same",
            "population:", ""] + table(head, floors + to_floor) + \
        ["Each as a multiple of itself in the first of them; these were not measured at the same time, so less exact:",
         ""] + table(head, to_first)


def screens_section(got):
    rows = []
    for p in got["populations"]:
        for key, s in p.get("screens", {}).items():
            if not s["screens"]:
                rows.append([name_of(p), p["labels"][key], "drew no %s" % "second screen", "", "", ""])
                continue
            own = s["cpu_us"][0]
            htop = p["screens"].get("htop", {}).get("cpu_us", [0])[0]
            rows.append([name_of(p), p["labels"][key], number(own / cost(p, "ps")) if cost(p, "ps") else "-",
                         number(own / htop) if htop else "-", number(own / cost(p, "floor-counts")),
                         "%d, %.1f s apart" % (s["screens"], s["every_s"])])
        rows += [[name_of(p), p["labels"][key], p["missing"][key], "", "", ""]
                 for key in p["missing"] if key in p["labels"] and key.startswith(("dash-", "htop", "top"))]
    return ["## One refresh of a dashboard", "",
            "CPU time of one refresh on a terminal of 120 x 40, everything that the program starts included, over the",
            "refreshes named, asked for one each second; the first two are not counted. `leakscan top` looks less often",
            "by itself where looks are dear.", ""] + \
        table(["population", "program", "x ps", "x htop", "x floor counts", "refreshes"], rows)


def check_section(got):
    rows = []
    for p in got["populations"]:
        f = p["figures"].get("check")
        if f:
            rows.append([name_of(p)] + [number(ratio(p, "check", base)) for base in
                                        ("floor-counts", "floor-links", "check_procs", "ps", "lsof")])
    return ["## `leakscan check`", "",
            "`leakscan check --all --no-state` (orphans, zombies, pipes, descriptors), CPU time as a multiple of:", ""] + \
        table(["population", "floor counts", "floor links", "check_procs -s Z", "ps", "lsof"], rows)


def starts_section(got):
    lines = ["## Starting, and `run`", ""]
    for p in got["populations"]:
        if "starts" not in p:
            continue
        base = statistics.median(p["starts"]["true"]["cpu_us"])
        wall = statistics.median(p["starts"]["true"]["wall_us"])
        rows = [[p["labels"][key], number(statistics.median(f["cpu_us"]) / base),
                 number(statistics.median(f["wall_us"]) / wall), mib(f["largest_kib"])]
                for key, f in p["starts"].items()]
        rows += [[p["labels"][key], p["missing"][key], "", ""] for key in ("tini", "timeout") if key in p["missing"]]
        lines += ["As multiples of `true`, in a population of %s:" % name_of(p), ""]
        lines += table(["program", "x CPU", "x time", "MiB"], rows)
    return lines


def machine_section(got):
    m = got["machine"]
    lines = ["## Machine", "",
             "%d CPUs (%s), %d GiB, Linux %s, %s; load %.1f before and %.1f after; %d rounds at most, %d minutes; %s." %
             (m["cpus"], m["arch"], m["memory_gib"], m["kernel"], "root" if m["root"] else "not root", m["load"],
              m["load_after"], got["rounds"], round(got["took_s"] / 60), m["day"]), ""]
    if got["versions"]:
        lines += ["Compared with: " + ", ".join("%s %s" % pair for pair in sorted(got["versions"].items())) + ".", ""]
    lines += ["The population of %s could not be made (status %d)." % pair for pair in got["refused"]]
    absent = {p["labels"].get(key, key): why for p in got["populations"] for key, why in p["missing"].items()}
    lines += ["Not here, so not compared:", ""] if absent else []
    lines += ["* %s: %s" % pair for pair in absent.items()] + [""]
    broken = [line for p in got["populations"] for line in p["broken"]]
    if broken:
        lines += ["**Broken** in this run:", ""] + ["* " + line for line in broken] + [""]
    return lines


HEAD = """<!-- SPDX-License-Identifier: GPL-2.0-or-later -->
<!-- Written by `make bench`; edit tests/bench/report.py instead. -->
# What leakscan costs

Ratios of CPU time, measured on one machine in one run, of programs that take turns on the same processes. Another
machine gives others; `make bench` (as root, half an hour; it installs nothing, `tests/bench/install.sh` can) writes
this file anew.
"""

METHOD = """## Method

`popgen` makes a population in a pid, mount and net namespace of its own: applications of 50 processes, each a session
(a root, 6 workers, leaves), 2 % orphans, 1 % zombies, and so many descriptors each: about 55 % ends of pipes, a quarter
unix sockets, the rest files, UDP sockets and eventfds. A fifth of them are ends of the root's pipes that were
inherited, and all but the root write to the log pipe of their application. "One stderr": all applications have one
pipe as stderr, as in a container. Nothing of it moves while it is measured.

All programs run there in turns, in another order each round, with their output thrown away; a program that has taken
long rests, and one that does not end is cut off and said so. The figure is the median of user and system time of the
program and all that it started and that was waited for, as wait4(2) gives it; what is left behind is waited for by
the bench, a subreaper. Memory is the kernel's own peak of the largest process, and in another run the most that all
of them had at once, shared pages counted once.

The **floor** is a program of a hundred lines, `tests/bench/floor.c`, that reads /proc in the cheapest way known to us
and does nothing with it: `ident` the identity of each process, `counts` also how many descriptors it has, `links` what
each of them is. Nothing is joined, judged or printed. "leakscan's walk" is the same facts by leakscan's library.
"""

CAVEATS = """## What these figures are not

* lsof and lsfd also print what is mapped, working directories and names of sockets; `ps` prints command names and
  dates; leakscan joins and judges. They answer different questions, so a ratio says what a look costs, not which
  program is better.
* A system call on a virtual machine costs several times what it costs elsewhere, so everything that reads /proc looks
  worse here than on bare metal, next to BPF.
* The population sleeps: nothing is born or dies while it is looked at, and its processes have few mappings.
* A first look at new processes costs a third more than the next, for the kernel makes its inodes then; each population
  is looked at once before anything counts.
"""


def markdown(got):
    lines = [HEAD] + goals.section(got) + [METHOD] + machine_section(got) + tools_section(got) + syscalls_section(got)
    if got["populations"]:
        lines += growth_section(got) + screens_section(got) + check_section(got) + starts_section(got)
    return "\n".join(lines + [CAVEATS]).rstrip() + "\n"


def quick_table(out):
    """For people who read CI's output."""
    lines = ["%s descriptors; CPU time as a multiple of the floor for the same facts" % name_of(out),
             "%-62s %-7s %9s %9s %7s" % ("", "facts", "x floor", "x ps", "MiB")]
    for key, level in out["levels"].items():
        f = out["figures"].get(key)
        why = why_none(out, key)
        if why:
            lines.append("%-62s %-7s %s" % (out["labels"][key], level, why))
        else:
            lines.append("%-62s %-7s %9s %9s %7s" %
                         (out["labels"][key], level, number(ratio(out, key, FLOORS[level])),
                          number(ratio(out, key, "ps")), mib(f["largest_kib"])))
    base = statistics.median(out["starts"]["true"]["cpu_us"])
    lines.append("starting, as a multiple of true: " +
                 ", ".join("%s %s" % (out["labels"][key], number(statistics.median(f["cpu_us"]) / base))
                           for key, f in out["starts"].items() if key != "true"))
    return lines
