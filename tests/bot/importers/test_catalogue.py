"""Training lines out of the catalogue, and what the program makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from bot.importers.copies import hurried

from bot.importers.catalogue import CatalogueImporter, names_in, questions_in
from bot.importers.elsewhere import said_of_something_else
from bot.importers.mentions import in_passing
from bot.nlu.examples import Example, example_of
from language.abbreviations import plain

QUESTIONS = """
procedure: gift
questions:
  documents:
    - Cho con đất thì cần những giấy tờ gì vậy ạ
  documents+fee:
    - tặng cho nhà cần gì và hết bao nhiêu
calculate:
  - cho em ruột căn nhà 2 tỷ thì thuế bao nhiêu
"""
PROCEDURE = """
id: gift
name: {vi: Tặng cho nhà đất, en: Gift of land}
short: {vi: Tặng cho, en: Gift}
aliases:
  vi: [cho con đất]
  en: [give land]
"""
INTENTS = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - xin chào
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in {
        "data/nlu/questions/gift.yml": QUESTIONS,
        "data/procedures/gift.yml": PROCEDURE,
        "data/nlu/intents/greet.yml": INTENTS,
        "config.yml": "language: vi",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return tmp_path


def lines_of(project: Path) -> list[Example]:
    importer = CatalogueImporter(
        str(project / "config.yml"), None, [str(project / "data" / "nlu" / "intents")]
    )
    found = [example_of(message) for message in importer.get_nlu_data().training_examples]
    return [example for example in found if example is not None]


def test_questions_carry_procedure_and_aspects(project: Path) -> None:
    assert questions_in(project / "data/nlu/questions") == [
        Example(
            "Cho con đất thì cần những giấy tờ gì vậy ạ",
            "ask_procedure",
            "gift",
            frozenset({"documents"}),
        ),
        Example(
            "tặng cho nhà cần gì và hết bao nhiêu",
            "ask_procedure",
            "gift",
            frozenset({"documents", "fee"}),
        ),
        Example(
            "cho em ruột căn nhà 2 tỷ thì thuế bao nhiêu",
            "calculate_fee",
            "gift",
            frozenset({"fee"}),
        ),
    ]


def test_names_and_aliases_in_all_languages_are_bare_topics(project: Path) -> None:
    names = names_in(project / "data/procedures")
    assert {name.text for name in names} == {
        "Tặng cho nhà đất", "Gift of land", "Tặng cho", "Gift", "cho con đất", "give land",
    }  # fmt: skip
    assert {name.aspects for name in names} == {frozenset({"general"})}


def test_rasas_own_files_are_read_beside(project: Path) -> None:
    intents = {line.intent for line in lines_of(project)}
    assert {"greet", "ask_procedure", "calculate_fee", "out_of_scope"} >= intents >= {"greet"}


def test_every_written_line_has_a_copy_that_shares_its_number_and_labels(project: Path) -> None:
    question = "tặng cho nhà cần gì và hết bao nhiêu"
    lines = lines_of(project)
    written = next(line for line in lines if line.text == question)
    copy = next(line for line in lines if line.line == written.line and line is not written)
    assert copy.text != question and copy.text.isascii()
    assert (copy.intent, copy.procedure, copy.aspects) == (
        written.intent,
        written.procedure,
        written.aspects,
    )


def test_two_readings_are_the_same(project: Path) -> None:
    assert lines_of(project) == lines_of(project)


def test_a_new_procedure_is_one_file(project: Path) -> None:
    path = project / "data/procedures/hedge.yml"
    path.write_text("id: hedge\nname: {vi: Trồng hàng rào chung}", encoding="utf-8")
    lines = [line for line in lines_of(project) if line.procedure == "hedge"]
    assert "Trồng hàng rào chung" in {line.text for line in lines}
    assert len(lines) > 1  # it is mentioned in passing as well


@pytest.mark.parametrize("content", ["- a list", "questions: {}", "procedure: x\nquestions: [a]"])
def test_a_malformed_file_is_named(project: Path, content: str) -> None:
    (project / "data/nlu/questions/bad.yml").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.yml"):
        questions_in(project / "data/nlu/questions")


def test_a_hurried_copy_is_repeatable_and_still_close() -> None:
    line = "Kính gửi cơ quan, tôi không biết giấy chứng nhận quyền sử dụng đất nộp ở đâu"
    copy = hurried(line, 1)
    assert copy == hurried(line, 1)
    assert copy.isascii() and copy != line
    known = set(plain(line).split())
    assert len(known & set(plain(copy).split())) >= len(known) - 2


def test_english_is_not_hurried() -> None:
    assert hurried("How much is the fee for a new book", 1) == "how much is the fee for a new book"


def test_a_question_is_turned_to_something_that_is_no_land() -> None:
    lines = [f"mất sổ đỏ năm {year} làm lại ở đâu" for year in range(1990, 2020)]
    made = [text for line in lines if (text := said_of_something_else(line, 1))]
    assert made
    assert all("so do" not in text and text.startswith("mat ") for text in made)


@pytest.mark.parametrize("line", ["tách thửa đất vườn", "what is the fee for land transfer"])
def test_what_cannot_be_said_of_something_else_is_left(line: str) -> None:
    assert all(said_of_something_else(line, seed) is None for seed in range(30))


def test_a_short_name_is_mentioned_in_passing_and_a_long_one_is_not() -> None:
    assert all("tách thửa" in turn for turn in in_passing("tách thửa", 1))
    assert in_passing("đăng ký biến động quyền sử dụng đất", 1) == []
