#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges the real leakscan on the corpus of leaky programs and prints TAP.

Each case directory holds a program in some language, `run` and its ground truth; the
corpus' own `runcase` starts it, scans it and proves that nothing is left, `adapt`
translates our JSON.  What a late scan cannot know (truth.json: late_evidence) is not
asked of it.  Cases build beside themselves where they can write: so we work on a copy.
Root judges all of it twice: the second time everything, the scan too, is nobody's.

A busy machine takes its time until a thread that was woken sleeps again: what is missed is
looked for again, some times, and the sums say within how many looks all was found.  A
false accusation in any of them is one.  A case that does not come to be is begun again.

Environment: CORPUS, LEAKSCAN, CORPUS_JOBS (3), CORPUS_TIMEOUT (300 s a case),
CORPUS_CASES (a regular expression).
"""
import collections
import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ORPHANS = {"orphan", "runaway-orphan"}
NEGATIVE = {"clean", "intentional-daemon"}
SURE = ("strong", "exact")
# What our kinds are called in the EXPECT lines.
CALLED = {"fd-growth": "fd-leak", "fd-multiplicity": "fd-leak-static",
          "fd-deleted": "fd-leak-static", "pidfd-stale": "fd-leak-static",
          "pipe-peerless": "fd-leak-static", "runaway-orphan": "orphan"}
# Told of descriptors, not of processes: these must be named, too.
OF_FDS = {"fd-leak", "fd-leak-static", "close-wait", "inherited-fd", "pipe-no-eof",
          "pipe-stuck-writer"}
CULPRIT = {"pipe-no-eof": "holder", "pipe-stuck-writer": "reader",
           "inherited-fd": "owner"}
STUCK_S = 6         # shorter, and the reader may only be slow
GROWTH_S = 10       # shorter, and one period of a sawtooth would be all there is to see
LOOKS_S = 40        # when this is over, no other look begins: a case lives for 120 s
SCAN_S = 60         # one look
ATTEMPTS = 3        # at making a case
NOBODY = 65534
NOBODY_PATH = "/usr/local/bin:/usr/bin:/bin"

Result = collections.namedtuple("Result", "name state why counts looks attempts")


class Trouble(Exception):
    """The case did not come to be, or did not end."""


def kind_of(name):
    return CALLED.get(name, name)


def fds_of(finding):
    one = finding.get("fd")
    return set(finding.get("fds") or []) | (set() if one is None else {one})


def watch_s(truth):
    """How long the scan must last to tell growth from its near misses; 0: one look."""
    if not truth.get("observe_s"):
        return 0
    return max(GROWTH_S, truth["observe_s"] + 1)


def attributable(truth, expect):
    """None, "found" or "sure": what may be asked of a late scan about this expectation.

    late_evidence lists the orphans by kind in the order of the EXPECT lines of that kind.
    """
    if expect.get("level") == "may" or expect.get("oneshot") == "no":
        return None
    if expect["kind"] not in ORPHANS:
        return "sure"
    session = "%s_session" % truth["app"].get("session", "own")
    rows = [r for r in truth.get("late_evidence", {}).get(session, [])
            if r["kind"] == expect["kind"]]
    if not rows:
        return None
    # several alike: what all of them have
    if all(r["late"] == "strong" for r in rows):
        return "sure"
    if all(r["late"] == "strong" or {"sid", "pgid"} & set(r["why"]) for r in rows):
        return "found"
    return None


class Place:
    """Where and as whom cases run: root (or whoever we are), or nobody."""

    def __init__(self, work, corpus, leakscan, nobody=False):
        self.work, self.corpus, self.leakscan = work, corpus, leakscan
        self.nobody = nobody
        # we are asked again, beside the corpus, and maybe by nobody
        self.script = os.path.join(work, "corpus.py")
        self.env, self.before, self.python = None, [], sys.executable
        if nobody:
            # our own python may be where nobody may not go
            self.env = dict(os.environ, PATH=NOBODY_PATH, HOME=work)
            self.python = shutil.which("python3", path=NOBODY_PATH)
            self.before = ["setpriv", "--reuid=%d" % NOBODY, "--regid=%d" % NOBODY,
                           "--clear-groups", "--inh-caps=-all", "--"]

    def usable(self):
        if not self.nobody:
            return None
        if os.geteuid():
            return "only root can become nobody"
        if not self.python or not shutil.which("setpriv"):
            return "no setpriv or no python3 for nobody"
        ran = subprocess.run(self.before + [self.leakscan, "--version"], check=False,
                             capture_output=True, env=self.env)
        return "nobody cannot run it there" if ran.returncode else None


class Case:
    def __init__(self, place, truth, subreaper, limit):
        self.place, self.truth, self.subreaper = place, truth, subreaper
        self.limit = limit
        self.name = truth["id"] + (" --subreaper" if subreaper else "")
        if place.nobody:
            self.name = "nobody " + self.name
        self.out = os.path.join(place.work, self.name.replace(" ", "") + ".json")

    def command(self, *argv, **kw):
        place = self.place
        argv = [*place.before, place.python, os.path.join(place.corpus, argv[0]),
                *argv[1:]]
        return subprocess.run(argv, capture_output=True, text=True, errors="replace",
                              timeout=self.limit, check=False, env=place.env, **kw)

    def run(self):
        attempts = 0
        while True:
            attempts += 1
            counts = collections.Counter()
            looks, again = 0, False
            try:
                state, why, looks = self.attempt(counts)
            except Trouble as trouble:
                state, why, again = "fail", [str(trouble)], True
            except subprocess.TimeoutExpired:
                state, why = "fail", ["not done in %d s" % self.limit]
            except (OSError, ValueError, KeyError, TypeError) as error:
                state, why = "fail", ["%s: %s" % (type(error).__name__, error)]
            if not again or attempts == ATTEMPTS:
                return Result(self.name, state, why, counts, looks, attempts)

    def attempt(self, counts):
        flags = ["--subreaper"] if self.subreaper else []
        if any(e["kind"] == "pipe-stuck-writer" for e in self.truth["expect"]):
            flags += ["--settle", str(STUCK_S)]
        # compilers take long on a busy machine, and the life of a case is short
        self.command("runcase", "build", self.truth["id"], stdin=subprocess.DEVNULL)
        looking = [self.place.python, self.place.script, "--look", self.place.leakscan,
                   "nobody" if self.place.nobody else "all", self.out, self.truth["id"]]
        ran = self.command("runcase", "run", self.truth["id"], "--out", self.out, "--scan",
                           shlex.join(looking) + " {pid} {expect}", "--timeout",
                           str(LOOKS_S + SCAN_S), *flags, stdin=subprocess.DEVNULL)
        if ran.returncode == 77:
            lines = (ran.stdout + ran.stderr).strip().splitlines()
            return "skip", [lines[0] if lines else "the case cannot run here"], 0
        with open(self.out + ".case.json", encoding="utf-8") as file:
            record = json.load(file)
        if record.get("scan_rc") == 0:
            with open(self.out, encoding="utf-8") as file:
                said = json.load(file)
            counts.update({(what, kind): n for what, kind, n in said["counts"]})
            why = said["why"]
            why += ["killed by the scan: %s" % pid for pid in record["gone_after_scan"]]
            if why:
                score = self.command("runcase", "score", self.out + ".case.json",
                                     self.out + ".findings.json", stdin=subprocess.DEVNULL)
                return "fail", [*why, "runcase score: " + score.stdout], said["looks"]
        elif "scan_rc" in record:
            with open(self.out + ".err", encoding="utf-8", errors="replace") as file:
                return "fail", ["looking ended with %s: %s" % (record["scan_rc"],
                                                               file.read()[-800:])], 0
        if ran.returncode != 0:
            raise Trouble("runcase: " + (ran.stderr or ran.stdout).strip()[-800:])
        return "pass", [], said["looks"]

    def look(self, pid, expected):
        """Looks until nothing is missed, or it is too late; returns what to tell of it."""
        end, looks = time.monotonic() + LOOKS_S, 0
        while True:
            looks += 1
            counts = collections.Counter()
            false, missed = self.look_once(pid, expected, counts)
            if false or not missed or time.monotonic() >= end:
                break
            time.sleep(0.5)
        return {"looks": looks, "why": false + missed,
                "counts": [[what, kind, n] for (what, kind), n in counts.items()]}

    def look_once(self, pid, expected, counts):
        scan = [self.place.leakscan, "--json", "--pid", str(pid)]
        if watch_s(self.truth):
            scan += ["--for", "%ds" % watch_s(self.truth)]
        ran = subprocess.run(scan, capture_output=True, text=True, errors="replace",
                             timeout=SCAN_S, check=False, stdin=subprocess.DEVNULL)
        # nobody may be blind, and says so
        if ran.returncode not in ((0, 1, 3) if self.place.nobody else (0, 1)):
            said = ran.stderr[-500:]
            if ran.stdout.strip():
                said += json.dumps(json.loads(ran.stdout)["coverage"])
            why = ["scan status %s: %s" % (ran.returncode, said)]
            # some of the machine was not seen in time: look again
            return ([], why) if ran.returncode == 3 else (why, [])
        adapted = subprocess.run([sys.executable, os.path.join(self.place.corpus, "adapt")],
                                 input=ran.stdout, capture_output=True, text=True,
                                 check=False)
        if adapted.returncode != 0:
            return ["the report cannot be adapted: " + adapted.stderr[-500:]], []
        with open(self.out + ".findings.json", "w", encoding="utf-8") as file:
            file.write(adapted.stdout)
        return self.verdict(expected, json.loads(adapted.stdout)["findings"],
                            json.loads(ran.stdout), counts)

    def verdict(self, expected, findings, report, counts):
        """What is claimed and is false, and what is missed."""
        false, missed = [], []
        for expect in expected:
            if expect["kind"] in OF_FDS:
                missed += self.judge_fds(expect, report["findings"], counts)
            elif expect["kind"] not in NEGATIVE:
                missed += self.judge_process(expect, findings, report["findings"], counts,
                                             false)
        allowed = {(kind_of(e["kind"]), e["pid"]) for e in expected
                   if e["kind"] not in NEGATIVE}
        for finding in report["findings"]:
            pid, kind = finding["subject"]["pid"], kind_of(finding["kind"])
            if finding["severity"] != "info" and (kind, pid) not in allowed:
                counts["false", kind] += 1
                false.append("accuses %d of %s: %s" % (pid, finding["kind"],
                                                       finding["message"]))
        return false, missed

    def judge_process(self, expect, findings, said, counts, false):
        kind, pid = kind_of(expect["kind"]), expect["pid"]
        hits = [f for f in findings if f["kind"] == kind and f["pid"] == pid]
        asked = attributable(self.truth, expect)
        said = [f["confidence"] for f in said
                if kind_of(f["kind"]) == kind and f["subject"]["pid"] == pid]
        firm = any(f["confidence"] != "low" for f in hits)
        counts["claimed", kind] += firm
        if expect.get("oneshot") == "no" and firm:
            false.append("claims %d, which a late scan cannot know" % pid)
        # what strangers have cannot be compared, so nobody is less sure
        if asked == "sure" and kind == "orphan" and self.place.nobody:
            asked = "found"
        if asked is None:
            counts["unknowable", kind] += 1
            counts["bonus", kind] += firm
            return []
        counts["hit" if hits else "miss", kind] += 1
        # found, but as information or weak: `adapt` calls that no verdict
        counts["low", kind] += bool(hits) and not firm
        if not hits:
            return ["missed %s %d (%s)" % (expect["kind"], pid, asked)]
        if asked == "sure" and not any(c in SURE for c in said):
            return ["%s %d is only %s" % (expect["kind"], pid, said)]
        return []

    def judge_fds(self, expect, said, counts):
        kind, pid = expect["kind"], expect["pid"]
        hits = [f for f in said if kind_of(f["kind"]) == kind
                and f["subject"]["pid"] == pid]
        firm = [f for f in hits if f["severity"] != "info"]
        wanted = set(expect.get("fds", []))
        named = set().union(*(fds_of(f) for f in hits)) if hits else set()
        counts["claimed", kind] += bool(firm)
        if attributable(self.truth, expect) is None:
            counts["unknowable", kind] += 1
            counts["bonus", kind] += bool(firm)
            return []
        found = bool(hits) and wanted <= named
        counts["hit" if found else "miss", kind] += 1
        counts["low", kind] += found and not firm
        if not found:
            return ["missed %s %d fd %s: %s" % (kind, pid, sorted(wanted - named),
                                                [f["message"] for f in hits])]
        # beside processes of others that cannot be read, less can be said
        unseen = any((f.get("pipe") or {}).get("uninspected") for f in hits)
        if not firm and not self.place.nobody and not unseen:
            return ["%s %d is information only: %s" % (kind, pid, hits[0]["message"])]
        culprit = expect.get(CULPRIT.get(kind))
        blamed = {f["culprit"]["pid"] for f in hits if f.get("culprit")}
        if culprit is not None and int(culprit) not in blamed:
            return ["%s %d blames %s, not %s" % (kind, pid, blamed, culprit)]
        return []


def cases_of(corpus):
    for name in sorted(os.listdir(corpus)):
        path = os.path.join(corpus, name, "truth.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                yield json.load(file)


def tap(text):
    return " ".join(str(text).split()).replace("#", "\\#")


def print_result(number, result):
    line = "ok" if result.state != "fail" else "not ok"
    line += " %d - corpus %s" % (number, tap(result.name))
    if result.state == "skip":
        line += " # SKIP " + tap(result.why[0])
    print(line)
    if result.attempts > 1:
        print("# it came to be at attempt %d" % result.attempts)
    if result.looks > 1:
        print("# after %d looks" % result.looks)
    if result.state == "fail":
        for reason in result.why:
            print("# " + tap(reason))
    sys.stdout.flush()


def ratio(part, rest):
    return "%.3f" % (part / (part + rest)) if part + rest else "-"


def print_sums(total, looks, who):
    """Precision: of what is claimed as a leak.  Recall: of what a late scan can know."""
    for kind in sorted({k for _, k in total}):
        n = collections.Counter({what: n for (what, k), n in total.items() if k == kind})
        print("# %s%s: precision %s (%d claimed rightly, %d falsely)" % (
            who, kind, ratio(n["claimed"], n["false"]), n["claimed"], n["false"]))
        print("# %s%s: recall %s within %s (%d found, %d of them as information only; "
              "%d missed)" % (
                  who, kind, ratio(n["hit"], n["miss"]),
                  "%d looks" % looks[kind] if looks[kind] > 1 else "one look",
                  n["hit"], n["low"], n["miss"]))
        if n["unknowable"]:
            print("# %s%s: %d more need not be known, %d of them claimed all the same" % (
                who, kind, n["unknowable"], n["bonus"]))


def jobs_of(place, limit):
    wanted = re.compile(os.environ.get("CORPUS_CASES", ""))
    # those that watch for long first: they would keep the others waiting at the end
    for truth in sorted(cases_of(place.corpus), key=lambda t: -watch_s(t)):
        if not wanted.search(truth["id"]):
            continue
        yield Case(place, truth, False, limit)
        if not place.nobody and any(e["kind"] in ORPHANS for e in truth["expect"]):
            yield Case(place, truth, True, limit)


def copy_of(corpus, work, with_builds):
    """A copy that everybody can read, and of us; with what has been built, or without."""
    shutil.copy(__file__, os.path.join(work, "corpus.py"))
    leave = () if with_builds else (".build",)
    copy = os.path.join(work, "corpus")
    shutil.copytree(corpus, copy, ignore=shutil.ignore_patterns("__pycache__", *leave))
    for folder, _, _ in os.walk(copy):
        os.chmod(folder, 0o755)
    return copy


def nobody_place(work, corpus, leakscan):
    """Everything nobody's: the corpus, the program, a directory to write into."""
    own = os.path.join(work, "nobody")
    os.mkdir(own)
    place = Place(own, copy_of(corpus, own, True),
                  shutil.copy(leakscan, os.path.join(own, "leakscan")), nobody=True)
    os.chmod(work, 0o755)
    if os.geteuid() == 0:
        for folder, _, files in os.walk(own):
            for name in [folder, *(os.path.join(folder, f) for f in files)]:
                os.chown(name, NOBODY, NOBODY, follow_symlinks=False)
    return place


