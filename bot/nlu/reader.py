"""Reads messages with a trained model, without Rasa: what its pipeline says, in a small process.

The model is Rasa's own archive; of its components only what `vectors` and `linear` wrote is used.
"""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path
from typing import Any, Dict

from bot.nlu import findings
from bot.nlu.linear import OneOf, Several
from bot.nlu.parts import parts_of
from bot.nlu.vectors import Vectors
from language.dossier_code import find_code
from language.english import is_english


class Reader:
    """Intent, procedures, aspects, code and language of a message."""

    def __init__(
        self, vectors: Vectors, intents: OneOf, procedures: OneOf, aspects: Several
    ) -> None:
        self._vectors = vectors
        self._intents = intents
        self._procedures = procedures
        self._aspects = aspects

    @classmethod
    def load(cls, archive: Path) -> "Reader":
        """Read a model trained by `rasa train`.

        Raises `FileNotFoundError` where there is no such file, or a part of ours is not in it.
        """
        with tempfile.TemporaryDirectory() as place, tarfile.open(archive) as packed:
            folder = Path(place)
            for member in packed.getmembers():
                # Only plain files of components are taken, under names of our own making: an
                # archive cannot write elsewhere.
                parts = Path(member.name).parts
                if member.isfile() and "components" in parts[:-2]:
                    content = packed.extractfile(member)
                    assert content is not None
                    (folder / parts[-1]).write_bytes(content.read())
            return cls(
                Vectors.load(folder),
                OneOf.load(folder, "intents"),
                OneOf.load(folder, "procedures"),
                Several.load(folder, "aspects"),
            )

    def read(self, text: str) -> Dict[str, Any]:
        """Return what is understood of `text` alone, as JSON-ready data."""
        row = self._vectors.rows([text])
        ranking = findings.intents(self._intents.rank(row)[0])
        parts = parts_of(text)
        return {
            "text": text,
            "intent": ranking[0]["name"],
            "confidence": ranking[0]["confidence"],
            "intent_ranking": ranking,
            "procedure_candidates": findings.candidates(self._procedures.rank(row)[0]),
            "procedure_parts": findings.parts(self._procedures.rank(self._vectors.rows(parts)))
            if parts
            else [],
            "aspects": findings.aspects(self._aspects.rank(row)[0]),
            "code": find_code(text),
            "english": is_english(text),
        }
