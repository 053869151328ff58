"""The words about a dossier: whole in both languages, all used; how long it usually takes."""

from __future__ import annotations

import re
import string

import pytest

from core.settings import ROOT
from dossiers.durations import Estimate
from dossiers.telling import TEXTS, usually


@pytest.mark.parametrize("name", sorted(TEXTS.words))
def test_both_languages_are_filled_in_with_the_same(name: str) -> None:
    words = TEXTS.words[name]
    vi, en = (
        {field for _, field, _, _ in string.Formatter().parse(text) if field}
        for text in (words.vi, words.en)
    )
    assert vi == en


def test_every_text_is_used() -> None:
    code = (ROOT / "dossiers" / "telling.py").read_text(encoding="utf-8")
    assert set(TEXTS.words) <= set(re.findall(r'"([a-z_]+)"', code))


def test_how_long_it_takes_names_its_cases_and_is_no_appointment() -> None:
    fresh = usually(Estimate(cases=120, days=6, elapsed=0, bars=()), "vi")
    assert "8 trong 10 hồ sơ như vậy xong trong 6 ngày làm việc" in fresh
    assert "120 hồ sơ" in fresh
    assert "không phải ngày hẹn" in fresh
    under_way = usually(Estimate(cases=40, days=12, elapsed=9, bars=()), "vi")
    assert "từ 9 ngày làm việc trở lên" in under_way
    assert "12 ngày làm việc" in under_way
