#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What leakscan costs, as ratios to a raw floor and to the programs it stands beside, on
populations that popgen makes. `make bench` writes doc/BENCHMARKS.md with it, `make
bench-quick` prints a small table and says in TAP whether anything is broken; never
whether anything is slow.
"""
import argparse
import contextlib
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
import report
import tools

HERE = os.path.dirname(os.path.abspath(__file__))
CANNOT = 77                             # popgen: no namespaces here
SIZES = "1000x10,10000x10,30000x10,1000x100,10000x100,1000x10c"
PID_MAX = "/proc/sys/kernel/pid_max"
QUICK = ["floor-ident", "floor-counts", "floor-links", "walk-counts", "walk-fds", "walk-counts-bpf", "walk-fds-bpf",
         "scan", "scan-procfs", "scan-bpf", "scan-pid", "check", "holders", "ps", "pgrep", "lsof", "ss", "psutil",
         "check_procs"]


def log(text):
    print("bench: " + text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def pids_for(n):
    """The machine's pid_max bounds every namespace's. Raised for as long as it takes."""
    with open(PID_MAX) as f:
        before = int(f.read())
    running = sum(name.isdigit() for name in os.listdir("/proc"))
    need = n + running + 2000
    if need <= before or os.geteuid() != 0:
        yield
        return
    log("raising %s from %d to %d for this population" % (PID_MAX, before, need))
    try:
        with open(PID_MAX, "w") as f:
            f.write("%d" % need)
    except OSError as e:
        log("cannot: %s" % e)
        yield
        return
    try:
        yield
    finally:
        with open(PID_MAX, "w") as f:
            f.write("%d" % before)
        log("%s is %d again" % (PID_MAX, before))


def population(args, spec, n, fds):
    """What was measured in a population of n processes with so many descriptors each, or
    (status, what popgen said)."""
    spec_path, out_path = (os.path.join(spec["tmp"], name) for name in ("spec.json", "out.json"))
    with open(spec_path, "w") as f:
        json.dump(spec, f)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(out_path)
    log("making %d processes with %d descriptors each" % (n, fds))
    begin = time.monotonic()
    with pids_for(n):
        done = subprocess.run(
            [os.path.join(args.build, "tests/bench/popgen"), "-n", str(n), "-f", str(fds)] +
            ["-c"] * spec["one_stderr"] +
            ["--", sys.executable, os.path.join(HERE, "measure.py"), spec_path, out_path],
            stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=subprocess.PIPE if args.quick else None, text=True)
    log("%d x %d took %d s" % (n, fds, time.monotonic() - begin))
    if done.returncode != 0:
        return done.returncode, (done.stderr or "").strip()
    with open(out_path) as f:
        return 0, json.load(f)


def machine():
    with open("/proc/meminfo") as f:
        kib = int(f.readline().split()[1])
    return {"cpus": os.cpu_count(), "kernel": platform.release(), "arch": platform.machine(),
            "memory_gib": round(kib / (1 << 20)), "root": os.geteuid() == 0, "load": os.getloadavg()[0],
            "day": time.strftime("%Y-%m-%d", time.gmtime())}


def full(args, tmp):
    got = {"machine": machine(), "versions": tools.versions(), "populations": [], "refused": [],
           "rounds": args.rounds}
    begin = time.monotonic()
    for n, cell in enumerate(args.sizes.split(",")):
        processes, fds = map(int, cell.rstrip("c").split("x"))
        one_stderr = cell.endswith("c")
        spec = {"build": args.build, "tmp": tmp, "keys": None, "one_stderr": one_stderr,
                "rounds": args.rounds, "budget_s": args.budget,
                "memory": True, "syscalls": processes * fds <= 10000, "starts": 20 if n == 0 else 0,
                "screens": 0 if fds > 10 or one_stderr else 8, "screen_limit_s": 60}
        status, out = population(args, spec, processes, fds)
        if status != 0:
            log("%s: popgen or the measuring failed with status %d" % (cell, status))
            got["refused"].append((cell, status))
            continue
        got["populations"].append(out)
    got["machine"]["load_after"] = os.getloadavg()[0]
    got["took_s"] = time.monotonic() - begin
    if args.json:
        with open(args.json, "w") as f:
            json.dump(got, f)
    return got


def quick(args, tmp):
    """TAP, with the table as its comments."""
    spec = {"build": args.build, "tmp": tmp, "keys": QUICK, "one_stderr": False, "rounds": 3, "budget_s": 3, "memory": False,
            "syscalls": False, "starts": 5, "screens": 0}
    status, out = population(args, spec, 1000, 10)
    print("1..1")
    name = "what leakscan finds among a thousand processes, and its figures"
    if status == CANNOT:
        print("ok 1 - %s # SKIP %s" % (name, out))
        return 0
    broken = ["status %d: %s" % (status, out)] if status != 0 else out["broken"]
    if status == 0:
        for line in report.quick_table(out):
            print("# " + line)
    print("%s 1 - %s" % ("not ok" if broken else "ok", name))
    for line in broken:
        print("# " + line.replace("\n", "\n# "))
    return 1 if broken else 0


def options():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--build", required=True, help="the build directory")
    p.add_argument("--output", help="the Markdown to write; default: stdout")
    p.add_argument("--sizes", default=SIZES, help="PROCESSESxDESCRIPTORS,..., c: one stderr (%(default)s)")
    p.add_argument("--rounds", type=int, default=7, help="of all tools, in shuffled order (%(default)s)")
    p.add_argument("--budget", type=int, default=40,
                   help="seconds after which a tool rests, per population (%(default)s)")
    p.add_argument("--json", help="also keep the raw figures here")
    p.add_argument("--from-json", help="write the Markdown of these figures, measure nothing")
    p.add_argument("--quick", action="store_true", help="a minute at most, TAP on stdout")
    return p.parse_args()


def write(args, got):
    text = report.markdown(got)
    if not args.output:
        sys.stdout.write(text)
        return
    with open(args.output + ".new", "w") as f:
        f.write(text)
    os.rename(args.output + ".new", args.output)


def main():
    args = options()
    args.build = os.path.abspath(args.build)
    # so that `finally` is run, and pid_max comes back
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if args.from_json:
        with open(args.from_json) as f:
            write(args, json.load(f))
        return 0
    tmp = tempfile.mkdtemp(prefix="leakscan-bench-")
    os.chmod(tmp, 0o755)
    try:
        if args.quick:
            return quick(args, tmp)
        got = full(args, tmp)
        write(args, got)
        for line in [b for p in got["populations"] for b in p["broken"]]:
            log("broken: " + line)
        return 1 if any(p["broken"] for p in got["populations"]) or not got["populations"] else 0
    finally:
        shutil.rmtree(tmp, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
