#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The same app, fixed: the same exception, but the download ends with the app.

usage: fixed.py URL FILE
"""
import os
import subprocess
import sys

DOWNLOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "download.py")


def show(line):
    """Turns '7% 2240 KiB of 32768 KiB' into a bar. Any other line is a surprise."""
    percent, rest = line.split("%")
    bar = "#" * (int(percent) // 5)
    print(f"[{bar:<20}] {rest.strip()}", flush=True)


def main(url, path):
    process = subprocess.Popen(
        [sys.executable, DOWNLOAD, url, path],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    print(f"started the download, process {process.pid}", flush=True)

    try:
        for line in process.stdout:
            show(line)
        return process.wait()
    finally:
        process.stdout.close()             # our end of the pipe
        if process.poll() is None:         # still running?
            process.terminate()            # ask it to end: SIGTERM
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()             # it did not: SIGKILL
                process.wait()             # and leave no zombie


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
