# SPDX-License-Identifier: GPL-2.0-or-later
"""What was to be reached, and whether it was, by the figures alone."""
import statistics

MOST, LEAST = "at most", "at least"


def cost(p, key):
    """Median of CPU time in us, or None."""
    f = p["figures"].get(key)
    return statistics.median(f["cpu_us"]) if f and f["cpu_us"] and not f["failed"] else None


def ratio(p, key, base):
    mine, other = cost(p, key), cost(p, base)
    return mine / other if mine and other else None


def fewest(p, key, base):
    """How many times base costs what key costs."""
    return ratio(p, base, key)


def refresh(p, key, base):
    """One refresh of a dashboard, to a program or to another dashboard."""
    screens = p.get("screens", {})
    mine = screens.get(key, {}).get("cpu_us")
    other = screens[base].get("cpu_us") if base in screens else [cost(p, base)]
    return mine[0] / other[0] if mine and other and other[0] else None


def peak(p, key, _):
    """MiB of all its processes at once."""
    f = p["figures"].get(key)
    return f["all_kib"] / 1024 if f and "all_kib" in f and not f["failed"] else None


# what, how it is computed from (key, base), which way, how much, in which population
GOALS = [
    ("identity and count of every process, without privileges, to the floor for the same facts",
     ratio, "walk-counts-nobody", "floor-counts-nobody", MOST, 1.15, (10000, 10)),
    ("identity and count of every process, to that `ps`", ratio, "walk-counts", "ps", MOST, 0.25, (10000, 10)),
    ("`--pid` of an application of 50, to the floor's identity and count of all",
     ratio, "scan-pid", "floor-counts", MOST, 0.10, (10000, 10)),
    ("a refresh of the dashboard without BPF, to that `ps`", refresh, "dash-procfs", "ps", MOST, 0.10, (10000, 10)),
    ("a refresh of the dashboard with BPF, to that `ps`", refresh, "dash-bpf", "ps", MOST, 0.03, (10000, 10)),
    ("a refresh of the dashboard without BPF, to htop's", refresh, "dash-procfs", "htop", MOST, 0.20, (10000, 10)),
    ("all descriptor tables without BPF, faster than `lsof -n -P -w`", fewest, "walk-fds", "lsof", LEAST, 5,
     (10000, 10)),
    ("`scan --all` with BPF, every pipe joined and judged, faster than `lsof -n -P -w`", fewest, "scan-bpf", "lsof",
     LEAST, 40, (10000, 10)),
    ("`scan --all` with BPF, faster than `lsof -n -P -w -E`", fewest, "scan-bpf", "lsof-E", LEAST, 100, (1000, 10)),
    ("the same where all have one stderr", fewest, "scan-bpf", "lsof-E", LEAST, 100, (1000, 10, True)),
    ("`scan --all` with BPF, to the floor for the same facts", ratio, "scan-bpf", "floor-links", MOST, 0.20,
     (10000, 10)),
    ("peak memory of `scan --all` without BPF, MiB", peak, "scan-procfs", None, MOST, 48, (30000, 10)),
    ("peak memory of `scan --all` with BPF, MiB", peak, "scan-bpf", None, MOST, 48, (30000, 10)),
]

# Where a build or a machine cannot choose its source, what it takes by itself is the same.
STAND_INS = {"dash-procfs": "dash-auto", "scan-procfs": "scan", "walk-counts-nobody": "walk-counts",
             "floor-counts-nobody": "floor-counts"}


def number(x):
    return "%.3f" % x if x < 0.1 else "%.2f" % x if x < 10 else "%.0f" % x


def stood_in(p, key):
    have = p["figures"].keys() | {k for k, s in p.get("screens", {}).items() if s["screens"]}
    return STAND_INS.get(key, key) if key not in have else key


def row(got, goal):
    what, how, key, base, way, limit, size = goal
    asked = "%s %g" % (way, limit)
    where = "%s x %d" % (format(size[0], ","), size[1])
    p = next((p for p in got["populations"]
              if (p["processes"], p["fds"], p["one_stderr"]) == (size + (False,))[:3]), None)
    if not p:
        return [what, asked, where, "-", "no such population in this run"]
    mine, other = stood_in(p, key), stood_in(p, base)
    x = how(p, mine, other)
    if x is None:
        why = next((p["missing"][k] for k in (mine, other) if k in p["missing"]), "no figure")
        return [what, asked, where, "-", "not measured: " + why]
    reached = x <= limit if way == MOST else x >= limit
    over = p["figures"].get(other, {}).get("timed_out") and how is fewest
    return [what, asked, where, (">" if over else "") + number(x), "reached" if reached else "**not reached**"]


def section(got):
    rows = [row(got, goal) for goal in GOALS]
    head = ["what", "asked", "processes x descriptors", "measured", ""]
    lines = ["## What was to be reached, and what was measured", "",
             "\"That `ps`\" is `ps -e -o pid,ppid,pgid,sid,stat,lstart,comm`.", ""]
    widths = ["---", "--:", "--:", "--:", "---"]
    return lines + ["| " + " | ".join(r) + " |" for r in [head, widths] + rows] + [""]
