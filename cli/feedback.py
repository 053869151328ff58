"""`./motcua feedback`: what people say of the answers, and applicants of the service, in sums."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import select

from actions.feedback import GOOD
from actions.models import Rating
from cli.database import migrate
from cli.terminal import printable
from core.clock import now as clock_now
from core.database import get_sessions
from core.privacy import get_vault
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
    good: Counter[str] = Counter()
    bad: Counter[str] = Counter()
    reasons: dict[str, Counter[str]] = {}
    with get_sessions()() as session:
        rows = session.execute(
            select(Rating.procedure, Rating.score, Rating.reason).where(
                Rating.at > now - timedelta(days=days)
            )
        )
        for procedure, score, reason in rows:
            (good if score >= GOOD else bad)[procedure or ""] += 1
            if reason:
                reasons.setdefault(procedure or "", Counter())[reason.value] += 1
        service = sums(session, now, days)
        said = latest_words(session, get_vault(), now, days, WORDS_SHOWN)
    names = sorted(good.keys() | bad.keys(), key=lambda one: (-bad[one], one))
    return {
        "days": days,
        "answers": [
            {
                "procedure": one,
                "good": good[one],
                "bad": bad[one],
                "reasons": dict(reasons.get(one, {})),
            }
            for one in names
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
        "words": [{"stars": stars, "words": words} for stars, words in said],
    }
