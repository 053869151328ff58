"""A process that reads messages: `python -m bot.parsing --model PATH`, from the project's folder.

One JSON object a line comes in with a `text`; what is understood of it goes out, one line each,
flushed at once. Nothing else is ever written to standard output. Conversation is not known here.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Iterable, TextIO

from bot.nlu.reader import Reader


def serve(reader: Reader, lines: Iterable[str], out: TextIO) -> None:
    """Answer every line of `lines` on `out`. A line that is no message gets an `error`."""
    for line in lines:
        try:
            message = json.loads(line)
            text = message["text"]
            if not isinstance(text, str):
                raise TypeError("text is not a string")
            answer = reader.read(text)
        except (ValueError, TypeError, KeyError) as error:
            answer = {"error": f'expected {{"text": "…"}}: {error}'}
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()


def main() -> None:
    """Load the model, say `{"ready": true}`, then answer until standard input ends."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", type=Path, required=True, help="archive that rasa train made")
    model = options.parse_args().model
    try:
        reader = Reader.load(model)
    except (OSError, KeyError, ValueError) as error:
        sys.exit(f"cannot read the model {model}: {error}")
    # JSON is UTF-8 whatever the locale of the machine says.
    sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write(json.dumps({"ready": True}) + "\n")
    sys.stdout.flush()
    serve(reader, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
