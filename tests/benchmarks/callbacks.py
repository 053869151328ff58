"""A provider that calls back, in a process of its own: prepared requests over a few connections.

    python -m tests.benchmarks.callbacks PORT FILE

FILE holds raw HTTP requests, each preceded by a line with its length. Bare sockets, as in
`gateway_stub`. Prints a line of JSON: seconds, and how many answers there were of each status.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter, deque
from pathlib import Path

import uvloop

CONNECTIONS = 64


def read(path: Path) -> deque[bytes]:
    """Read prepared requests."""
    data, at, found = path.read_bytes(), 0, deque[bytes]()
    while at < len(data):
        end = data.index(b"\n", at)
        length = int(data[at:end])
        found.append(data[end + 1 : end + 1 + length])
        at = end + 1 + length
    return found


async def _talk(port: int, requests: deque[bytes], answers: Counter[int]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while requests:
        writer.write(requests.popleft())
        head = await reader.readuntil(b"\r\n\r\n")
        answers[int(head.split(b" ", 2)[1])] += 1
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:" and (length := int(line[15:])):
                await reader.readexactly(length)
    writer.close()


async def _main(port: int, path: Path) -> None:
    requests, answers = read(path), Counter[int]()
    began = time.monotonic()
    await asyncio.gather(*(_talk(port, requests, answers) for _ in range(CONNECTIONS)))
    print(json.dumps({"seconds": time.monotonic() - began, "answers": answers}))


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), Path(sys.argv[2])))
