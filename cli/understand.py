"""`motcua understand`: what the bot understands, line by line, for measuring it from outside.

In: JSON lines `{"text": …}`, perhaps with `"conversation": id` where a message belongs to one. Out:
a JSON line for each. The model is asked in its own environment (`bot.parsing`); what a message
means within its conversation is `actions.understanding`'s.
"""

from __future__ import annotations

import json
import subprocess
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from actions.understanding import OTHER, Context, Parse, Understanding, understand
from cli.bootstrap import BOT
from cli.training import bot_environment, model_path
from core.settings import ROOT

CONVERSATIONS = 10_000
"""How many conversations are remembered; the one longest silent is forgotten first."""


class ParserFailed(Exception):
    """The parsing process did not start, or ended. It has said why on standard error."""


class Parser:
    """A running `bot.parsing`. Use as a context manager, so that the process ends with it."""

    def __init__(self, model: Path) -> None:
        self._process = subprocess.Popen(
            [str(BOT.python), "-m", "bot.parsing", "--model", str(model)],
            cwd=ROOT,
            env=bot_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._receive()  # {"ready": true}, once the model is loaded

    def parse(self, text: str) -> Parse:
        """Ask the model about one message. Raises `ParserFailed` where the process has ended."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"text": text}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it says why on standard error, which is ours
        return Parse.read(self._receive())

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ParserFailed(f"bot.parsing ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process:  # closes its pipes and waits: it ends when its input does
            pass


@contextmanager
def parser() -> Iterator[Parser]:
    """Run the parser with this installation's model."""
    with Parser(model_path()) as running:
        yield running


def held_out(by: str, share: float) -> Iterator[dict[str, Any]]:
    """Yield what `bot.held_out` prints: the lines of each fold with their labels and parse.

    Raises `CalledProcessError` where it fails; it has said why on standard error.
    """
    command = [str(BOT.python), "-m", "bot.held_out", "--by", by, "--share", str(share)]
    with subprocess.Popen(
        command, cwd=ROOT, env=bot_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        yield from map(json.loads, process.stdout)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)


def run(stdin: TextIO, stdout: TextIO) -> int:
    """Answer every line of `stdin`; return 0, or 1 if some line was no message.

    A bad line gets `{"error": …, "line": number}` and the rest goes on.
    """
    contexts: OrderedDict[str, Context] = OrderedDict()
    bad = 0
    with parser() as running:
        for number, line in enumerate(stdin, start=1):
            if not line.strip():
                continue
            try:
                text, conversation = _message(line)
            except ValueError as error:
                bad += 1
                answer: dict[str, Any] = {"error": str(error), "line": number}
            else:
                before = contexts.pop(conversation, Context()) if conversation else Context()
                meant, after = understand(running.parse(text), before)
                if conversation:
                    contexts[conversation] = after
                    if len(contexts) > CONVERSATIONS:
                        contexts.popitem(last=False)
                answer = as_line(text, meant)
            stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
            stdout.flush()
    return 1 if bad else 0


def as_line(text: str, meant: Understanding) -> dict[str, Any]:
    """Return an understanding as it is written out."""
    return {
        "text": text,
        "intent": meant.intent,
        "confidence": round(meant.confidence, 4),
        # A land question outside the catalogue is answered from none of it.
        "procedure": None if meant.procedure == OTHER else meant.procedure,
        "candidates": [
            {"procedure": name, "score": round(score, 4)} for name, score in meant.candidates
        ],
        "aspects": list(meant.aspects),
        "code": meant.code,
    }


def _message(line: str) -> tuple[str, str | None]:
    """Read a line. Raises `ValueError` that says what is wrong with it."""
    try:
        data = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from None
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        raise ValueError('expected an object with a "text"')
    conversation = data.get("conversation")
    return data["text"], None if conversation is None else str(conversation)
