"""What the bot would understand of people and themes left out of its training.

`python -m bot.held_out --by author`, from the project's folder: for every author in turn the models
are learned, as `config.yml` says, without that author's lines, and read them. Each line goes out
as a JSON object: the fold, the line with its labels, and what was understood. `--by theme` leaves
out a fifth of the themes that are none of the office's business at a time. `--share 0.5` learns
from half of the lines, for a learning curve. Rasa is not needed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Set, Tuple

import numpy as np
import yaml
from scipy.sparse import csr_matrix

from bot.importers.reading import Folders
from bot.nlu import learning
from bot.nlu.examples import Example
from bot.nlu.lesson import Evidence, Lesson
from bot.nlu.reader import Reader
from bot.nlu.vectors import Vectors
from language.dossier_code import find_code

FEWEST = 100
"""Authors of fewer lines are no fold of their own."""
ENOUGH = 30
"""Lines by others without which a label cannot be learned, so that not all are left out."""
FOLDS = 5
"""Into how many folds themes are dealt; and labels of which others wrote too little."""
BLOCK = 5
"""Neighbouring lines, which are often of one mind, are left out together."""

Fold = Tuple[str, List[Example], List[Example]]
"""Name; lines to learn from; lines to read."""


def by_author(written: Sequence[Example]) -> Iterator[Fold]:
    """Leave out each author in turn. Of an intent or procedure that others hardly wrote of, only
    every fifth block of lines is left out."""
    count = Counter(line.author for line in written)
    for number, author in enumerate(
        sorted(a for a, lines in count.items() if a and lines >= FEWEST)
    ):
        others = Counter(_label(line) for line in written if line.author != author)
        theirs = [line for line in written if line.author == author]
        out: Set[Example] = {line for line in theirs if others[_label(line)] >= ENOUGH}
        alone = [line for line in theirs if others[_label(line)] < ENOUGH]
        out |= {line for at, line in enumerate(alone) if at // BLOCK % FOLDS == number % FOLDS}
        yield (
            author,
            [line for line in written if line not in out],
            [*filter(out.__contains__, theirs)],
        )


def by_theme(written: Sequence[Example]) -> Iterator[Fold]:
    """Leave out a fifth of the themes at a time."""
    themes = sorted({line.theme for line in written if line.theme})
    for fold in range(FOLDS):
        out = set(themes[fold::FOLDS])
        kept = [line for line in written if line.theme not in out]
        yield f"themes {fold + 1}", kept, [line for line in written if line.theme in out]


def thinned(lines: Sequence[Example], share: float, seed: int) -> List[Example]:
    """Return that share of the lines of each intent and procedure, but two of each at least."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(lines))
    allowed = {
        label: max(2, round(share * many)) for label, many in Counter(map(_label, lines)).items()
    }
    chosen = []
    for at in order:
        label = _label(lines[at])
        if allowed[label]:
            allowed[label] -= 1
            chosen.append(at)
    return [lines[at] for at in sorted(chosen)]


def _label(line: Example) -> Tuple[str, str]:
    return line.intent, line.procedure or ""


class Settings:
    """What `config.yml` says of folders and components."""

    def __init__(self, path: Path) -> None:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        parts = {
            item["name"].rpartition(".")[2]: item for item in held["importers"] + held["pipeline"]
        }
        importer = parts["CatalogueImporter"]
        root = path.resolve().parent
        self.folders = Folders(
            root / importer["questions"],
            root / importer["intents"],
            root / importer["procedures"],
            importer["seed"],
        )
        self.weights: Dict[str, float] = parts["EvidenceFeaturizer"]["weights"]
        self.rarest: Dict[str, int] = parts["EvidenceFeaturizer"]["rarest"]
        self._parts = parts

    def reader(self, vectors: Vectors, evidence: Evidence) -> Reader:
        """Return what Rasa's components would be after learning from `evidence`."""

        def settings(component: str) -> Tuple[float, int]:
            return self._parts[component]["strength"], self.folders.seed

        return Reader(
            vectors,
            learning.intents(evidence, *settings("LinearIntentClassifier")),
            learning.procedures(evidence, *settings("ProcedureLinker")),
            learning.aspects(evidence, *settings("AspectClassifier")),
        )


def readings(
    settings: Settings, folds: Sequence[Fold], *, share: float = 1.0
) -> Iterator[Dict[str, Any]]:
    """Learn each fold and read its lines.

    All folds share one vocabulary; what only the lines left out say has no weight in it, since
    nothing is learned of it.
    """
    folders = settings.folders
    everything = list(dict.fromkeys(line for _, kept, read in folds for line in (*kept, *read)))
    whole = Lesson((*everything, *folders.made(everything)), folders.seed)
    texts = list(dict.fromkeys(text for text, _ in whole.lines))
    vectors, rows = Vectors.fit(texts, settings.weights, settings.rarest)
    place = {text: at for at, text in enumerate(texts)}
    for name, kept, read in folds:
        kept = thinned(kept, share, folders.seed) if share < 1 else kept
        lesson = Lesson((*kept, *folders.made(kept)), folders.seed)
        chosen: csr_matrix = rows[[place[text] for text, _ in lesson.lines]]
        numbers = np.array([number for _, number in lesson.lines])
        reader = settings.reader(vectors, Evidence(chosen, lesson.examples, numbers))
        for line in read:
            yield {
                "fold": name,
                "text": line.text,
                "intent": line.intent,
                "procedure": line.procedure,
                "aspects": sorted(line.aspects),
                "style": line.author,
                "code": find_code(line.text),
                "parse": reader.read(line.text),
            }


def main() -> None:
    """Print the readings."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--by", choices=("author", "theme"), required=True)
    options.add_argument("--share", type=float, default=1.0)
    options.add_argument("--config", type=Path, default=Path("config.yml"))
    chosen = options.parse_args()
    settings = Settings(chosen.config)
    written = settings.folders.written()
    folds = list((by_author if chosen.by == "author" else by_theme)(written))
    for reading in readings(settings, folds, share=chosen.share):
        sys.stdout.write(json.dumps(reading, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
