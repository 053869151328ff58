"""Reads messages with a model, in Rasa's own way, a line at a time; runs in the Rasa world.

    python -m tests.benchmarks.reading MODEL

A JSON string a line comes in, the milliseconds it took go out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from rasa.core.agent import Agent


async def main() -> None:
    agent = Agent.load(sys.argv[1])
    print("ready", flush=True)
    for line in sys.stdin:
        text = json.loads(line)
        began = time.perf_counter()
        await agent.parse_message(text)
        print(1000 * (time.perf_counter() - began), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
