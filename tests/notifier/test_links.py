"""The link at an SMS's end: where an office wants it and it costs nothing, and opened once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from core.database import Sessions
from core.privacy import Vault
from core.settings import Settings
from dossiers.lifecycle import Status
from dossiers.links import PAGE, linked_code, make_link
from dossiers.models import Dossier, DossierLink
from dossiers.offices import OfficeBook
from dossiers.phones import phone_index
from notifier.choices import choose
from notifier.desk import Desk, contact_lines, link_lines
from notifier.outbox import Draft, put
from notifier.plan import plan_batch
from notifier.states import State
from notifier.templates import WORST_CONTACT, WORST_VALUES, load_templates, render
from notifier.vocabulary import Why
from tests.notifier.conftest import NOON, PHONE, Registry

SITE = "https://motcua.tinh.gov.vn"
LONG = "https://mot-cua-van-phong-dang-ky-dat-dai.mot-tinh-ten-dai.gov.vn"
MakeDesk = Callable[..., Desk]


def plan(sessions: Sessions, desk: Desk) -> None:
    with sessions.begin() as session:
        plan_batch(session, desk, NOON)


def word_in(text: str) -> str:
    return text.partition(f"{PAGE}/")[2]


def test_the_link_leads_to_the_dossier_and_is_opened_once(
    sessions: Sessions, registry: Registry, vault: Vault, make_desk: MakeDesk
) -> None:
    first = registry.dossier()
    desk = replace(make_desk(), site=SITE, link_lasts=timedelta(days=30))
    plan(sessions, desk)
    (message,) = registry.messages()
    text = registry.text(message)
    assert text.endswith(f"Xem motcua.tinh.gov.vn{PAGE}/{word_in(text)}")
    assert message.segments == 1
    with sessions() as session:
        code = session.scalars(select(Dossier.code).where(Dossier.id == first)).one()
        assert linked_code(session, vault, word_in(text), NOON) == code
        assert linked_code(session, vault, word_in(text), NOON + timedelta(days=31)) != code
        (opened,) = session.scalars(select(DossierLink))
        assert opened.dossier_id == first


def test_by_default_there_is_none(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier()
    plan(sessions, make_desk())
    assert "LH " in registry.text(registry.messages()[0])
    with sessions() as session:
        assert session.scalars(select(DossierLink)).all() == []


def test_what_does_not_fit_costs_no_segment_and_opens_nothing(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier()
    plan(sessions, replace(make_desk(), site=LONG))
    (message,) = registry.messages()
    assert (message.segments, PAGE in registry.text(message)) == (1, False)
    assert "LH " in registry.text(message)
    with sessions() as session:
        assert session.scalars(select(DossierLink)).all() == []


def test_a_digest_and_who_is_not_texted_have_none(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    for _ in range(3):
        registry.dossier()
    registry.dossier(phone="+84987000111", sample=True)
    plan(sessions, replace(make_desk(real=True), site=SITE))
    assert [PAGE in registry.text(message) for message in registry.messages()] == [False, False]
    with sessions() as session:
        assert session.scalars(select(DossierLink)).all() == []


def test_a_message_that_is_there_already_opens_nothing_anew(
    sessions: Sessions, registry: Registry, vault: Vault, make_desk: MakeDesk
) -> None:
    registry.dossier()
    desk = replace(make_desk(), site=SITE, link_lasts=timedelta(days=1))
    plan(sessions, desk)
    (message,) = registry.messages()
    made = desk.templates["done"]
    later = NOON + timedelta(days=1)
    with sessions.begin() as session:
        before = session.scalars(select(DossierLink.until)).one()

        again = Draft(
            dedupe_key=message.dedupe_key,
            template=made,
            rendered=render(made, {**WORST_VALUES}, WORST_CONTACT),
            to="+84912345678",
            priority=1,
            not_before=later,
            expires_at=later,
            link=make_link(vault, message.dossier_id or 0, later, timedelta(days=9)),
        )
        assert put(session, [again], vault, later) == {}
        assert session.scalars(select(DossierLink.until)).one() == before


def test_an_english_message_says_see(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    registry.dossier(language="en", status=Status.PROCESSING)
    plan(sessions, replace(make_desk(), site=SITE))
    assert f"See {SITE}{PAGE}/" in registry.text(registry.messages()[0])


@pytest.mark.parametrize("site", [SITE, LONG, "http://127.0.0.1:8080"])
@pytest.mark.parametrize("template", load_templates().all(), ids=lambda t: t.key)
def test_with_a_link_no_text_costs_more_than_it_promises(template, site) -> None:  # type: ignore[no-untyped-def]
    ways = (*link_lines(f"{site}{PAGE}/{'x' * 12}", template.invites), *WORST_CONTACT)
    for one in template.examples(WORST_VALUES, ways):
        assert one.size.segments <= template.limit
        assert template.conforms(one.text)


def returned(registry: Registry, **columns: object) -> None:
    registry.dossier(status=Status.RETURNED, due_on=None, **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("language", "invitation"),
    [("vi", "Moi Ong/Ba cham diem phuc vu:"), ("en", "Please rate us:")],
)
def test_who_has_the_result_is_invited_to_rate(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk, language: str, invitation: str
) -> None:
    returned(registry, language=language)
    plan(sessions, replace(make_desk(), site=SITE))
    (message,) = registry.messages()
    text = registry.text(message)
    assert text.partition(" " + invitation)[2].endswith(f"{PAGE}/{word_in(text)}")
    assert len(word_in(text)) == 12
    assert text.isascii()
    assert message.segments == 1


def test_nobody_is_invited_to_what_they_cannot_reach(
    sessions: Sessions, registry: Registry, make_desk: MakeDesk
) -> None:
    """Where SMS end with the office, or the link does not fit, there is no word of stars."""
    returned(registry)
    plan(sessions, make_desk())
    returned(registry)
    plan(sessions, replace(make_desk(), site=LONG))
    texts = [registry.text(message) for message in registry.messages()]
    assert ["LH " in text for text in texts] == [True, True]
    assert not [text for text in texts if "cham diem" in text or PAGE in text]


@pytest.mark.parametrize(
    ("site", "ending"),
    [
        ("https://motcua.gov.vn", " Xin cham diem phuc vu: motcua.gov.vn/"),
        (SITE, " Cham diem phuc vu: motcua.tinh.gov.vn/"),
        ("https://motcua.mot-tinh.gov.vn", " Xem https://motcua.mot-tinh.gov.vn/"),
    ],
)
def test_an_invitation_gives_way_before_the_link_does(site: str, ending: str) -> None:
    """With the longest code and sender there is room for ever less of it."""
    template = load_templates()["returned"]
    lines = link_lines(f"{site}{PAGE}/{'x' * 12}", template.invites)
    made = render(template, WORST_VALUES, (*lines, *WORST_CONTACT))
    assert ending in made.text
    assert made.size.segments == 1


def test_who_wants_no_messages_is_not_invited_either(
    sessions: Sessions, registry: Registry, vault: Vault, make_desk: MakeDesk
) -> None:
    index = phone_index(vault, PHONE)
    assert index
    with sessions.begin() as session:
        choose(session, index, False, "counter", "vi", NOON)
    returned(registry)
    plan(sessions, replace(make_desk(), site=SITE))
    (message,) = registry.messages()
    assert (message.state, message.why) == (State.SUPPRESSED, Why.OPTED_OUT)
    assert PAGE not in registry.text(message)
    with sessions() as session:
        assert session.scalars(select(DossierLink)).all() == []


def test_the_word_is_in_no_log(
    sessions: Sessions,
    registry: Registry,
    make_desk: MakeDesk,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    registry.dossier()
    with caplog.at_level("DEBUG"):
        plan(sessions, replace(make_desk(), site=SITE))
    word = word_in(registry.text(registry.messages()[0]))
    said = caplog.text + "".join(capsys.readouterr())
    assert len(word) == 12
    assert word not in said


def test_the_setting_makes_the_desk_and_needs_an_address(tmp_path: Path, vault: Vault) -> None:
    common = {"_env_file": None, "state_dir": tmp_path}
    with pytest.raises(ValidationError, match="MOTCUA_PUBLIC_URL"):
        Settings(**common, sms_provider="esms", sms_ends_with="link")
    for ends_with, site in (("contact", ""), ("link", SITE)):
        settings = Settings(**common, sms_ends_with=ends_with, public_url=SITE, link_days=9)
        desk = Desk.of(settings, OfficeBook(), load_templates(), vault, real=False)
        assert (desk.site, desk.link_lasts) == (site, timedelta(days=9))
    assert contact_lines(settings, OfficeBook())("Chi nhánh 1")[0].startswith("LH ")
