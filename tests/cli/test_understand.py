"""How an understanding is written out for whoever measures it."""

from __future__ import annotations

from actions.understanding import OTHER, Understanding
from cli.understand import as_line


def test_a_land_question_outside_the_catalogue_is_answered_from_no_procedure() -> None:
    meant = Understanding("ask_procedure", 0.9, OTHER, ((OTHER, 0.8), ("dispute", 0.1)), ("fee",))
    line = as_line("giá đền bù bao nhiêu", meant)
    assert line["procedure"] is None
    assert [candidate["procedure"] for candidate in line["candidates"]] == [OTHER, "dispute"]


def test_a_procedure_is_named_with_its_aspects() -> None:
    meant = Understanding("ask_procedure", 0.91234, "gift", (("gift", 0.9),), ("fee", "time"))
    line = as_line("cho đất mất bao lâu, bao nhiêu", meant)
    assert (line["procedure"], line["aspects"], line["confidence"]) == (
        "gift",
        ["fee", "time"],
        0.9123,
    )
