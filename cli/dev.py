"""What developers and CI run: the tests of both worlds, the quick checks, the benchmarks.

Each command brings what it needs that no lock can hold (a Chromium for the browser tests) and
prints what it is doing; the first failure ends it, with that tool's exit code.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import typer

from cli.bootstrap import APPLICATION, BOT, clean_environment, find_uv, say
from cli.training import bot_environment, ensure_model, model_path
from core.settings import ROOT, Settings

app = typer.Typer(help="For developers: tests, checks, benchmarks.", no_args_is_help=True)

DESCRIPTION = ROOT / "docs" / "openapi.yaml"
_WRITTEN_BY = "# Written by `./motcua dev openapi` from the routes in web/; never by hand.\n"
_STORIES = "tests/stories"
_LOCKS = ("uv.lock", "bot/uv.lock")
_PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}
_NEED_MODEL = {"chat", "understanding"}
_MYPY_ROOMS = (
    *("language", "core", "procedures", "dossiers", "notifier", "helpdesk", "actions", "web"),
    "cli",
)


@app.command()
def test(
    only: list[str] = typer.Argument(None, help="Folders or files of tests; all when left out."),
) -> None:
    """Run everything that proves the project."""
    ensure_chromium()
    ensure_model(say)
    chosen = only or ["tests"]
    if bot_tests := [path for path in chosen if path in ("tests", "tests/") or "bot" in path]:
        say("tests of the Rasa world …")
        targets = ["tests/bot" if path.rstrip("/") == "tests" else path for path in bot_tests]
        # Of its own: the application's conftest needs what this environment has not.
        pytest = [str(BOT.python), "-m", "pytest", "-p", "no:cacheprovider"]
        pytest += ["--confcutdir=tests/bot"]
        _run([*pytest, *targets], bot_environment())
    rest = [path for path in chosen if path not in bot_tests or path.rstrip("/") == "tests"]
    if rest:
        say("tests of the application …")
        _run([APPLICATION.python, "-m", "pytest", *rest])


@app.command()
def check() -> None:
    """Lint, types, import floors, lock files, Rasa's own validation and its test stories."""
    python = str(APPLICATION.python)
    say("ruff …")
    _run([python, "-m", "ruff", "check", "."])
    _run([python, "-m", "ruff", "format", "--check", "--quiet", "."])
    say("types …")
    _run([python, "-m", "mypy", *_MYPY_ROOMS])
    say("import floors …")
    _run([APPLICATION.venv / "bin" / "lint-imports"])
    say("lock files …")
    _check_locks()
    say("migrations …")
    _run([python, "-m", "pytest", "-q", "tests/test_migrations.py"])
    say("rasa data validate …")
    rasa = [str(BOT.python), "-m", "rasa"]
    # What our own tokens stand for has a rule and no examples; the last file says so.
    data = ["data/rules", f"{_STORIES}/tokens.yml"]
    validate = ["data", "validate", "--fail-on-warnings", "--config", "config.yml"]
    _run([*rasa, *validate, "--domain", "bot/domain", "--data", *data], bot_environment())
    say("rasa test core …")
    ensure_model(say)
    with TemporaryDirectory() as results:
        test = ["test", "core", "--fail-on-prediction-errors", "--no-plot", "--out", results]
        stories = ["--stories", f"{_STORIES}/test_conversations.yml"]
        _run([*rasa, *test, *stories, "--model", str(model_path())], bot_environment())
    say("all checks passed")


@app.command()
def bench(
    only: list[str] = typer.Argument(None, help="Names of benchmarks; all when left out."),
) -> None:
    """Run the benchmarks: each prints its conditions and its ratio to a baseline."""
    if not only or _NEED_MODEL & set(only):
        ensure_model(say)
    if not only or "dispatch" in only:
        say("what the notifier is compared with (Celery, Valkey) …")
        install = [find_uv(), "sync", "--locked", "--inexact", "--quiet", "--group", "bench"]
        done = subprocess.run([*install, "--project", ROOT], env=clean_environment(), check=False)
        if done.returncode:
            sys.exit(done.returncode)
    folder = ROOT / "tests" / "benchmarks"
    for script in sorted(folder.glob("bench_*.py")):
        if not only or script.stem.removeprefix("bench_") in only:
            say(f"{script.stem} …")
            _run([APPLICATION.python, "-m", f"tests.benchmarks.{script.stem}"])


@app.command()
def faults() -> None:
    """Run the long form of the fault suite, and of the siege of dossier codes."""
    targets, long = ("tests/faults", "tests/attacks/test_guessing.py"), {"MOTCUA_FAULTS": "long"}
    _run([APPLICATION.python, "-m", "pytest", "--timeout", "3600", *targets], long)


@app.command()
def soak(
    minutes: float = typer.Option(10.0, help="How long."),
    picture: Path = typer.Option(ROOT / "docs" / "images" / "soak-memory.svg", help="The curve."),
) -> None:
    """Hold 32 conversations at once through the whole system, and watch its memory."""
    options = ["--minutes", str(minutes), "--picture", str(picture)]
    _run([APPLICATION.python, "-m", "tests.benchmarks.soak", *options])


@app.command()
def openapi(
    file: Path = typer.Option(DESCRIPTION, help="Where it is written."),
) -> None:
    """Write down the description of the site's HTTP interface, as the code has it."""
    file.write_text(described(), encoding="utf-8")
    say(f"written: {file}")


def described() -> str:
    """Return the description of the site's HTTP interface as YAML. It does not depend on how this
    machine is set up."""
    import yaml

    from web.app import create_app  # the whole site: no other command shall wait for it
    from web.openapi import describe

    with TemporaryDirectory() as folder:
        site = create_app(Settings(_env_file=None, state_dir=Path(folder)))  # type: ignore[call-arg]
        return _WRITTEN_BY + yaml.safe_dump(
            describe(site), allow_unicode=True, sort_keys=False, width=100
        )


def ensure_chromium() -> None:
    """Have a Chromium for the browser tests: the system's, Debian's package, or Playwright's own.

    Where none can be had the browser tests say so themselves, and fail.
    """
    if find_chromium():
        return
    say("installing Chromium for the browser tests …")
    if shutil.which("apt-get") and os.geteuid() == 0:
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (["update", "-qq"], ["install", "-y", "-qq", "chromium"]):
            subprocess.run(["apt-get", *step], env=quiet, stdout=subprocess.DEVNULL, check=False)
    if not find_chromium():
        install = [str(APPLICATION.python), "-m", "playwright", "install", "chromium"]
        subprocess.run(install, check=False)


def find_chromium() -> str | None:
    """The Chromium or Chrome named by MOTCUA_CHROMIUM, or else an installed one; or None."""
    if named := os.environ.get("MOTCUA_CHROMIUM"):
        return named
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def _check_locks() -> None:
    """Locks must name the public index only: a mirror's host would break every other machine."""
    for lock in _LOCKS:
        hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / lock).read_text(encoding="utf-8")))
        if foreign := hosts - _PUBLIC_HOSTS:
            say(f"{lock} names {', '.join(sorted(foreign))}: lock it against the public index")
            raise typer.Exit(1)


def _run(command: Iterable[str | Path], extra: dict[str, str] | None = None) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "MOTCUA_MODEL": str(model_path())}
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, env={**environment, **(extra or {})}, check=False
    )
    if done.returncode:
        sys.exit(done.returncode)
