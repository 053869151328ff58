"""How to pay: what the law of that day says, with its source; where it says nothing, the notice."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from language.blocks import Checklist, Source, as_text
from procedures.catalogue import Catalogue, load_catalogue
from procedures.paying import RULE, how_to_pay
from procedures.vocabulary import Language
from tests.procedures.conftest import TODAY


@pytest.mark.parametrize(
    ("language", "ways", "notice", "source"),
    [
        ("vi", ("Nộp qua mạng", "Nộp trực tiếp"), "ghi trên thông báo", "108/2025/QH15, Điều 14"),
        ("en", ("Online", "In person"), "tax office's notice", "108/2025/QH15, Article 14"),
    ],
)
def test_the_ways_are_told_with_their_source(
    catalogue: Catalogue, language: Language, ways: tuple[str, ...], notice: str, source: str
) -> None:
    blocks = how_to_pay(catalogue, TODAY, language)
    (listed,) = (block for block in blocks if isinstance(block, Checklist))
    for way in ways:
        assert any(item.text.startswith(way) for item in listed.items)
    (told,) = (block for block in blocks if isinstance(block, Source))
    assert source in told.text and told.checked_on == "25/11/2026"
    assert notice in as_text(blocks)


def test_before_the_law_held_only_the_notice_is_spoken_of(catalogue: Catalogue) -> None:
    blocks = how_to_pay(catalogue, date(2026, 6, 30), "vi")
    assert len(blocks) == 1 and "thông báo của cơ quan thuế" in as_text(blocks)
    assert len(how_to_pay(catalogue, date(2026, 7, 1), "vi")) > 1


@pytest.mark.parametrize("broken", ["ended", "unknown", "gone"])
def test_a_law_that_ended_or_is_not_known_is_told_no_more(folder: Path, broken: str) -> None:
    rules, instruments = folder / "common" / "rules.yml", folder / "common" / "instruments.yml"
    kept = yaml.safe_load(instruments.read_text(encoding="utf-8"))
    name = "Luật Quản lý thuế 108/2025/QH15"
    if broken == "ended":
        kept["instruments"][name] |= {"to": date(2026, 10, 1), "by": "luật khác"}
    else:
        del kept["instruments"][name]
    instruments.write_text(yaml.safe_dump(kept, allow_unicode=True), encoding="utf-8")
    if broken == "gone":
        held = yaml.safe_load(rules.read_text(encoding="utf-8"))
        del held["rules"][RULE]
        rules.write_text(yaml.safe_dump(held, allow_unicode=True), encoding="utf-8")
    assert len(how_to_pay(load_catalogue(folder), TODAY, "vi")) == 1
