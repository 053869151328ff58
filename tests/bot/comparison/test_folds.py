"""Leaving an author out: nothing of theirs is learned from, nothing is lost, no line is both."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.importers.reading import Folders
from bot.nlu.carrier import LESSON, lesson_of
from bot.nlu.examples import Example
from tests.comparison.config import NOBODY
from tests.comparison.folds import FoldImporter, authors, chosen, joined, parted, parted_by
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


def written(data: Path) -> list[Example]:
    return Folders(data / "questions", data / "intents", data, seed=20).written()


def test_what_an_author_wrote_is_left_out_and_all_else_learned(data: Path) -> None:
    learned, left_out = parted_by(written(data), "ann")
    assert {line.text.split()[0] for line in learned if line.author == "first"} >= {"first"}
    assert not [line for line in learned if line.author == "ann"]
    assert sum(line.intent == "thank" for line in left_out) == 3
    assert not {line.text for line in left_out} & {line.text for line in learned}


def test_all_folds_together_test_every_line_once(data: Path) -> None:
    every = written(data)
    assert authors(every) == ["ann", "first"]
    tested = [line.text for fold in authors(every) for line in parted_by(every, fold)[1]]
    assert parted_by(every, NOBODY) == (every, [])
    assert sorted(tested) == sorted(line.text for line in every)
    greeted = [line.text for line in parted_by(every, "ann")[1] if line.intent == "greet"]
    assert len(greeted) == 20 and greeted[9:11] == ["chào 9", "chào 20"]


def test_an_unknown_author_is_refused(data: Path) -> None:
    with pytest.raises(ValueError, match="ann, first, nobody"):
        parted_by(written(data), "bob")


def test_all_pipelines_get_the_same_lines(data: Path) -> None:
    def importer(**settings: bool) -> FoldImporter:
        folders = {"questions": data / "questions", "intents": data / "intents"}
        return FoldImporter(**folders, procedures=data, most=20, longest=5, **settings)

    def texts(**settings: bool) -> list[str]:
        messages = importer(**settings).get_nlu_data().training_examples
        return [message.get("text") for message in messages if message.get(LESSON) is None]

    ours = lesson_of(importer().get_nlu_data())
    assert [line.text for line in ours.examples] == texts()
    assert texts(joint=True) == texts() and len(texts()) == 20
    assert max(len(text.split()) for text in texts()) <= 5


def test_what_the_program_adds_is_learned_where_it_is_wanted(data: Path) -> None:
    (data / "gift.yml").write_text("id: gift\nname: Tặng cho đất\n", encoding="utf-8")
    folders = {"questions": data / "questions", "intents": data / "intents", "procedures": data}
    with_made = lesson_of(FoldImporter(**folders, fold="ann", made=True).get_nlu_data()).examples
    without = lesson_of(FoldImporter(**folders, fold="ann").get_nlu_data()).examples
    assert set(without) < set(with_made)
    assert "Tặng cho đất" in {line.text for line in set(with_made) - set(without)}


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
