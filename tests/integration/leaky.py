# SPDX-License-Identifier: GPL-2.0-or-later
"""An application that leaks on command: `zombies N` forks children that end at once until it
has N that it has not waited for, `reap` waits for all. Its own name and theirs attack whoever
prints them."""
import ctypes
import os
import sys

NAME = b"a|b=9\n\x1b'\"\xff`$c"
PR_SET_NAME = 15


def rename():
    ctypes.CDLL(None).prctl(PR_SET_NAME, NAME, 0, 0, 0)


def main():
    zombies = []
    rename()
    for line in sys.stdin:
        word, _, number = line.strip().partition(" ")
        while word == "zombies" and len(zombies) < int(number):
            pid = os.fork()
            if not pid:
                rename()
                os._exit(0)
            zombies.append(pid)
        while word == "reap" and zombies:
            os.waitpid(zombies.pop(), 0)
        print("done", flush=True)


main()
