"""The components inside Rasa, and the same model read without Rasa."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import TEXT

from bot.nlu.reader import Reader
from language.folding import strip_marks

from .conftest import Pipeline

ROOT = Path(__file__).parents[3]
QUESTIONS = (
    "Bán nhà thì hết bao nhiêu tiền?",
    "tách thửa mấy ngày xong vậy",
    "sổ bị mất rồi, cần giấy gì để cấp lại",
    "chào cán bộ",
    "hai việc: một là bán đất, hai là mất sổ đỏ",
)


def test_tokens_keep_their_place(pipeline: Pipeline) -> None:
    text = "Mất  sổ đỏ k?"
    tokens = pipeline.read(text).get(TOKENS_NAMES[TEXT])
    assert [text[token.start : token.end] for token in tokens] == ["Mất", "sổ", "đỏ", "k", "?"]


def test_a_trained_and_reloaded_pipeline_understands(pipeline: Pipeline) -> None:
    message = pipeline.read("tách sổ thì lệ phí thế nào")
    assert message.get("intent")["name"] == "ask_procedure"
    assert message.get("procedure_candidates")[0]["procedure"] == "split_parcel"
    assert message.get("aspects")[0]["aspect"] == "fee"


def test_probabilities_are_probabilities(pipeline: Pipeline) -> None:
    message = pipeline.read("bán đất cần giấy tờ gì")
    assert sum(item["confidence"] for item in message.get("intent_ranking")) == pytest.approx(1)
    assert all(0 <= item["score"] <= 1 for item in message.get("aspects"))


@pytest.mark.parametrize("text", QUESTIONS)
def test_without_accents_the_scores_are_nearly_the_same(pipeline: Pipeline, text: str) -> None:
    accented, bare = pipeline.read(text), pipeline.read(strip_marks(text))
    assert bare.get("intent")["name"] == accented.get("intent")["name"]
    assert bare.get("intent")["confidence"] == pytest.approx(
        accented.get("intent")["confidence"], abs=0.15
    )
    assert (
        bare.get("procedure_candidates")[0]["procedure"]
        == accented.get("procedure_candidates")[0]["procedure"]
    )


def test_what_a_message_enumerates_is_linked_part_by_part(pipeline: Pipeline) -> None:
    parts = pipeline.read(QUESTIONS[-1]).get("procedure_parts")
    assert [part["procedure"] for part in parts] == ["transfer", "reissue_lost"]


def test_a_dossier_code_becomes_an_entity_in_its_canonical_form(pipeline: Pipeline) -> None:
    found = pipeline.read("tra giup h46.12 250818 0092").get("entities")
    assert [(entity["entity"], entity["value"]) for entity in found] == [
        ("dossier_code", "H46.12-250818-0092")
    ]
    assert pipeline.read("nộp hôm 25/08, gọi 0912345678").get("entities") in (None, [])


@pytest.mark.parametrize("text", QUESTIONS)
def test_the_reader_says_what_the_pipeline_says(
    pipeline: Pipeline, archive: Path, text: str
) -> None:
    in_rasa, read = pipeline.read(text), Reader.load(archive).read(text)
    assert read["intent_ranking"] == in_rasa.get("intent_ranking")
    assert read["procedure_candidates"] == in_rasa.get("procedure_candidates")
    assert read["procedure_parts"] == (in_rasa.get("procedure_parts") or [])
    assert read["aspects"] == in_rasa.get("aspects")


def test_the_reader_needs_no_rasa() -> None:
    look = "import sys, bot.parsing; print(any(m.split('.')[0] == 'rasa' for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_the_parsing_process_answers_line_by_line_and_survives_bad_lines(archive: Path) -> None:
    lines = ['{"text": "bán đất mất bao lâu"}', "nonsense", '{"text": 3}', '{"text": ""}']
    done = subprocess.run(
        [sys.executable, "-m", "bot.parsing", "--model", str(archive)],
        cwd=ROOT,
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
    )
    ready, question, nonsense, number, empty = map(json.loads, done.stdout.splitlines())
    assert ready == {"ready": True}
    assert question["procedure_candidates"][0]["procedure"] == "transfer"
    assert "error" in nonsense and "error" in number
    assert empty["code"] is None and empty["intent_ranking"]


def test_a_missing_model_is_said_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.parsing", "--model", str(tmp_path / "none.tar.gz")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "none.tar.gz" in done.stderr
