"""First steps on a machine: uv, the two Pythons, the two locked environments; then the command.

Runs on the standard library of whatever Python 3.11+ is present, because nothing else is there
yet. When both environments stand as their locks say, it costs a few milliseconds and hands over
to `cli.main` in the application's environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV_VERSION = "0.13.9"
TOOLS = ROOT / ".tools"


class SetupError(Exception):
    """Something on this machine stands in the way; the message says what to do."""


@dataclass(frozen=True)
class Environment:
    """One of the two worlds: where its project file and lock are, and which Pythons carry it."""

    name: str
    project: Path
    pythons: tuple[str, ...]
    """Versions that will do, the preferred one first."""

    @property
    def venv(self) -> Path:
        return self.project / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    def wanted(self, dev: bool) -> str:
        """Fingerprint of what the environment should be."""
        digest = hashlib.sha256(b"dev" if dev else b"")
        for part in ("pyproject.toml", "uv.lock"):
            digest.update((self.project / part).read_bytes())
        return digest.hexdigest()

    def stamp(self, dev: bool) -> Path:
        return self.venv / ("motcua-dev.stamp" if dev else "motcua.stamp")

    def stands(self, dev: bool) -> bool:
        """Whether it is installed as the lock says."""
        stamp = self.stamp(dev)
        return self.python.exists() and stamp.exists() and stamp.read_text() == self.wanted(dev)


APPLICATION = Environment("application", ROOT, ("3.12", "3.11"))
BOT = Environment("bot", ROOT / "bot", ("3.10",))
ENVIRONMENTS = (APPLICATION, BOT)


def say(text: str) -> None:
    """A progress line: to standard error, since standard output may be read by a machine."""
    print(f"motcua: {text}", file=sys.stderr, flush=True)


def ensure_environments(dev: bool) -> None:
    """Install what is missing of both environments. Raises `SetupError` where it cannot be."""
    if all(env.stands(dev) for env in ENVIRONMENTS):
        return
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / ".setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is setting up; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for env in ENVIRONMENTS:
            if not env.stands(dev):
                _install(env, dev)


def _install(env: Environment, dev: bool) -> None:
    uv = find_uv()
    python = _find_python(uv, env.pythons)
    say(f"installing the {env.name} environment on {python} (some minutes on first use) …")
    command = [uv, "sync", "--locked", "--inexact", "--quiet", "--python", python]
    # Compiled once here, not at every start: TensorFlow's modules alone take ten seconds, and some
    # machines let Python write no bytecode (PYTHONDONTWRITEBYTECODE).
    command += ["--compile-bytecode", "--project", str(env.project)]
    command += [] if dev else ["--no-dev"]
    done = subprocess.run(command, env=clean_environment())
    if done.returncode:
        raise SetupError(
            f"uv could not install the {env.name} environment (its words are above). "
            "Check the network or the index mirror (UV_DEFAULT_INDEX) and run this again."
        )
    # What a development set-up has includes what running needs.
    for kind in {dev, False}:
        env.stamp(kind).write_text(env.wanted(kind))


def clean_environment() -> dict[str, str]:
    """The environment without what would send uv to somebody else's virtual environment."""
    unwanted = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT"}
    return {key: value for key, value in os.environ.items() if key not in unwanted}


def find_uv() -> str:
    """Return a uv of the wanted version, brought if need be. Raises `SetupError`."""
    own = TOOLS / "bin" / "uv"
    if own.exists() and _output([str(own), "--version"]).split()[1:2] == [UV_VERSION]:
        return str(own)
    say(f"bringing uv {UV_VERSION} …")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(TOOLS)], capture_output=True, text=True
    )
    if made.returncode == 0:
        got = subprocess.run(
            [str(TOOLS / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={UV_VERSION}"],
            capture_output=True,
            text=True,
        )
        if got.returncode == 0:
            return str(own)
        reason = got.stderr.strip()
    else:
        reason = "this Python has no venv (Debian: apt install python3-venv)"
    if found := shutil.which("uv"):
        say(f"could not bring it ({reason.splitlines()[-1]}); using {found} instead")
        return found
    raise SetupError(f"uv could not be brought: {reason}")


def _find_python(uv: str, versions: tuple[str, ...]) -> str:
    for version in versions:
        for candidate in _candidates(uv, version):
            if _is_python(candidate, version):
                return candidate
    version = versions[0]
    say(f"no Python {version} on this machine; installing one …")
    subprocess.run([uv, "python", "install", "--quiet", version], env=clean_environment())
    found = _output([uv, "python", "find", "--managed-python", version])
    if found and _is_python(found, version):
        return found
    raise SetupError(
        f"Python {version} is needed and could not be found or installed. Install it "
        f"(pyenv install {version}, or your system's package) and run this again, or name it: "
        f"MOTCUA_PYTHON_{version.replace('.', '_')}=/path/to/python"
    )


def _candidates(uv: str, version: str) -> Iterator[str]:
    """Where a Python of `version` may be, the likeliest first."""
    if named := os.environ.get(f"MOTCUA_PYTHON_{version.replace('.', '_')}"):
        yield named
    if f"{sys.version_info.major}.{sys.version_info.minor}" == version:
        yield sys.executable
    # pyenv's shims answer only for versions in force, and uv stumbles on them: look behind them.
    for pyenv in {os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")} - {""}:
        yield from sorted(map(str, Path(pyenv).glob(f"versions/{version}.*/bin/python")))[::-1]
    if found := shutil.which(f"python{version}"):
        yield found
    if found := _output([uv, "python", "find", "--no-python-downloads", version]):
        yield found


def _is_python(path: str, version: str) -> bool:
    code = "import sys, ssl, sqlite3; print('%d.%d' % sys.version_info[:2])"
    return _output([path, "-c", code]) == version


def _output(command: list[str]) -> str:
    """What a command prints, or nothing where it cannot be run or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=clean_environment())
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main(arguments: list[str]) -> int:
    """Set up what is missing, then become the command. `setup --dev` only sets up."""
    dev = arguments[:2] == ["setup", "--dev"]
    try:
        ensure_environments(dev)
    except SetupError as error:
        say(str(error))
        return 1
    if arguments[:1] == ["setup"]:
        return 0
    os.environ["PYTHONPATH"] = str(ROOT)
    os.execv(APPLICATION.python, [str(APPLICATION.python), "-m", "cli", *arguments])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