def judge_all(place, workers, limit, number):
    """Returns the number of results so far, how many failed, the sums, and how many looks
    each kind needed."""
    total, failed, looks = collections.Counter(), 0, collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        for result in pool.map(Case.run, jobs_of(place, limit)):
            number += 1
            failed += result.state == "fail"
            total.update(result.counts)
            for _, kind in result.counts:
                looks[kind] = max(looks[kind], result.looks)
            print_result(number, result)
    return number, failed, total, looks


def look_main(leakscan, who, out, case, pid, expected):
    """What `runcase` starts as its scan: with the ids that this run of the case has."""
    here = os.path.dirname(os.path.abspath(__file__))
    place = Place(here, os.path.join(here, "corpus"), leakscan, who == "nobody")
    truth = next(t for t in cases_of(place.corpus) if t["id"] == case)
    judged = Case(place, truth, False, SCAN_S)
    judged.out = out
    json.dump(judged.look(int(pid), json.loads(expected)), sys.stdout)
    return 0


def main():
    if sys.argv[1:2] == ["--look"]:
        return look_main(*sys.argv[2:])
    corpus = os.environ.get("CORPUS", "")
    if not os.path.exists(os.path.join(corpus, "runcase")):
        print("ok 1 - corpus # SKIP no corpus at %s" % tap(corpus or "CORPUS (unset)"))
        print("1..1")
        return 0
    leakscan = os.path.abspath(os.environ.get("LEAKSCAN", "./leakscan"))
    if not os.access(leakscan, os.X_OK):
        print("Bail out! no program at %s" % leakscan)
        return 1
    workers = int(os.environ.get("CORPUS_JOBS", "3"))
    limit = int(os.environ.get("CORPUS_TIMEOUT", "300"))
    with tempfile.TemporaryDirectory(prefix="corpus-") as work:
        place = Place(work, copy_of(corpus, work, False), leakscan)
        number, failed, total, looks = judge_all(place, workers, limit, 0)
        place = nobody_place(work, place.corpus, leakscan)
        why = place.usable()
        if why:
            number += 1
            blind, blind_looks = collections.Counter(), {}
            print("ok %d - corpus nobody # SKIP %s" % (number, why))
        else:
            number, worse, blind, blind_looks = judge_all(place, workers, limit, number)
            failed += worse
    print("1..%d" % number)
    print_sums(total, looks, "")
    print_sums(blind, blind_looks, "nobody: ")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
