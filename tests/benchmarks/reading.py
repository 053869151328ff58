"""Reads messages with a model, in Rasa's own way, a line at a time; runs in the Rasa world.

    python -m tests.benchmarks.reading MODEL

A JSON string a line comes in; the milliseconds it took go out, and those of the processor.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import time

from rasa.core.agent import Agent
from rasa.utils.log_utils import configure_structlog


async def main() -> None:
    # Rasa speaks on standard output too: it is sent elsewhere, and ours kept for the figures.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    # As a server has it: what nobody reads is not written.
    configure_structlog(logging.INFO)
    logging.disable(logging.DEBUG)
    agent = Agent.load(sys.argv[1])
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        began, used = time.perf_counter(), time.process_time()
        await agent.parse_message(text)
        taken, spent = time.perf_counter() - began, time.process_time() - used
        print(1000 * taken, 1000 * spent, file=out, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
