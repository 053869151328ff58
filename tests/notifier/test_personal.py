"""Messages never carry who the applicant is: every template, from a dossier full of sentinels."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.database import Sessions
from dossiers.lifecycle import Language, Status
from notifier import direct
from notifier.lateness import tell_late
from notifier.plan import plan_batch
from notifier.reminders import SAYING, remind
from notifier.segments import fold_to_gsm
from notifier.templates import load_templates
from tests.notifier.conftest import JUDGE, NOON, PHONE, MakeDesk, Registry

_RUNS = count(10)
"""Examples share a database: each has people of its own."""
NAME, PARCEL, ID = "Zzyzxname", "Qqparcelqq", "079912345678"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@settings(
    max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    sentinel=st.text("abcdefgđêơẫỹ", min_size=8, max_size=20).map(lambda t: f"{NAME}{t}"),
    language=st.sampled_from(["vi", "en"]),
)
def test_no_message_says_who_the_applicant_is(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    sentinel: str,
    language: Language,
) -> None:
    desk = make_desk()
    personal: dict[str, object] = {
        "applicant_enc": registry.vault.encrypt(sentinel),
        "id_index": registry.vault.index(ID, "id"),
        "note": f"{sentinel} {ID} {PARCEL}",
        "procedure_name": f"{sentinel} {PARCEL}",
        "submitted_by": sentinel,
        "language": language,
    }
    start, run = len(registry.messages()), f"{next(_RUNS):02d}"
    waits = dict.fromkeys(SAYING, (3,))
    for n, status in enumerate(Status):
        registry.dossier(phone=f"+849{run}00{n:04d}", status=status, **personal)
        if status in SAYING:
            for size in (1, 3):
                for _ in range(size):
                    registry.dossier(
                        phone=f"+849{run}{size}0{n:04d}",
                        status=status,
                        at=NOON - timedelta(days=3),
                        backlog=True,
                        **personal,
                    )
    for _ in range(3):  # a digest
        registry.dossier(phone=f"+849{run}900000", status=Status.DONE, **personal)
    registry.dossier(phone=f"+849{run}900001", due_on=date(2026, 11, 25), backlog=True, **personal)
    late = registry.dossier(
        phone=f"+849{run}900002", new_due_on=date(2026, 12, 31), backlog=True, **personal
    )
    with sessions.begin() as session:
        while plan_batch(session, desk, NOON).events:
            pass
        remind(session, desk, waits, lambda a, b: 3, NOON)
        tell_late(session, desk, "likely", JUDGE, NOON)
        direct.send_code(session, desk, late, "424242", 5, NOON)
        direct.send_test(session, desk, PHONE, (), NOON)
    messages = registry.messages()[start:]
    assert {m.template for m in messages} == {t.key for t in load_templates().all()}
    forbidden = {NAME, sentinel, fold_to_gsm(sentinel).text, PARCEL, ID, ID[-4:], PHONE[-9:]}
    for message in messages:
        text = registry.text(message)
        assert not [word for word in forbidden if word.lower() in text.lower()], message.template
        assert message.segments <= desk.templates[message.template].limit
