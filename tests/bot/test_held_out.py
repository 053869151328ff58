"""What is left out of the learning to measure it, and that it is left out wholly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.held_out import ENOUGH, Settings, by_author, by_theme, readings, thinned
from bot.nlu.examples import Example

ROOT = Path(__file__).parents[2]
CONFIG = """
importers:
  - name: bot.importers.catalogue.CatalogueImporter
    questions: q
    intents: i
    procedures: p
    seed: 1
pipeline:
  - {name: bot.nlu.features.EvidenceFeaturizer, weights: {words: 1.0}, rarest: {words: 1}}
  - {name: bot.nlu.intents.LinearIntentClassifier, strength: 1.0}
  - {name: bot.nlu.procedures.ProcedureLinker, strength: 1.0}
  - {name: bot.nlu.aspects.AspectClassifier, strength: 1.0}
"""


def lines(author: str, procedure: str, many: int = 100) -> list[Example]:
    return [
        Example(f"{procedure} {author} {n}", "ask_procedure", procedure, frozenset({"fee"}), author)
        for n in range(many)
    ]


def test_an_author_is_left_out_wholly_where_others_wrote_enough() -> None:
    written = lines("an", "gift") + lines("binh", "gift")
    folds = {name: (kept, read) for name, kept, read in by_author(written)}
    assert set(folds) == {"an", "binh"}
    kept, read = folds["an"]
    assert {line.author for line in kept} == {"binh"}
    assert read == [line for line in written if line.author == "an"]


def test_of_what_others_hardly_wrote_of_only_a_part_is_left_out() -> None:
    written = lines("an", "gift") + lines("binh", "gift", ENOUGH - 1)
    [(name, kept, read)] = by_author(written)
    theirs = [line for line in kept if line.author == "an"]
    assert name == "an" and len(read) == 20 and len(theirs) == 80
    assert not set(read) & set(kept)


def test_themes_are_left_out_whole() -> None:
    written = [
        Example(f"{theme} {n}", "out_of_scope", author="an", theme=theme)
        for theme in ("passport", "weather", "football", "school", "music", "bank")
        for n in range(3)
    ]
    folds = list(by_theme(written))
    assert sorted(line.text for _, _, read in folds for line in read) == sorted(
        line.text for line in written
    )
    for _, kept, read in folds:
        assert not {line.theme for line in kept} & {line.theme for line in read}


def test_a_share_of_each_label_is_kept_and_never_none() -> None:
    written = lines("an", "gift") + lines("an", "dispute", 4)
    kept = thinned(written, 0.1, seed=1)
    assert len([line for line in kept if line.procedure == "gift"]) == 10
    assert len([line for line in kept if line.procedure == "dispute"]) == 2
    assert kept == thinned(written, 0.1, seed=1)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for folder in "qip":
        (tmp_path / folder).mkdir()
    for author in ("an", "binh"):
        for procedure, word in (("gift", "tặng"), ("transfer", "bán")):
            asked = "\n".join(
                f"    - {word} đất {author} {n} {aspect}"
                for aspect in ("mấy ngày", "bao lâu")
                for n in range(30)
            )
            fees = "\n".join(f"    - {word} đất {author} {n} hết bao nhiêu tiền" for n in range(30))
            (tmp_path / "q" / f"{procedure}.{author}.yml").write_text(
                f"procedure: {procedure}\nquestions:\n  time:\n{asked}\n  fee:\n{fees}\n",
                encoding="utf-8",
            )
        greetings = "\n".join(f"    - chào {author} {n}" for n in range(40))
        (tmp_path / "i" / f"greet.{author}.yml").write_text(
            f"nlu:\n- intent: greet\n  examples: |\n{greetings}\n", encoding="utf-8"
        )
    path = tmp_path / "config.yml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def test_lines_are_read_by_models_that_never_saw_their_author(config: Path) -> None:
    settings = Settings(config)
    folds = list(by_author(settings.folders.written()))
    found = [r for r in readings(settings, folds) if r["procedure"] == "gift"]
    assert found and {reading["fold"] for reading in found} == {"an", "binh"}
    for reading in found:
        assert reading["parse"]["procedure_candidates"][0]["procedure"] == "gift"
        assert reading["parse"]["aspects"][0]["aspect"] == reading["aspects"][0]


def test_the_command_prints_a_line_for_each_and_twice_the_same(config: Path) -> None:
    command = [sys.executable, "-m", "bot.held_out", "--by", "author", "--config", str(config)]
    runs = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    ]
    # Learned twice in two processes: every score is the same to the last digit.
    same = runs[0] == runs[1]  # compared apart: pytest would take minutes to draw the difference
    assert same
    assert {json.loads(line)["intent"] for line in runs[0].splitlines()} == {
        "ask_procedure",
        "greet",
    }
