"""Reading a turn from Rasa's tracker, and what is remembered after it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from rasa_sdk import Tracker

from actions.turn import Reply, State, Turn, after, changes, read
from language.blocks import Button, Buttons, Text, to_dict

LATE_EVENING = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
HELLO = Text("Chào")


def turn_with(state: State, text: str = "", payload: str = "menu") -> Turn:
    return Turn("web", "visitor", text, payload, {}, state, LATE_EVENING)


def tracker(slots: dict[str, object] | None = None, **message: object) -> Tracker:
    return Tracker.from_dict(
        {
            "sender_id": "web:visitor:1",
            "slots": slots or {},
            "latest_message": {"text": "xin chào", "entities": [], **message},
        }
    )


def test_a_turn_is_read() -> None:
    pressed = [{"entity": "payload", "value": "ask:transfer:fee"}]
    turn = read(tracker({"misses": 1.0, "choices": ["menu"]}, entities=pressed), LATE_EVENING)
    assert (turn.channel, turn.sender) == ("web", "visitor:1")
    assert turn.payload == "ask:transfer:fee"
    assert turn.arguments == ("transfer", "fee")
    assert turn.state == State(choices=("menu",), misses=1)


def test_the_day_is_that_of_vietnam() -> None:
    assert read(tracker(), LATE_EVENING).as_of == date(2026, 11, 17)


@pytest.mark.parametrize(
    "slots",
    [
        {"context": "x", "choices": "menu", "said": {"kind": "text"}, "misses": None},
        {"language": "fr", "sum": [1], "again": None},
        {},
    ],
)
def test_malformed_slots_are_as_if_never_set(slots: dict[str, object]) -> None:
    assert read(tracker(slots), LATE_EVENING).state == State()


def test_choices_and_words_are_read_off_the_answer() -> None:
    buttons = Buttons((Button("Một", "menu"), Button("Hai", "status")))
    state = after(turn_with(State(misses=2)), Reply((HELLO, buttons)))
    assert state.choices == ("menu", "status")
    assert state.said == (to_dict(HELLO), to_dict(buttons))
    assert state.misses == 0


def test_a_dossiers_answer_is_not_kept() -> None:
    state = after(turn_with(State(said=(to_dict(HELLO),))), Reply((HELLO,), again="status:X"))
    assert state.said == ()
    assert state.again == "status:X"


def test_thanks_leave_choices_standing() -> None:
    before = State(choices=("menu",), said=(to_dict(HELLO),), sum={"price": 1})
    assert after(turn_with(before), Reply((Text("Không có gì"),), keep=True)) == before


def test_beginning_anew_forgets_all_but_the_language() -> None:
    before = State(
        context={"procedure": "gift"}, province="hue", again="status:X", misses=1, language="en"
    )
    assert after(turn_with(before), Reply((HELLO,), forget=True)) == State(language="en")


@pytest.mark.parametrize(
    ("before", "text", "after_it"),
    [
        ("vi", "how much does a transfer cost", "en"),
        ("en", "sang tên mất bao lâu", "vi"),
        ("en", "sang ten mat bao lau", "vi"),
        ("en", "ok", "en"),
        ("en", "H60.12.01-261016-0001", "en"),
        ("en", "2 billion", "en"),
        ("vi", "ok", "vi"),
        ("vi", "Hello", "vi"),
        ("vi", "2 tỷ", "vi"),
    ],
)
def test_the_language_is_that_of_the_message_or_as_before(
    before: str, text: str, after_it: str
) -> None:
    state = State(language="en" if before == "en" else "vi")
    assert turn_with(state, text, payload="").language == after_it


def test_a_button_is_answered_in_the_language_it_was_offered_in() -> None:
    assert turn_with(State(language="en"), "ask:transfer", "ask:transfer").language == "en"


def test_only_what_changed_is_told_to_rasa() -> None:
    events = changes(State(), State(choices=("menu",), misses=1))
    assert {event["name"]: event["value"] for event in events} == {"choices": ["menu"], "misses": 1}
