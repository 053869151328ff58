"""Training lines out of the catalogue, and what the program makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.importers.catalogue import SHOWN, CatalogueImporter
from bot.importers.elsewhere import said_of_something_else
from bot.importers.mentions import asked_about, in_passing
from bot.importers.reading import Folders, intents_in, names_in, questions_in
from bot.nlu.carrier import lesson_of
from bot.nlu.copies import hurried, told_at_length
from bot.nlu.examples import Example
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


THEMES = """
intent: out_of_scope
themes:
  passport:
    topics: [làm hộ chiếu]
    lines: [hộ chiếu hết hạn rồi]
  weather:
    topics: [bão số chín]
    lines: [mai có mưa không]
"""


def data_of(project: Path) -> TrainingData:
    importer = CatalogueImporter(str(project / "config.yml"), None, [str(project / "data/rules")])
    return importer.get_nlu_data()


def lines_of(project: Path) -> list[Example]:
    return list(lesson_of(data_of(project)).examples)


def folders_of(project: Path) -> Folders:
    data = project / "data"
    return Folders(data / "nlu/questions", data / "nlu/intents", data / "procedures", seed=20)


def test_questions_carry_procedure_and_aspects(project: Path) -> None:
    assert questions_in(project / "data/nlu/questions") == [
        Example(
            "Cho con đất thì cần những giấy tờ gì vậy ạ",
            "ask_procedure",
            "gift",
            frozenset({"documents"}),
            "first",
        ),
        Example(
            "tặng cho nhà cần gì và hết bao nhiêu",
            "ask_procedure",
            "gift",
            frozenset({"documents", "fee"}),
            "first",
        ),
        Example(
            "cho em ruột căn nhà 2 tỷ thì thuế bao nhiêu",
            "calculate_fee",
            "gift",
            frozenset({"fee"}),
            "first",
        ),
    ]


def test_names_and_aliases_in_all_languages_are_bare_topics(project: Path) -> None:
    names = names_in(project / "data/procedures")
    assert {name.text for name in names} == {
        "Tặng cho nhà đất", "Gift of land", "Tặng cho", "Gift", "cho con đất", "give land",
    }  # fmt: skip
    assert {name.aspects for name in names} == {frozenset({"general"})}


def test_intents_are_read_from_both_forms_of_file(project: Path) -> None:
    themes = project / "data/nlu/intents/out_of_scope.themes.yml"
    themes.write_text(THEMES, encoding="utf-8")
    assert intents_in(project / "data/nlu/intents") == [
        Example("xin chào", "greet", author="first"),
        Example("hộ chiếu hết hạn rồi", "out_of_scope", author="themes", theme="passport"),
        Example("mai có mưa không", "out_of_scope", author="themes", theme="weather"),
    ]


def test_topics_are_asked_about_only_with_their_theme(project: Path) -> None:
    themes = project / "data/nlu/intents/out_of_scope.themes.yml"
    themes.write_text(THEMES, encoding="utf-8")
    folders = folders_of(project)
    written = [line for line in folders.written() if line.theme != "weather"]
    made = [line for line in folders.made(written) if line.intent == "out_of_scope"]
    assert any(line.text != "làm hộ chiếu" and "làm hộ chiếu" in line.text for line in made)
    assert not any("bão" in line.text for line in made)


def test_an_author_is_told_by_the_files_name(project: Path) -> None:
    path = project / "data/nlu/questions/gift.letters.yml"
    path.write_text("procedure: gift\nquestions: {time: [bao lâu]}", encoding="utf-8")
    lines = questions_in(project / "data/nlu/questions")
    assert {line.author for line in lines} == {"first", "letters"}


def test_every_written_line_has_a_copy_under_its_number(project: Path) -> None:
    question = "tặng cho nhà cần gì và hết bao nhiêu"
    lesson = lesson_of(data_of(project))
    number = next(at for at, line in enumerate(lesson.examples) if line.text == question)
    written, copy, *_ = [text for text, of in lesson.lines if of == number]
    assert written == question and copy != question and copy.isascii()


def test_rasa_itself_is_shown_a_few_lines_of_each_intent(project: Path) -> None:
    many = "\n".join(f"    - chào {number}" for number in range(20))
    path = project / "data/nlu/intents/greet.more.yml"
    path.write_text(INTENTS.replace("    - xin chào", many), encoding="utf-8")
    shown = [message.get("intent") for message in data_of(project).training_examples]
    # The carrier is one message more.
    assert shown.count("greet") <= SHOWN + 1
    assert {"greet", "ask_procedure", "calculate_fee"} <= set(shown)


def test_a_changed_line_changes_what_rasa_sees(project: Path) -> None:
    before = data_of(project).fingerprint()
    assert data_of(project).fingerprint() == before
    path = project / "data/nlu/questions/gift.yml"
    path.write_text(path.read_text(encoding="utf-8").replace("2 tỷ", "3 tỷ"), encoding="utf-8")
    assert data_of(project).fingerprint() != before


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


def test_some_lines_are_told_at_length_and_stay_whole() -> None:
    lines = [f"bố tôi cho tôi mảnh đất năm {year} thì làm sao" for year in range(1950, 2020)]
    told = {line: told_at_length(line, 1) for line in lines}
    longer = {line: copy for line, copy in told.items() if copy}
    assert 0 < len(longer) < len(lines) / 2
    assert all(line in copy and copy != line for line, copy in longer.items())
    assert told == {line: told_at_length(line, 1) for line in lines}
    assert not any(told_at_length("how do I register my house here", s) for s in range(30))


@pytest.mark.parametrize("content", ["- a list", "nlu: 3", "intent: x\nthemes: [a]"])
def test_a_malformed_file_of_intents_is_named(project: Path, content: str) -> None:
    (project / "data/nlu/intents/bad.yml").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.yml"):
        intents_in(project / "data/nlu/intents")


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


def test_a_topic_of_another_office_is_asked_about_in_the_same_words_each_time() -> None:
    assert asked_about("làm hộ chiếu", 1) == asked_about("làm hộ chiếu", 1)
    assert all("làm hộ chiếu" in question for question in asked_about("làm hộ chiếu", 1))
