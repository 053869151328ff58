"""Leaving an author out: nothing of theirs is learned from, nothing is lost, no line is both."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.nlu.carrier import LESSON, lesson_of
from bot.nlu.examples import Example
from tests.comparison.folds import (
    NOBODY,
    WrittenLines,
    authors,
    chosen,
    joined,
    parted,
    write_fold,
    written_lines,
)
from tests.comparison.worker import in_our_form

QUESTIONS = """
procedure: {procedure}
questions:
  fee+time:
    - {author} asks what a {procedure} costs and how long it takes
  documents:
    - {author} asks for the papers of a {procedure}
calculate:
  - {author} wants the sum of a {procedure}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Two authors of questions; greetings by nobody in particular; thanks by one of the two."""
    folder = tmp_path / "nlu"
    (folder / "questions").mkdir(parents=True)
    (folder / "intents").mkdir()
    for author, name in (("ann", "gift.ann.yml"), ("first", "gift.yml")):
        text = QUESTIONS.format(author=author, procedure="gift")
        (folder / "questions" / name).write_text(text, encoding="utf-8")
    greetings = "\n".join(f"    - chào {n}" for n in range(40))
    thanks = "\n".join(f"    - cảm ơn {n}" for n in range(3))
    for name, intent, lines in (("greet.yml", "greet", greetings), ("t.ann.yml", "thank", thanks)):
        (folder / "intents" / name).write_text(
            f'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n{lines}\n', encoding="utf-8"
        )
    return folder


def test_a_file_names_its_author(data: Path) -> None:
    assert authors(data / "questions") == ["ann", "first"]


def test_what_an_author_wrote_is_left_out_and_all_else_learned(data: Path, tmp_path: Path) -> None:
    left_out = write_fold(data, tmp_path / "fold", "ann")
    learned = written_lines(tmp_path / "fold")
    assert {line.text.split()[0] for line in learned if line.procedure} == {"first"}
    assert {line.text.split()[0] for line in left_out if line.procedure} == {"ann"}
    assert sum(line.intent == "thank" for line in left_out) == 3
    assert not {line.text for line in left_out} & {line.text for line in learned}


def test_all_folds_together_test_every_line_once(data: Path, tmp_path: Path) -> None:
    tested = [
        line.text for fold in ("ann", "first") for line in write_fold(data, tmp_path / fold, fold)
    ]
    assert write_fold(data, tmp_path / NOBODY, NOBODY) == []
    every = [line.text for line in written_lines(tmp_path / NOBODY)]
    assert sorted(tested) == sorted(every) and len(every) == 49


def test_lines_keep_what_they_are_labelled_with(data: Path, tmp_path: Path) -> None:
    write_fold(data, tmp_path / "fold", NOBODY)
    labels = {
        (line.intent, line.procedure, line.aspects)
        for line in written_lines(tmp_path / "fold")
        if line.text.startswith("ann")
    }
    assert labels == {
        ("ask_procedure", "gift", frozenset({"fee", "time"})),
        ("ask_procedure", "gift", frozenset({"documents"})),
        ("calculate_fee", "gift", frozenset({"fee"})),
    }


def test_an_unknown_author_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ann, first, nobody"):
        write_fold(data, tmp_path / "fold", "bob")


def test_all_pipelines_get_the_same_lines(data: Path) -> None:
    def texts(joint: bool) -> list[str]:
        importer = WrittenLines(folder=str(data), most=20, longest=5, joint=joint)
        messages = importer.get_nlu_data().training_examples
        return [message.get("text") for message in messages if message.get(LESSON) is None]

    ours = WrittenLines(folder=str(data), most=20, longest=5).get_nlu_data()
    assert [line.text for line in lesson_of(ours).examples] == texts(joint=False)
    assert texts(joint=True) == texts(joint=False) and len(texts(joint=False)) == 20
    assert max(len(text.split()) for text in texts(joint=False)) <= 5


def test_a_choice_is_always_the_same_and_without_limit_all() -> None:
    lines = [Example(f"{n} " * (1 + n % 4), "greet") for n in range(40)]
    assert chosen(lines, 5, 3, seed=1) == chosen(lines, 5, 3, seed=1)
    assert chosen(lines, 5, 3, seed=1) != chosen(lines, 5, 3, seed=2)
    assert chosen(lines, 0, 0, seed=1) == lines


def test_a_joint_label_is_taken_apart_again() -> None:
    line = Example("…", "ask_procedure", "gift")
    assert parted(joined(line).intent) == ("ask_procedure", "gift")
    assert parted(joined(Example("…", "greet")).intent) == ("greet", None)


def test_a_ranking_of_joint_labels_becomes_two() -> None:
    ranking = [
        ("ask_procedure+gift", 0.4),
        ("calculate_fee+gift", 0.3),
        ("greet", 0.2),
        ("ask_procedure+transfer", 0.1),
    ]
    parse = in_our_form(
        {
            "text": "…",
            "intent": {"name": "nlu_fallback"},
            "intent_ranking": [{"name": "nlu_fallback", "confidence": 0.3}]
            + [{"name": name, "confidence": c} for name, c in ranking],
        }
    )
    assert [(i["name"], round(i["confidence"], 3)) for i in parse["intent_ranking"]] == [
        ("ask_procedure", 0.5),
        ("calculate_fee", 0.3),
        ("greet", 0.2),
    ]
    assert [(c["procedure"], round(c["score"], 3)) for c in parse["procedure_candidates"]] == [
        ("gift", 0.7),
        ("none", 0.2),
        ("transfer", 0.1),
    ]
    assert parse["fell_back"]
