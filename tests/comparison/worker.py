"""Trains one pipeline on one fold, and reads the lines that the fold left out.

    python -m tests.comparison.worker train CANDIDATE FOLD FOLDER [--most N] [--longest N]
    python -m tests.comparison.worker read CANDIDATE FOLD FOLDER --texts FILE --out FILE

Training and reading are processes of their own, so that the memory of a process that only reads is
seen. Both work in Rasa's own way (`rasa.model_training`, `Agent`), so that time and memory are what
a server would have.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bot.held_out import Settings
from tests.comparison.config import OURS, ROOT, fold_importer
from tests.comparison.folds import parted, parted_by

SEED = 20
WARM_UP = 20
"""Messages read before time is taken."""
EMBEDDINGS_STRONGER = 30.0
"""Embeddings lie closer together than evidence does, and need a larger C."""

_OURS: list[dict[str, Any]] = OURS["pipeline"]
_FEATURIZER = "bot.nlu.features.EvidenceFeaturizer"


def _with_featurizer(name: str, stronger: float = 1.0, **settings: Any) -> list[dict[str, Any]]:
    """Our pipeline with another featurizer; `stronger` multiplies the C of its classifiers."""
    featurizer = {"name": f"tests.comparison.components.{name}", **settings}
    return [
        featurizer
        if part["name"] == _FEATURIZER
        else {**part, "strength": part["strength"] * stronger}
        if "strength" in part
        else part
        for part in _OURS
    ]


DEFAULT_PIPELINE = (
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    # Rasa's default but for `ranking_length`, which shows all labels and changes nothing learned.
    {
        "name": "DIETClassifier",
        "epochs": 100,
        "constrain_similarities": True,
        "ranking_length": 0,
        "random_seed": SEED,
    },
    {"name": "EntitySynonymMapper"},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
)


@dataclass(frozen=True)
class Candidate:
    """A pipeline to be compared."""

    pipeline: list[dict[str, Any]]
    joint: bool = False
    """Whether intent and procedure are one label."""
    whole: bool = False
    """Whether it learns from all that the project trains on (names, mentions, copies), not from
    the written lines alone."""


CANDIDATES: dict[str, Candidate] = {
    "default": Candidate(list(DEFAULT_PIPELINE), joint=True),
    "ngrams": Candidate(_with_featurizer("FoldedFeaturizer")),
    "ours": Candidate(_OURS),
    "embeddings": Candidate(_with_featurizer("EmbeddingFeaturizer", EMBEDDINGS_STRONGER)),
    "ours+embeddings": Candidate(_with_featurizer("EmbeddingFeaturizer", evidence=True)),
    "whole": Candidate(_OURS, whole=True),
}


def train(candidate: Candidate, fold: str, folder: Path, most: int, longest: int) -> dict[str, Any]:
    """Train into `folder`; return seconds and bytes, and write the lines left out beside."""
    from rasa.model_training import train_nlu

    _, left_out = parted_by(Settings(ROOT / "config.yml").folders.written(), fold)
    importer = fold_importer(fold, joint=candidate.joint)
    importer |= {"made": True} if candidate.whole else {"most": most, "longest": longest}
    folder.mkdir(parents=True)
    config = folder / "config.yml"
    config.write_text(
        yaml.safe_dump(
            {
                "recipe": "default.v1",
                "assistant_id": "comparison",
                "language": "vi",
                "importers": [importer],
                "pipeline": candidate.pipeline,
            }
        ),
        encoding="utf-8",
    )
    (folder / "left_out.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "text": line.text,
                    "intent": line.intent,
                    "procedure": line.procedure,
                    "aspects": sorted(line.aspects),
                },
                ensure_ascii=False,
            )
            + "\n"
            for line in left_out
        ),
        encoding="utf-8",
    )
    began, used = time.perf_counter(), time.process_time()
    model = train_nlu(str(config), str(folder), str(folder), fixed_model_name="model")
    if model is None:
        raise RuntimeError("Rasa trained nothing")
    return {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - used,
        "bytes": Path(model).stat().st_size,
    }


@dataclass
class Reading:
    """What a pipeline made of some texts, and the processor time of each (milliseconds): what
    other work on the machine changes least."""

    parses: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


async def read(candidate: Candidate, folder: Path, texts: list[str]) -> Reading:
    """Read `texts` with the model in `folder`, one at a time."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(folder / "model.tar.gz"))
    reading = Reading()
    for text in texts[:WARM_UP]:
        await agent.parse_message(text)
    for text in texts:
        began = time.process_time()
        parse = await agent.parse_message(text)
        reading.times.append(1000 * (time.process_time() - began))
        reading.parses.append(in_our_form(parse) if candidate.joint else _kept(parse))
    return reading


def in_our_form(parse: dict[str, Any]) -> dict[str, Any]:
    """Return the ranking of joint labels as rankings of intents and of procedures."""
    intents: dict[str, float] = {}
    procedures: dict[str, float] = {}
    for label in parse["intent_ranking"]:
        if label["name"] == "nlu_fallback":
            continue
        intent, procedure = parted(label["name"])
        chance = label["confidence"]
        intents[intent] = intents.get(intent, 0.0) + chance
        name = procedure or "none"
        procedures[name] = procedures.get(name, 0.0) + chance
    return {
        "text": parse["text"],
        "intent_ranking": [{"name": n, "confidence": c} for n, c in _ranked(intents)],
        "procedure_candidates": [{"procedure": n, "score": c} for n, c in _ranked(procedures)],
        "fell_back": parse["intent"]["name"] == "nlu_fallback",
    }


def _kept(parse: dict[str, Any]) -> dict[str, Any]:
    keys = ("text", "intent_ranking", "procedure_candidates", "procedure_parts", "aspects")
    return {key: parse[key] for key in keys if key in parse}


def _ranked(chances: dict[str, float]) -> list[tuple[str, float]]:
    return sorted(chances.items(), key=lambda item: -item[1])


def memory() -> int:
    """Bytes of this process that are in memory now (Linux)."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS in /proc/self/status")


def main() -> None:
    """Do one step; what it measured lies beside the model, or in `--out`."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("step", choices=("train", "read"))
    arguments.add_argument("candidate", choices=CANDIDATES)
    arguments.add_argument("fold", help="author to leave out, or nobody")
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--most", type=int, default=0, help="lines to train on; 0: all")
    arguments.add_argument("--longest", type=int, default=0, help="words of a line; 0: any")
    arguments.add_argument("--texts", type=Path, help="JSON list of what to read")
    arguments.add_argument("--out", type=Path, help="where to write what was read")
    given = arguments.parse_args()
    candidate = CANDIDATES[given.candidate]
    if given.step == "train":
        shutil.rmtree(given.folder, ignore_errors=True)
        figures = train(candidate, given.fold, given.folder, given.most, given.longest)
        out = given.folder / "trained.json"
    else:
        texts = json.loads(given.texts.read_text(encoding="utf-8"))
        reading = asyncio.run(read(candidate, given.folder, texts))
        figures = {"parses": reading.parses, "times": reading.times, "memory": memory()}
        out = given.out
    out.write_text(json.dumps(figures, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
