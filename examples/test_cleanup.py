#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A test that a crash of the application leaves no child running.

For pytest, or run as it is.  `os.kill(pid, 0)` asks whether a process is there; after the
clean-up it must raise ProcessLookupError.  A zombie would still be there: so this also shows
that the child has been reaped.
"""
import os
import re
import subprocess
import sys
import textwrap

LEAKSCAN = os.environ.get("LEAKSCAN", "leakscan")

# The classic: the loop over the child's output raises, and nobody ends the child.
LEAKY_APP = textwrap.dedent("""
    import subprocess, sys
    child = subprocess.Popen(["sh", "-c", "echo progress; exec sleep 600"],
                             stdout=subprocess.PIPE, text=True)
    print("child", child.pid, flush=True)
    for line in child.stdout:
        int(line)
""")


def run_guarded(source):
    return subprocess.run([LEAKSCAN, "run", "--grace", "2s", "--", sys.executable, "-c", source],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)


def is_gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_crash_leaves_no_child():
    result = run_guarded(LEAKY_APP)
    pid = int(re.search(r"child (\d+)", result.stdout).group(1))

    assert result.returncode == 1, "the application's own failure is what counts"
    assert "ValueError" in result.stderr
    assert re.search(r"^  %d .*sleep 600" % pid, result.stderr, re.M), "the child is named"
    assert is_gone(pid)


def test_success_with_a_leak_fails():
    result = run_guarded(LEAKY_APP.replace("int(line)", "break"))
    pid = int(re.search(r"child (\d+)", result.stdout).group(1))

    assert result.returncode == 99
    assert is_gone(pid)


if __name__ == "__main__":
    test_crash_leaves_no_child()
    test_success_with_a_leak_fails()
    print("ok")
