"""The words of the conversation: whole in both languages, and all of them used."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest

from actions.fees import _READ, _WORDING
from actions.texts import conversation
from core.settings import ROOT
from procedures.menu import menu
from procedures.sums import SUMS

WORDS = conversation()


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", sorted(WORDS))
def test_both_languages_are_filled_in_with_the_same(name: str) -> None:
    words = WORDS[name]
    assert fields_of(words.vi) == fields_of(words.en)


@pytest.mark.parametrize("name", sorted(n for n in WORDS if n.startswith("button_")))
def test_a_button_fits_the_narrowest_channel(name: str) -> None:
    assert max(len(WORDS[name].vi), len(WORDS[name].en)) <= 20


def test_groups_of_the_menu_fit_on_buttons() -> None:
    for group in menu():
        assert max(len(group.name.vi), len(group.name.en)) <= 20, group.id
        assert len(group.procedures) <= 4


def test_every_text_is_used_somewhere() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in Path(ROOT / "actions").glob("*.py"))
    quoted = set(re.findall(r"""["']([a-z_]+)["']""", code))
    # Made up of a beginning and the name of a field, an aspect, an outcome.
    made_up = ("sum_ask_", "button_")
    assert {name for name in WORDS if name not in quoted and not name.startswith(made_up)} == set()


def test_every_field_of_a_sum_has_its_question() -> None:
    asked = {_WORDING.get((procedure, name), name) for procedure in SUMS for name in _READ}
    assert {f"sum_ask_{name}" for name in asked} == {n for n in WORDS if n.startswith("sum_ask_")}
