"""Scoring: what counts as right, by the rules of the measuring set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from actions.understanding import Understanding
from cli.evaluate import SETS, Line, MeasuringSet, f1, score, score_dialogues
from core.settings import ROOT
from language.folding import fold


def line(intent: str, procedure: str | None = None, *aspects: str, code: str | None = None) -> Line:
    return Line("…", intent, procedure, frozenset(aspects), code)


def meant(
    intent: str, procedure: str | None = None, *aspects: str, candidates: tuple[str, ...] = ()
) -> Understanding:
    return Understanding(
        intent, 0.9, procedure, tuple((name, 0.3) for name in candidates), tuple(aspects)
    )


def test_procedures_and_candidates() -> None:
    asked = line("ask_procedure", "gift", "fee")
    scores = score(
        [
            (asked, meant("ask_procedure", "gift", "fee")),
            (asked, meant("ask_procedure", None, "fee", candidates=("gift", "transfer"))),
            (asked, meant("ask_procedure", "transfer", "fee", candidates=("transfer", "gift"))),
            (asked, meant("ask_procedure", "dispute", "time")),
        ]
    )
    assert scores.procedure == 0.5
    assert scores.top3 == 0.75
    assert scores.aspects == 0.75


def test_a_land_question_outside_the_catalogue_must_not_be_answered_from_it() -> None:
    other = line("ask_procedure", "other_land", "steps")
    assert score([(other, meant("ask_procedure", "other_land"))]).procedure == 1
    assert score([(other, meant("ask_procedure", None, candidates=("dispute",)))]).procedure == 1
    assert score([(other, meant("ask_procedure", "dispute"))]).procedure == 0


def test_a_false_answer_is_one_to_what_is_no_business_of_the_office() -> None:
    weather = line("out_of_scope")
    pairs = [(weather, meant("ask_procedure", "gift")), (weather, meant("ask_procedure", None))]
    assert score(pairs).false_answers == 0.5
    assert score(pairs).intent == 0


def test_codes_count_where_there_is_none_as_well() -> None:
    found = Understanding("check_status", 0.9, code="H46.12-250818-0092")
    asked = line("check_status", code="H46.12-250818-0092")
    assert score([(asked, found), (line("check_status"), found)]).codes == 0.5


def test_a_dialogue_is_whole_when_every_turn_is_right() -> None:
    right = (line("ask_procedure", "gift", "fee"), meant("ask_procedure", "gift", "fee"))
    wrong = (line("ask_procedure", "gift", "fee"), meant("ask_procedure", "gift", "time"))
    scores = score_dialogues([[right, right], [right, wrong]])
    assert (scores.turns, scores.turns_right, scores.whole) == (4, 0.75, 0.5)


def test_nothing_to_score_is_no_score() -> None:
    scores = score([(line("greet"), meant("greet"))])
    assert scores.procedure is None and scores.aspects is None and scores.false_answers is None


@pytest.mark.parametrize(
    ("wanted", "found", "expected"),
    [({"fee"}, {"fee"}, 1.0), ({"fee", "time"}, {"fee"}, 2 / 3), ({"fee"}, {"time"}, 0.0)],
)
def test_f1(wanted: set[str], found: set[str], expected: float) -> None:
    assert f1([(frozenset(wanted), frozenset(found))]) == pytest.approx(expected)


READERS = SETS[-1] / "readers"
"""The set of another hand, which is scored apart."""
STORIES = SETS[-1] / "stories"
"""Stories of 110 to 165 words, scored apart too."""


@pytest.mark.parametrize(
    ("folder", "lines", "dialogues"),
    [(SETS[-1], 150, 30), (READERS, 150, 30), (STORIES, 40, 0)],
    ids=["own", "readers", "stories"],
)
def test_a_set_of_the_project_is_well_formed_and_no_training_line(
    folder: Path, lines: int, dialogues: int
) -> None:
    own = MeasuringSet.read(folder)
    assert len(own.lines) >= lines and len(own.dialogues) >= dialogues
    trained = trained_on()
    texts = {fold(line.text) for line in own.lines if len(line.text.split()) > 4}
    assert sorted(trained & texts) == []


def test_the_readers_set_holds_what_it_is_for() -> None:
    readers = MeasuringSet.read(READERS)
    letters = [line for line in readers.lines if line.style == "forum"]
    assert len(letters) >= 40 and all(len(line.text.split()) >= 60 for line in letters)
    assert sum(line.style == "english" for line in readers.lines) >= 30
    assert sum(len(line.aspects) > 1 for line in readers.lines) >= 30
    outside = [line for line in readers.lines if line.procedure == "other_land"]
    assert len(outside) + sum(line.intent == "out_of_scope" for line in readers.lines) >= 20


def trained_on() -> set[str]:
    """All lines of the training data, folded."""
    return {
        fold(line).strip(" -'\"")
        for path in sorted((ROOT / "data" / "nlu").rglob("*.yml"))
        for line in path.read_text(encoding="utf-8").splitlines()
    }


def test_a_line_without_a_label_is_refused(tmp_path: Path) -> None:
    (tmp_path / "utterances.jsonl").write_text(json.dumps({"text": "x"}), encoding="utf-8")
    (tmp_path / "dialogues.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(KeyError):
        MeasuringSet.read(tmp_path)


def test_the_own_set_says_which_conversations_were_kept_apart() -> None:
    own = MeasuringSet.read(SETS[-1])
    assert len(own.dialogues) == len(own.parts) >= 60
    assert set(own.parts) == {"tune", "test"}
    assert own.parts.count("test") >= len(own.parts) / 2


@pytest.mark.parametrize("folder", [SETS[-1], READERS], ids=["own", "readers"])
def test_no_line_of_the_own_conversations_is_trained_on(folder: Path) -> None:
    """Whole lines of five words and more; shorter ones people say everywhere."""
    said = {fold(turn.text) for talk in MeasuringSet.read(folder).dialogues for turn in talk}
    assert sorted(line for line in said & trained_on() if len(line.split()) >= 5) == []
