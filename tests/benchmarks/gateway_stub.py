"""A gateway's stub in a process of its own: answers as eSMS does, 50 ms later, and keeps the log
that lost and doubled are counted from.

    .venv/bin/python -m tests.benchmarks.gateway_stub [--latency 0.05]

It speaks just enough HTTP for one client, on bare sockets: at thousands of requests a second on two
cores a framework's server would be what is measured. Prints its port, then serves until killed.
`GET /log` tells what it has taken over: a line a request, with the moment by the monotonic clock,
which all processes of a machine share; `GET /count` how many requests there were.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import cast

import uvloop

_ACCEPTED = b'{"CodeResult":"100","CountRegenerate":0,"SMSID":"stub"}'
_ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
    + str(len(_ACCEPTED)).encode()
    + b"\r\n\r\n"
    + _ACCEPTED
)


class _Log:
    """What was taken over."""

    def __init__(self) -> None:
        self.taken: list[tuple[float, bytes]] = []
        """(moment, RequestId)."""


class _Connection(asyncio.Protocol):
    """One connection: requests one after another, each answered after the latency."""

    def __init__(self, log: _Log, latency: float) -> None:
        self._log = log
        self._latency = latency
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is no subclass of it
        self._loop = asyncio.get_running_loop()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            length = _content_length(head)
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            if head.startswith(b"GET"):
                self._tell(head)
            else:
                self._log.taken.append((time.monotonic(), _request_id(body)))
                self._loop.call_later(self._latency, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(_ANSWER)

    def _tell(self, head: bytes) -> None:
        taken = self._log.taken
        if head.startswith(b"GET /log"):
            said = b"".join(b"%.6f %s\n" % line for line in taken)
        else:
            said = str(len(taken)).encode()
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(said) + said)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line[:15].lower() == b"content-length:":
            return int(line[15:])
    return 0


def _request_id(body: bytes) -> bytes:
    _, _, rest = body.partition(b'"RequestId"')
    return rest.split(b'"', 2)[1] if rest else b""


async def _serve(latency: float) -> None:
    log = _Log()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(log, latency), "127.0.0.1", 0, backlog=2048
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--latency", type=float, default=0.05)
    uvloop.run(_serve(arguments.parse_args().latency))


if __name__ == "__main__":
    main()
