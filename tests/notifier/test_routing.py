"""The route: where a message may go, and where it may not go any more."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.models import new_ref
from notifier.routing import Choice, InvalidRoute, Route, Tried, Wait, choose, parse_route
from notifier.vocabulary import Outcome

NOW = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
ALL = frozenset({"zns", "esms", "twilio"})
ROUTE = parse_route("zns, esms:70 twilio:30")


def way(
    *tried: Tried,
    key: str = "k",
    carriers: frozenset[str] = ALL,
    closed: tuple[str, ...] = (),
    route: Route = ROUTE,
) -> Choice | Wait | None:
    until = {name: NOW + timedelta(seconds=n) for n, name in enumerate(closed, 1)}
    return choose(route, key=key, carriers=carriers, tried=tried, closed=until)


def provider(found: Choice | Wait | None) -> str:
    assert isinstance(found, Choice)
    return found.provider


def test_a_route_is_read() -> None:
    assert ROUTE.tiers == ({"zns": 1}, {"esms": 70, "twilio": 30})
    assert parse_route("phone").names == ("phone",)


@pytest.mark.parametrize("text", ["", "zns,", "zns zns", "zns, zns", "esms:-1", "esms:x", "eSMS"])
def test_what_is_no_route_is_refused(text: str) -> None:
    with pytest.raises(InvalidRoute):
        parse_route(text)


def test_tiers_are_tried_in_order_and_weights_hold_within_one() -> None:
    assert way() == Choice("zns", elsewhere=True, last=False)
    drawn = Counter(
        provider(way(key=new_ref(), carriers=frozenset({"esms", "twilio"}))) for _ in range(4000)
    )
    # 4,000 draws of 0.7: five standard deviations are 145.
    assert abs(drawn["esms"] - 2800) < 145


def test_a_weight_of_nought_is_for_when_the_others_are_out() -> None:
    route = parse_route("esms:1 twilio:0")
    assert {provider(way(key=str(n), route=route)) for n in range(200)} == {"esms"}
    assert provider(way(route=route, closed=("esms",))) == "twilio"


def test_what_surely_did_not_leave_goes_elsewhere_and_comes_back_when_all_have_failed() -> None:
    failed = Tried("zns", Outcome.NOT_SENT)
    second = provider(way(failed))
    assert second in ("esms", "twilio")
    third = way(failed, Tried(second, Outcome.THROTTLED))
    assert provider(third) not in ("zns", second)
    assert isinstance(third, Choice)
    assert not third.elsewhere
    everywhere = (failed, *(Tried(name, Outcome.NOT_SENT) for name in ("esms", "twilio")))
    assert provider(way(*everywhere)) == "zns"


def test_a_channel_that_cannot_reach_the_recipient_is_not_tried_again() -> None:
    refused = Tried("zns", Outcome.REJECTED)
    assert provider(way(refused)) != "zns"
    assert way(refused, carriers=frozenset({"zns"})) is None
    last = way(refused, carriers=frozenset({"zns", "esms"}))
    assert last == Choice("esms", elsewhere=False, last=True)


def test_providers_out_of_use_are_passed_over_and_waited_for_where_none_is_left() -> None:
    assert provider(way(closed=("zns",))) != "zns"
    assert way(closed=("esms", "zns", "twilio")) == Wait(NOW + timedelta(seconds=1))
    # One that is out of use is no reason to call another the last.
    other = way(carriers=frozenset({"zns", "esms"}), closed=("esms",))
    assert other == Choice("zns", elsewhere=False, last=False)


def test_no_form_anywhere_is_no_way() -> None:
    assert way(carriers=frozenset()) is None


OUTCOMES = st.sampled_from([None, *Outcome])
NAMES = st.sampled_from(sorted(ALL))


@given(
    tried=st.lists(st.builds(Tried, NAMES, OUTCOMES), max_size=8),
    key=st.text(max_size=8),
    carriers=st.frozensets(NAMES),
    closed=st.lists(NAMES, unique=True, max_size=3),
)
def test_what_may_have_arrived_never_goes_anywhere_else(
    tried: list[Tried], key: str, carriers: frozenset[str], closed: list[str]
) -> None:
    found = way(*tried, key=key, carriers=carriers, closed=tuple(closed))
    unknown = [one for one in tried if one.outcome in (None, Outcome.AMBIGUOUS)]
    if isinstance(found, Choice):
        assert found.provider in carriers - set(closed)
        assert Tried(found.provider, Outcome.REJECTED) not in tried
        if unknown:
            assert found.provider == unknown[-1].provider
            # Nor is it sent on when this one refuses it now.
            assert (found.elsewhere, found.last) == (False, True)
        assert found == way(*tried, key=key, carriers=carriers, closed=tuple(closed))
