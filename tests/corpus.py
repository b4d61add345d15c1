#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Judges the real leakscan on the corpus of leaky programs and prints TAP.

Each case directory holds a program in some language, `run` and its ground truth; the
corpus' own `runcase` starts it, scans it and proves that nothing is left, `adapt`
translates our JSON.  What a late scan cannot know (truth.json: late_evidence) is not
asked of it.  Cases build beside themselves where they can write: so we work on a copy.

Environment: CORPUS, LEAKSCAN, CORPUS_JOBS (2), CORPUS_TIMEOUT (120 s a case).
"""
import collections
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

ORPHANS = {"orphan", "runaway-orphan"}
NOT_YET = {"fd-leak", "fd-leak-static", "pipe-stuck-writer", "pipe-no-eof",
           "inherited-fd", "close-wait"}
NEGATIVE = {"clean", "intentional-daemon"}
SURE = ("strong", "exact")

Result = collections.namedtuple("Result", "name state why counts")


def kind_of(name):
    return "orphan" if name in ORPHANS else name


def attributable(truth, expect):
    """None, "found" or "sure": what may be asked of a late scan about this expectation.

    late_evidence lists the orphans by kind in the order of the EXPECT lines of that kind.
    """
    if expect["kind"] == "zombie":
        return "sure"
    if expect.get("level") == "may" or expect.get("oneshot") == "no":
        return None
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


class Case:
    def __init__(self, corpus, truth, subreaper, work, leakscan, limit):
        self.corpus, self.truth, self.subreaper = corpus, truth, subreaper
        self.work, self.leakscan, self.limit = work, leakscan, limit
        self.name = truth["id"] + (" --subreaper" if subreaper else "")

    def command(self, *argv, **kw):
        argv = [sys.executable, os.path.join(self.corpus, argv[0]), *argv[1:]]
        return subprocess.run(argv, capture_output=True, text=True, errors="replace",
                              timeout=self.limit, check=False, **kw)

    def run(self):
        counts = collections.Counter()
        try:
            state, why = self.judge(counts)
        except subprocess.TimeoutExpired:
            state, why = "fail", ["not done in %d s" % self.limit]
        except (OSError, ValueError, KeyError, TypeError) as error:
            state, why = "fail", ["%s: %s" % (type(error).__name__, error)]
        return Result(self.name, state, why, counts)

    def judge(self, counts):
        out = os.path.join(self.work, self.name.replace(" ", "") + ".json")
        scan = "'%s' --json --pid {pid}" % self.leakscan
        flags = ["--subreaper"] if self.subreaper else []
        ran = self.command("runcase", "run", self.truth["id"], "--scan", scan,
                           "--out", out, *flags, stdin=subprocess.DEVNULL)
        if ran.returncode == 77:
            lines = (ran.stdout + ran.stderr).strip().splitlines()
            return "skip", [lines[0] if lines else "the case cannot run here"]
        if ran.returncode != 0:
            return "fail", ["runcase: " + (ran.stderr or ran.stdout).strip()[-800:]]
        with open(out + ".case.json", encoding="utf-8") as file:
            record = json.load(file)
        with open(out, encoding="utf-8") as file:
            report = file.read()
        if record["scan_rc"] not in (0, 1):
            with open(out + ".err", encoding="utf-8", errors="replace") as file:
                return "fail", ["scan status %s: %s" % (record["scan_rc"],
                                                        file.read()[-500:])]
        adapted = self.command("adapt", input=report)
        if adapted.returncode != 0:
            return "fail", ["the report cannot be adapted: " + adapted.stderr[-500:]]
        findings = json.loads(adapted.stdout)["findings"]
        with open(out + ".findings.json", "w", encoding="utf-8") as file:
            file.write(adapted.stdout)
        score = self.command("runcase", "score", out + ".case.json",
                             out + ".findings.json", stdin=subprocess.DEVNULL)
        why = self.verdict(record, findings, json.loads(report), counts)
        why += ["killed by the scan: %s" % pid for pid in record["gone_after_scan"]]
        if why:
            why.append("runcase score: " + score.stdout)
        return ("fail" if why else "pass"), why

    def verdict(self, record, findings, report, counts):
        why = []
        for expect in record["expect"]:
            if expect["kind"] in NEGATIVE:
                continue
            if expect["kind"] in NOT_YET:
                counts["later", expect["kind"]] += 1
                continue
            kind, pid = kind_of(expect["kind"]), expect["pid"]
            hits = [f for f in findings if f["kind"] == kind and f["pid"] == pid]
            asked = attributable(self.truth, expect)
            said = [f["confidence"] for f in report["findings"]
                    if kind_of(f["kind"]) == kind and f["subject"]["pid"] == pid]
            firm = any(f["confidence"] != "low" for f in hits)
            counts["claimed", kind] += firm
            if expect.get("oneshot") == "no" and firm:
                why.append("claims %d, which a late scan cannot know" % pid)
            if asked is None:
                counts["unknowable", kind] += 1
                counts["bonus", kind] += firm
                continue
            counts["hit" if hits else "miss", kind] += 1
            # found, but as information or weak: `adapt` calls that no verdict
            counts["low", kind] += bool(hits) and not firm
            if not hits:
                why.append("missed %s %d (%s)" % (expect["kind"], pid, asked))
            elif asked == "sure" and not any(c in SURE for c in said):
                why.append("%s %d is only %s" % (expect["kind"], pid, said))
        allowed = {e["pid"] for e in record["expect"] if e["kind"] not in NEGATIVE}
        for finding in report["findings"]:
            pid, kind = finding["subject"]["pid"], kind_of(finding["kind"])
            if finding["severity"] != "info" and pid not in allowed:
                counts["false", kind] += 1
                why.append("accuses %d: %s" % (pid, finding["message"]))
        return why


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
    if result.state == "fail":
        for reason in result.why:
            print("# " + tap(reason))
    sys.stdout.flush()


def ratio(part, rest):
    return "%.3f" % (part / (part + rest)) if part + rest else "-"


def print_sums(total):
    """Precision: of what is claimed as a leak.  Recall: of what a late scan can know."""
    for kind in sorted({k for what, k in total if what != "later"}):
        n = collections.Counter({what: n for (what, k), n in total.items() if k == kind})
        print("# %s: precision %s (%d claimed rightly, %d falsely)" % (
            kind, ratio(n["claimed"], n["false"]), n["claimed"], n["false"]))
        print("# %s: recall %s (%d found, %d of them as information only; %d missed)" % (
            kind, ratio(n["hit"], n["miss"]), n["hit"], n["low"], n["miss"]))
        print("# %s: %d more cannot be known late, %d of them claimed all the same" % (
            kind, n["unknowable"], n["bonus"]))
    for what, kind in sorted(total):
        if what == "later":
            print("# %-18s not scored yet: %d" % (kind, total[what, kind]))


def jobs_of(corpus, work, leakscan, limit):
    for truth in cases_of(corpus):
        yield Case(corpus, truth, False, work, leakscan, limit)
        if any(e["kind"] in ORPHANS for e in truth["expect"]):
            yield Case(corpus, truth, True, work, leakscan, limit)


def main():
    corpus = os.environ.get("CORPUS", "")
    if not os.path.exists(os.path.join(corpus, "runcase")):
        print("ok 1 - corpus # SKIP no corpus at %s" % tap(corpus or "CORPUS (unset)"))
        print("1..1")
        return 0
    leakscan = os.path.abspath(os.environ.get("LEAKSCAN", "./leakscan"))
    if not os.access(leakscan, os.X_OK):
        print("Bail out! no program at %s" % leakscan)
        return 1
    workers = int(os.environ.get("CORPUS_JOBS", "2"))
    limit = int(os.environ.get("CORPUS_TIMEOUT", "120"))
    total, failed, number = collections.Counter(), 0, 0
    with tempfile.TemporaryDirectory(prefix="corpus-") as work:
        copy = os.path.join(work, "corpus")
        shutil.copytree(corpus, copy,
                        ignore=shutil.ignore_patterns(".build", "__pycache__"))
        for folder, _, _ in os.walk(copy):
            os.chmod(folder, 0o755)
        with concurrent.futures.ThreadPoolExecutor(workers) as pool:
            jobs = jobs_of(copy, work, leakscan, limit)
            for result in pool.map(Case.run, jobs):
                number += 1
                failed += result.state == "fail"
                total.update(result.counts)
                print_result(number, result)
    print("1..%d" % number)
    print_sums(total)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
