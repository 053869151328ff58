"""A Rasa server as it comes: the default pipeline and policies, on our lines and our rules.

Trained once and kept in `var/benchmarks`. Intents, rules and actions are ours, so that it asks the
same action server; each rule is told as a story too, or the policies that learn would have nothing
to learn from. It learns for a few epochs only: how long it learned changes nothing in how long it
takes over a message. What a whole training costs is told by `./motcua evaluate-compare`.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import yaml

from cli.bootstrap import BOT, say
from cli.training import bot_environment
from core.settings import ROOT, get_settings
from tests.comparison.config import NOBODY, fold_importer

EPOCHS = 3
LINES, LONGEST = 1500, 20
"""Lines that it learns from, and words of each; as in the comparison."""

PIPELINE = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "epochs": EPOCHS, "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "epochs": EPOCHS, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]
POLICIES = [
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy", "core_fallback_action_name": "action_fallback"},
    {"name": "UnexpecTEDIntentPolicy", "max_history": 5, "epochs": EPOCHS},
    {"name": "TEDPolicy", "max_history": 5, "epochs": EPOCHS, "constrain_similarities": True},
]
ENDPOINTS = {"action_endpoint": {"url": "http://127.0.0.1:${MOTCUA_ACTIONS_PORT}/webhook"}}
CREDENTIALS = {"rest": {}}


def ensure() -> Path:
    """Return the folder of the trained server: model.tar.gz, endpoints.yml, credentials.yml."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        digest.update(path.read_bytes())
    folder = get_settings().state_dir / "benchmarks" / f"default-{digest.hexdigest()[:12]}"
    if not (folder / "model.tar.gz").exists():
        say("training Rasa's default server, once …")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _train(folder)
    return folder


def _train(folder: Path) -> None:
    lines = fold_importer(NOBODY, most=LINES, longest=LONGEST)
    config = {
        "recipe": "default.v1",
        "assistant_id": "default",
        "language": "vi",
        "importers": [{"name": "RasaFileImporter"}, lines],
        "pipeline": PIPELINE,
        "policies": POLICIES,
    }
    _write(folder / "config.yml", config)
    _write(folder / "endpoints.yml", ENDPOINTS)
    _write(folder / "credentials.yml", CREDENTIALS)
    _write(folder / "stories.yml", {"version": "3.1", "stories": _stories()})
    command = ["nice", "-n", "10", str(BOT.python), "-m", "rasa", "train", "--skip-validation"]
    command += ["--config", str(folder / "config.yml"), "--domain", "bot/domain"]
    command += ["--data", "data/rules", str(folder / "stories.yml")]
    command += ["--out", str(folder), "--fixed-model-name", "training"]
    done = subprocess.run(
        command, cwd=ROOT, env=bot_environment(), capture_output=True, text=True, check=False
    )
    made = folder / "training.tar.gz"
    if done.returncode or not made.exists():
        last = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise RuntimeError(f"rasa train ended with {done.returncode}:\n{last}")
    made.replace(folder / "model.tar.gz")


def _stories() -> list[dict[str, object]]:
    return [
        {"story": f"story {rule['rule']}", "steps": rule["steps"]}
        for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
        for rule in yaml.safe_load(path.read_text(encoding="utf-8")).get("rules") or []
    ]


def _write(path: Path, content: object) -> None:
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
