#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The app, with the bug: an exception in the loop loses the running download.

usage: leaky.py URL FILE
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

    for line in process.stdout:    # an exception in here ...
        show(line)

    return process.wait()          # ... and this is never reached


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
