"""One person's data in the registry: found, handed out, erased, and not brought back."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from core.settings import ROOT
from dossiers import consent, recording
from dossiers.importing import Importer
from dossiers.models import Consent, Dossier, Erasure, Key, OneTimeCode, Purpose
from dossiers.otp import Codes, Made
from dossiers.person import NotANumber, bar, erase, export, find, known_by_id, known_by_phone, unbar
from dossiers.phones import NoSms, phone_index
from dossiers.proof import Limits, Outcome, Proofs, Sender
from tests.dossiers.exports import NOW, MakeExport, row
from tests.dossiers.registry import on_sqlite
from tests.sentinels import everything, traces

PHONE, ID, NAME = "0912345678", "008123456789", "Nguyễn Thị Mẫu"
OTHER = {
    "Mã_hồ_sơ": "H60.12-261102-0002",
    "Người_nộp_hồ_sơ": "Trần Văn Khác",
    "Số_CCCD": "008987654321",
    "Số_điện_thoại": "0987654321",
    "Ghi_chú": "Ông Khác nộp thêm bản vẽ",
}
ZALO = Sender("zalo", "a-person-on-zalo")


def two_people() -> list[list[str]]:
    return [row(Ghi_chú=f"{NAME} đã bổ sung"), row(**OTHER)]


def gone(importer: Importer, vault: Vault, number: str = PHONE) -> dict[str, int]:
    """Erase the holder of a number."""
    with importer.sessions.begin() as session:
        known = known_by_phone(vault, number)
        bar(session, known, NOW)
        return erase(session, find(session, vault, known), NOW)


def prove(sessions: Sessions, vault: Vault) -> None:
    """Have the person prove their right in a chat, tie their account, and ask for another."""
    proofs, codes = Proofs(sessions, vault, Limits()), Codes(sessions, vault)
    proofs.ask(ZALO, "H60.12-261102-0001", NOW)
    assert proofs.check(ZALO, "5678", NOW) is Outcome.VERIFIED
    with sessions.begin() as session:
        dossier = session.scalars(
            select(Dossier.id).where(Dossier.code == "H60.12-261102-0001")
        ).one()
        made = codes.make(session, ZALO, dossier, NOW)
    assert isinstance(made, Made)
    codes.check(ZALO, made.code, NOW)
    proofs.ask(ZALO, "H60.12-261102-0001", NOW)


def test_nothing_is_left_and_others_are_untouched(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(*two_people()), now=NOW)
    vault = importer.vault
    prove(importer.sessions, vault)
    before = everything(importer.sessions, of="H60.12-261102-0002")
    assert traces(importer.sessions, vault, PHONE, ID, NAME, ZALO)
    counts = gone(importer, vault)
    assert counts == {
        "proof_attempts": 1,
        "pending_proofs": 1,
        "verifications": 1,
        "one_time_codes": 1,
        "linked_accounts": 1,
        "dossiers": 1,
    }
    assert traces(importer.sessions, vault, PHONE, ID, NAME, ZALO) == []
    assert everything(importer.sessions, of="H60.12-261102-0002") == before
    with importer.sessions() as session:
        dossier = session.scalars(select(Dossier).where(Dossier.code == "H60.12-261102-0001")).one()
        assert (dossier.procedure_code, dossier.no_sms_reason) == ("1.013831", NoSms.ERASED)
        kept = session.scalars(select(Consent).order_by(Consent.id)).all()
    assert [(one.given, one.text) for one in kept] == [
        (True, f"{consent.LINKED.vi}\n{consent.LINKED.en}"),
        (False, consent.ERASED),
    ]


def test_twice_does_no_more_than_once(importer: Importer, make_export: MakeExport) -> None:
    importer.run(make_export(*two_people()), now=NOW)
    gone(importer, importer.vault)
    before = everything(importer.sessions)
    assert not any(gone(importer, importer.vault).values())
    assert everything(importer.sessions) == before


def test_the_next_export_does_not_bring_them_back(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(*two_people()), now=NOW)
    gone(importer, importer.vault)
    # The same rows, a moved one, and a new dossier of the same number.
    moved = row(Trạng_thái="Đã có kết quả", Ngày_có_kết_quả="20/11/2026", Ghi_chú=NAME)
    another = row(Mã_hồ_sơ="H60.12-261102-0003", Ghi_chú=f"{NAME} hẹn lại")
    for day, rows in enumerate((two_people(), [moved, row(**OTHER), another])):
        path = make_export(*rows, name=f"{day}.csv")
        summary = importer.run(path, now=NOW + timedelta(days=day))
        assert summary.erased == summary.as_dict()["erased"] == 1 + day
        assert summary.no_sms == {}
        assert traces(importer.sessions, importer.vault, PHONE, ID, NAME, ZALO) == []
        again = importer.run(path, now=NOW + timedelta(days=day))
        assert (again.changed, again.updated, again.erased) == (0, 0, 1 + day)
    with importer.sessions() as session:
        rows = session.execute(select(Dossier.code, Dossier.status))
        states = {code: status for code, status in rows}  # noqa: C416 (rows, no pairs)
    assert states["H60.12-261102-0001"] == "done"
    assert len(states) == 3


@on_sqlite
def test_an_erased_dossier_stays_so_under_another_name_and_number(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(row()), now=NOW)
    gone(importer, importer.vault)
    corrected = row(Số_điện_thoại="0977000111", Số_CCCD="", Người_nộp_hồ_sơ="Nguyễn Thị Mẫu (sửa)")
    importer.run(make_export(corrected), now=NOW)
    assert traces(importer.sessions, importer.vault, "0977000111", ID, NAME, ZALO) == []


@on_sqlite
def test_by_id_number_only_that_person_goes(importer: Importer, make_export: MakeExport) -> None:
    agent = "0977000111"
    own = row(Mã_hồ_sơ="H60.12-261102-0003")
    importer.run(
        make_export(row(Số_điện_thoại=agent), row(**{**OTHER, "Số_điện_thoại": agent}), own),
        now=NOW,
    )
    vault = importer.vault
    others = everything(importer.sessions, of="H60.12-261102-0002")
    with importer.sessions.begin() as session:
        assert find(session, vault, known_by_phone(vault, agent)).shared
        known = known_by_id(vault, ID)
        bar(session, known, NOW)
        person = find(session, vault, known)
        assert not person.shared
        assert person.numbers == (phone_index(vault, "+84912345678"),)
        assert erase(session, person, NOW)["dossiers"] == 2
    assert traces(importer.sessions, vault, PHONE, ID, NAME, ZALO) == []
    assert everything(importer.sessions, of="H60.12-261102-0002") == others
    with importer.sessions() as session:
        keys = session.scalars(select(Erasure.key).order_by(Erasure.key)).all()
    assert keys == [Key.ID, Key.PHONE]
    importer.run(make_export(row(Mã_hồ_sơ="H60.12-261102-0009", Số_điện_thoại=agent)), now=NOW)
    assert traces(importer.sessions, vault, PHONE, ID, NAME, ZALO) == []


@on_sqlite
def test_who_wants_messages_again_is_taken_in_with_new_dossiers(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(row()), now=NOW)
    gone(importer, importer.vault)
    index = phone_index(importer.vault, "+84912345678")
    with importer.sessions.begin() as session:
        assert unbar(session, index)
        assert not unbar(session, index)
    importer.run(make_export(row(), row(Mã_hồ_sơ="H60.12-261102-0003")), now=NOW)
    with importer.sessions() as session:
        rows = session.execute(select(Dossier.code, Dossier.phone_index))
        found = {code: number for code, number in rows}  # noqa: C416 (rows, no pairs)
    assert found == {"H60.12-261102-0001": None, "H60.12-261102-0003": index}


def test_an_export_holds_all_and_names_nobody_else(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(*two_people()), now=NOW)
    vault = importer.vault
    prove(importer.sessions, vault)
    with importer.sessions() as session:
        found = export(session, vault, find(session, vault, known_by_phone(vault, PHONE)))
        fingerprints = set(session.scalars(select(OneTimeCode.fingerprint)))
    (dossier,) = found["dossiers"]
    assert (dossier["applicant"], dossier["phone"]) == (NAME, "+84912345678")
    assert dossier["note"] == f"{NAME} đã bổ sung"
    assert [event["version"] for event in dossier["events"]] == [1]
    assert [one["channel"] for one in found["linked_accounts"]] == ["zalo"]
    assert [one["purpose"] for one in found["consents"]] == [Purpose.LINKED_CHAT]
    assert [one["succeeded"] for one in found["proof_attempts"]] == [True]
    assert len(found["one_time_codes"]) == len(found["verifications"]) == 1
    assert len(found["pending_proofs"]) == 1
    text = json.dumps(found, ensure_ascii=False, default=str)
    assert "Khác" not in text and "987654321" not in text
    assert not any(print_ in text for print_ in fingerprints | {ZALO.key(vault)})


@on_sqlite
def test_a_shared_number_shows_its_holder_no_names(
    importer: Importer, make_export: MakeExport
) -> None:
    importer.run(make_export(*[row(), row(**{**OTHER, "Số_điện_thoại": PHONE})]), now=NOW)
    vault = importer.vault
    with importer.sessions() as session:
        person = find(session, vault, known_by_phone(vault, PHONE))
        text = json.dumps(export(session, vault, person), ensure_ascii=False, default=str)
    assert person.shared and person.names == 2
    assert "Mẫu" not in text and "Khác" not in text


def test_no_import_slips_past_an_erasure(
    database_url: str, importer: Importer, make_export: MakeExport
) -> None:
    """While an erasure is open, an import of the same person waits for its end, and sees it."""
    path = make_export(*two_people())
    vault = importer.vault
    failed: list[BaseException] = []

    def take_in() -> None:
        try:
            importer.run(path, now=NOW)
        except BaseException as error:
            failed.append(error)

    with importer.sessions.begin() as session:
        known = known_by_phone(vault, PHONE)
        bar(session, known, NOW)
        importing = threading.Thread(target=take_in)
        importing.start()
        importing.join(timeout=1.5)
        assert importing.is_alive(), "the import did not wait"
        erase(session, find(session, vault, known), NOW)
    importing.join(timeout=60)
    assert not failed
    assert traces(importer.sessions, vault, PHONE, ID, NAME, ZALO) == []


def test_no_erasure_slips_past_an_import(
    importer: Importer, make_export: MakeExport, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An erasure that begins once a batch has looked who was erased finds what the batch wrote."""
    erasing = threading.Thread(target=gone, args=(importer, importer.vault))
    read = recording._Batch._read

    def read_and_be_slow(batch: Any, codes: Any) -> Any:
        erasing.start()
        erasing.join(timeout=1.0)
        return read(batch, codes)

    monkeypatch.setattr(recording._Batch, "_read", read_and_be_slow)
    importer.run(make_export(*two_people()), now=NOW)
    erasing.join(timeout=60)
    assert traces(importer.sessions, importer.vault, PHONE, ID, NAME, ZALO) == []


@pytest.mark.parametrize("written", ["", "113", "02073822222", "không có"])
def test_what_is_no_number_is_refused(written: str) -> None:
    vault = Vault("a secret of the tests")
    with pytest.raises(NotANumber):
        known_by_phone(vault, written)
    with pytest.raises(NotANumber):
        known_by_id(vault, written)


@pytest.mark.parametrize("moment", ["barred", "written"])
def test_a_process_killed_midway_erases_nothing(
    database_url: str, importer: Importer, make_export: MakeExport, moment: str
) -> None:
    importer.run(make_export(*two_people()), now=NOW)
    prove(importer.sessions, importer.vault)
    before = everything(importer.sessions)
    child = subprocess.run(
        [sys.executable, "-m", "tests.dossiers.erase_in_child", database_url, PHONE, moment],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == -9, child.stderr
    assert everything(importer.sessions) == before
    gone(importer, importer.vault)
    assert traces(importer.sessions, importer.vault, PHONE, ID, NAME, ZALO) == []
