"""`./motcua feedback`: what people say of the answers, and applicants of the service, in sums."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.database import migrate
from cli.terminal import printable
from core.clock import now as clock_now
from core.database import get_sessions
from core.privacy import get_vault
from helpdesk.opinions import of_answers
from helpdesk.ratings import latest_words, sums

WORDS_SHOWN = 20
"""The latest words of applicants that are shown."""


def feedback(
    days: Annotated[int, typer.Option(min=1, help="How far back to look.")] = 30,
    json_output: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Sum up ratings: of the answers by procedure, with why they were no help; of the service on
    returned dossiers by office."""
    migrate()
    found = gather(days)
    if json_output:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console()
    answers = Table("thủ tục", "có ích", "không", "vì sao", title="Câu trả lời", box=None)
    for one in found["answers"]:
        why = ", ".join(f"{reason}: {count}" for reason, count in one["reasons"].items())
        answers.add_row(one["procedure"] or "–", str(one["good"]), str(one["bad"]), why)
    console.print(answers if found["answers"] else "Chưa có đánh giá câu trả lời.")
    service = Table(
        "cơ quan", "lượt", "trung bình", "1", "2", "3", "4", "5", title="Phục vụ", box=None
    )
    for one in found["service"]:
        counts = [str(count) for count in one["counts"]]
        service.add_row(one["office"] or "–", str(one["total"]), f"{one['mean']:.1f}", *counts)
    console.print(service if found["service"] else "Chưa có lời chấm về phục vụ.")
    for one in found["words"]:
        console.print(f"{one['stars']}/5: {escape(printable(one['words']))}")


def gather(days: int) -> dict[str, Any]:
    """Return the sums of the last `days`."""
    now = clock_now()
    with get_sessions()() as session:
        answers = of_answers(session, now, days)
        service = sums(session, now, days)
        said = latest_words(session, get_vault(), now, days, WORDS_SHOWN)
    return {
        "days": days,
        "answers": [
            {
                "procedure": one.procedure,
                "good": one.good,
                "bad": one.bad,
                "reasons": {reason.value: count for reason, count in one.reasons.items()},
            }
            for one in answers
        ],
        "service": [
            {
                "office": one.office,
                "counts": list(one.counts),
                "total": one.total,
                "mean": round(one.mean, 2),
            }
            for one in service
        ],
        "words": [{"stars": one.stars, "words": one.words} for one in said],
    }
