"""Trains Rasa's model when, and only when, what it is made from has changed.

The model is a generated file in `var/models`; beside it lies the fingerprint of its inputs.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cli.bootstrap import BOT
from core.settings import ROOT, get_settings

_INPUTS = (
    *("config.yml", "bot/nlu", "bot/importers", "bot/domain", "bot/uv.lock", "language"),
    *("data/nlu", "data/rules", "data/procedures"),
)
OF_UNDERSTANDING = ("config.yml", "bot/nlu", "bot/importers", "language", "data/nlu")
"""What of a model's inputs its understanding is made from."""
_SUFFIXES = {".py", ".yml", ".yaml", ".lock"}


class TrainingFailed(Exception):
    """Rasa could not train; the message ends with its last words."""


def model_path() -> Path:
    """Where the trained model lies."""
    return get_settings().state_dir / "models" / "motcua.tar.gz"


def model_stands() -> bool:
    """Tell whether the model is there and was made from the present inputs."""
    return _stands(model_path())


def ensure_model(say: Callable[[str], None]) -> bool:
    """Train if the inputs changed since the model was made; tell whether that was so.

    Two commands at once train once: the second waits for the first. Raises `TrainingFailed`.
    """
    model = model_path()
    model.parent.mkdir(parents=True, exist_ok=True)
    if _stands(model):
        return False
    with (model.parent / ".training.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _stands(model):
            return False
        say("training the model (about a minute) …")
        _train(model)
    return True


def _stands(model: Path) -> bool:
    kept = model.with_suffix(".inputs")
    return model.exists() and kept.exists() and kept.read_text() == inputs_fingerprint()


def inputs_fingerprint(inputs: Sequence[str] = _INPUTS) -> str:
    """Return a fingerprint of what a model is made from, or of some of it."""
    digest = hashlib.sha256()
    for path in _input_files(inputs):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _input_files(inputs: Sequence[str]) -> Iterator[Path]:
    for name in inputs:
        start = ROOT / name
        if start.is_file():
            yield start
            continue
        for path in sorted(start.rglob("*")):
            if path.suffix in _SUFFIXES and ".venv" not in path.parts and path.is_file():
                yield path


def _train(model: Path) -> None:
    fingerprint = inputs_fingerprint()
    command = [str(BOT.python), "-m", "rasa", "train", "--config", "config.yml"]
    command += ["--domain", "bot/domain", "--data", "data/rules"]
    command += ["--out", str(model.parent), "--fixed-model-name", "training"]
    # `make check` validates the data; here it would cost as long as the training itself.
    command += ["--force", "--skip-validation"]
    done = subprocess.run(
        command, cwd=ROOT, env=bot_environment(), capture_output=True, text=True, check=False
    )
    made = model.parent / "training.tar.gz"
    if done.returncode or not made.exists():
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise TrainingFailed(f"rasa train ended with {done.returncode}:\n{last}")
    made.replace(model)
    model.with_suffix(".inputs").write_text(fingerprint)


def bot_environment() -> dict[str, str]:
    """The environment variables in which processes of the Rasa world run."""
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "ignore",
        "RASA_TELEMETRY_ENABLED": "false",
        # Every training is a whole one; Rasa's cache of parts would only grow (420 MB).
        "RASA_MAX_CACHE_SIZE": "0",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        # No accelerator is ever used; TensorFlow need not look for one.
        "CUDA_VISIBLE_DEVICES": "-1",
    }
