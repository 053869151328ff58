"""Asking for an officer and complaining where officers have accounts: what is offered, and when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

import helpdesk.models
from bot.channels import tokens
from core.settings import Settings
from helpdesk.cases import Cases
from helpdesk.models import DeskQuestion, Rating
from helpdesk.vocabulary import Awaited, Kind, Reason
from tests.actions.conftest import Conversation

_ = helpdesk.models


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"desk_officers": {"lan": "$argon2id$x"}})


def cases(talk: Conversation) -> Cases:
    return Cases(talk.rooms.sessions, talk.rooms.vault)


def test_within_hours_a_talk_is_offered_and_begins_when_it_is_chosen(talk: Conversation) -> None:
    talk.act("action_ask_procedure", text="Sang tên mất bao lâu?")
    talk.act("action_ask_human", text="cho tôi gặp cán bộ")
    assert "07:30–11:30" in talk.text and "0207 123 4567" in talk.text
    assert list(talk.buttons.values()) == ["human:talk", "human:call", "office"]
    assert cases(talk).queue() == []  # what was only taken for a wish silences nobody
    talk.act("action_ask_human", payload="human:talk")
    (one,) = cases(talk).queue()
    assert one.reference in talk.text and one.kind is Kind.CHAT
    shown = cases(talk).show(one.reference)
    assert shown and shown.lines[0].text == "Sang tên mất bao lâu?"


@pytest.mark.parametrize("later", [timedelta(hours=9), timedelta(hours=2), timedelta(days=4)])
def test_outside_hours_and_on_days_off_a_call_is_offered(
    talk: Conversation, later: timedelta
) -> None:
    talk.wait(seconds=later.total_seconds())
    talk.act("action_ask_human", payload="human:talk")  # of a button that is hours old
    assert list(talk.buttons.values()) == ["human:call", "office"]
    assert cases(talk).queue() == []
    talk.act("action_ask_human", payload="human:call")
    with talk.rooms.sessions() as session:
        assert session.scalars(select(DeskQuestion)).one().awaited is Awaited.PHONE


def test_by_sms_the_number_is_known_and_no_talk_is_offered_without_an_account(
    talk: Conversation,
) -> None:
    talk.sender = "sms:fingerprint"
    talk.act("action_ask_human", text="gặp cán bộ")
    assert "human:talk" not in talk.buttons.values()
    talk.act("action_ask_human", payload="human:call")
    talk.act("action_ask_human", payload="human:call")
    (one,) = cases(talk).queue()
    assert one.reference in talk.text and one.kind is Kind.CALLBACK


def test_a_complaint_is_offered_to_be_written_down(talk: Conversation) -> None:
    talk.act("action_complain", text="cán bộ vòi tiền")
    assert "chưa phải đơn khiếu nại" in talk.text
    offered = list(talk.buttons.values())
    assert offered == ["complain:delay", "complain:money", "complain:other", "human"]
    assert all(tokens.read(token) for token in offered)
    talk.act("action_complain", payload="complain:money")
    with talk.rooms.sessions() as session:
        asked = session.scalars(select(DeskQuestion)).one()
        assert (asked.awaited, asked.subject) == (Awaited.COMPLAINT, "money")


def test_a_bad_rating_is_asked_why_once(talk: Conversation) -> None:
    talk.act("action_rate", payload="rate:bad")
    why = talk.buttons
    assert len(why) == 4 and all(tokens.read(token) for token in why.values())
    talk.act("action_rate", payload=why["Khó hiểu"])
    talk.act("action_rate", payload=why["Sai"])
    with talk.rooms.sessions() as session:
        kept = session.scalars(select(Rating)).one()
        assert (kept.reason, kept.ref, kept.score) == (Reason.UNCLEAR, None, 0)


def test_in_english(talk: Conversation) -> None:
    talk.act("action_ask_human", text="I want to speak with an officer please")
    assert "working hours" in talk.text
