"""A process for the supervisor's tests: an HTTP server that does as it is told.

`python misbehaving.py PORT [--ready-after SECONDS] [--exit-at-once] [--with-child FILE]
[--deaf]`. `--with-child` starts a grandchild and writes its pid; `--deaf` ignores SIGTERM.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("--ready-after", type=float, default=0.0)
parser.add_argument("--exit-at-once", action="store_true")
parser.add_argument("--with-child", type=Path)
parser.add_argument("--deaf", action="store_true")
options = parser.parse_args()

print('{"event": "started", "level": "info"}', flush=True)
if options.exit_at_once:
    print("ERROR: as told", flush=True)
    sys.exit(3)
if options.deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if options.with_child:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    options.with_child.write_text(str(child.pid))

ready = threading.Event()
threading.Timer(options.ready_after, ready.set).start()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if ready.is_set() else 503)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


HTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
