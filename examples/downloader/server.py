#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A slow web server on loopback: every GET is one long file, a little at a time.

usage: server.py [RATE_KIB_PER_SECOND [SIZE_MIB]]

Prints its port, then serves until it is ended, two minutes at most.
"""
import http.server
import os
import signal
import sys
import threading
import time

CHUNK = 16 * 1024


def end_with_the_demo():
    """Safety net: never outlive two minutes, nor the `leakscan demo` that started us.

    The demo holds the only write end of the FIFO it names; EOF there means it is over.
    """
    signal.alarm(120)
    fifo = os.environ.get("DEMO_LIFELINE")
    if not fifo:
        return
    try:
        fd = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        os._exit(0)
    os.set_blocking(fd, True)
    threading.Thread(target=lambda: os._exit(len(os.read(fd, 1))), daemon=True).start()


class SlowFile(http.server.BaseHTTPRequestHandler):
    rate = 256 * 1024
    size = 32 * 1024 * 1024

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/octet-stream")
        self.send_header("Content-Length", str(self.size))
        self.end_headers()
        try:
            for _ in range(self.size // CHUNK):
                self.wfile.write(bytes(CHUNK))
                time.sleep(CHUNK / self.rate)
        except (BrokenPipeError, ConnectionResetError):
            pass    # the client has had enough

    def log_message(self, *args):
        pass


def main():
    end_with_the_demo()
    if len(sys.argv) > 1:
        SlowFile.rate = int(sys.argv[1]) * 1024
    if len(sys.argv) > 2:
        SlowFile.size = int(sys.argv[2]) * 1024 * 1024
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowFile)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
