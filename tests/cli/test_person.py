"""`./motcua person …` as an officer runs it: a process, its outputs, its files, its questions."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from core.database import Sessions, make_engine, session_factory
from core.privacy import Vault
from dossiers.proof import Sender
from notifier.models import Suppression
from tests.cli.running import SECRET, motcua
from tests.dossiers.exports import HEADER, as_csv, row
from tests.sentinels import everything, traces

NUMBER, ID, NAME = "0912345678", "008123456789", "Nguyễn Thị Mẫu"
NOBODY = Sender("zalo", "nobody")


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    other = row(
        Mã_hồ_sơ="H60.12-261102-0002",
        Người_nộp_hồ_sơ="Trần Văn Khác",
        Số_CCCD="008987654321",
        Số_điện_thoại="0987654321",
    )
    path.write_text(as_csv([HEADER, row(Ghi_chú=f"{NAME} bổ sung"), other]), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path, export: Path) -> Path:
    assert motcua(tmp_path, "import", export).returncode == 0
    return tmp_path


@pytest.fixture
def sessions(folder: Path) -> Sessions:
    return session_factory(make_engine(f"sqlite:///{folder / 'var' / 'motcua.db'}"))


@pytest.fixture
def vault() -> Vault:
    return Vault(SECRET.get_secret_value())


def test_an_export_in_words_and_for_machines(folder: Path) -> None:
    shown = motcua(folder, "person", "export", NUMBER)
    assert shown.returncode == 0, shown.stderr
    for words in ("HỒ SƠ: 1", "H60.12-261102-0001", NAME, "TIN NHẮN: không có", "cuộc trò chuyện"):
        assert words in shown.stdout
    assert "Khác" not in shown.stdout
    # Asked for on standard input, by the number and by the ID, it is the same.
    by_number = motcua(folder, "person", "export", "--json", said=f"{NUMBER}\n")
    by_id = motcua(folder, "person", "export", "--json", "--id-number", said=f"{ID}\n")
    first, second = json.loads(by_number.stdout), json.loads(by_id.stdout)
    assert first["dossiers"] == second["dossiers"]
    assert (first["asked_by"], second["asked_by"]) == ("phone", "id")
    assert first["dossiers"][0]["applicant"] == NAME


def test_a_file_is_its_owners_alone_even_where_one_was_there(folder: Path) -> None:
    path = folder / "person.json"
    path.write_text("older", encoding="utf-8")
    path.chmod(0o644)
    result = motcua(folder, "person", "export", NUMBER, "--json", "-o", path)
    assert result.returncode == 0, result.stderr
    assert NAME not in result.stdout
    assert json.loads(path.read_text("utf-8"))["names"] == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_erasing_asks_first_and_the_next_import_brings_nothing_back(
    folder: Path, export: Path, sessions: Sessions, vault: Vault
) -> None:
    before = everything(sessions)
    refused = motcua(folder, "person", "erase", NUMBER, said="n\n")
    assert refused.returncode == 1
    assert "Hồ sơ: 1" in refused.stderr
    assert everything(sessions) == before
    others = everything(sessions, of="H60.12-261102-0002")
    done = motcua(folder, "person", "erase", NUMBER, said="y\n")
    assert done.returncode == 0, done.stderr
    assert "Hồ sơ đã xóa thông tin người nộp: 1" in done.stdout
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY) == []
    again = motcua(folder, "import", export)
    assert "Hồ sơ không giữ thông tin người nộp, theo yêu cầu xóa" in again.stdout
    assert traces(sessions, vault, NUMBER, ID, NAME, NOBODY) == []
    assert everything(sessions, of="H60.12-261102-0002") == others
    left = json.loads(motcua(folder, "person", "export", NUMBER, "--json").stdout)
    assert (left["dossiers"], left["messages"]) == ([], [])
    assert left["erased_at"] and [one["given"] for one in left["consents"]] == [False]
    twice = motcua(folder, "person", "erase", "--yes", "--json", said=f"{NUMBER}\n")
    assert not any(json.loads(twice.stdout).values())


def test_a_shared_number_is_said_to_be_one(folder: Path) -> None:
    shared = folder / "shared.csv"
    rows = [row(Mã_hồ_sơ=f"H60.12-261103-000{n}", Người_nộp_hồ_sơ=f"Người {n}") for n in (1, 2)]
    shared.write_text(as_csv([HEADER, *rows]), encoding="utf-8")
    motcua(folder, "import", shared)
    told = motcua(folder, "person", "erase", NUMBER, said="n\n").stderr
    assert "3 người khác nhau" in told and "--id-number" in told
    assert NAME not in motcua(folder, "person", "export", NUMBER).stdout


def test_a_word_at_the_counter(folder: Path, sessions: Sessions) -> None:
    assert motcua(folder, "person", "opt-out", NUMBER, "--channel", "counter").returncode == 0
    assert motcua(folder, "person", "opt-out", NUMBER).returncode == 0
    with sessions() as session:
        assert session.scalars(select(Suppression.source)).all() == ["counter"]
    assert motcua(folder, "person", "opt-in", said=f"{NUMBER}\n").returncode == 0
    with sessions() as session:
        assert session.scalars(select(Suppression)).all() == []
    said = json.loads(motcua(folder, "person", "export", NUMBER, "--json").stdout)["consents"]
    assert [one["given"] for one in said] == [False, False, True]
    assert all(one["channel"] == "counter" and one["text"] for one in said)


@pytest.mark.parametrize("command", ["export", "erase", "opt-out"])
def test_what_is_no_number_is_refused_without_being_repeated(tmp_path: Path, command: str) -> None:
    result = motcua(tmp_path, "person", command, "0207382222299")
    assert result.returncode == 1
    assert "0207382222299" not in result.stdout + result.stderr


def test_an_id_number_in_the_command_is_refused(tmp_path: Path) -> None:
    assert motcua(tmp_path, "person", "export", ID, "--id-number").returncode == 1
