"""Appointments: what holds for any receipt and any pauses, and how the office's own dates compare.

Worked cases of single dossiers, from events to what is told, are in `tests/dossiers/test_lateness`.
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date, datetime, time, timedelta

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from core.clock import VIETNAM
from core.settings import ROOT
from procedures.appointments import Reckoned, Reckoner, day_if_filed
from procedures.catalogue import load_catalogue
from procedures.deadlines import (
    DEFAULT_PATH,
    CalendarFile,
    Pause,
    WorkingCalendar,
    due_by_limit,
    load_calendar,
    run,
)
from procedures.schema import TimeLimit
from procedures.vocabulary import Unit

CATALOGUE = load_catalogue(ROOT / "data" / "procedures")
CALENDAR = load_calendar()
NATIONAL = Reckoner(lambda: CATALOGUE, CALENDAR)
UNKNOWN, SPLIT, SALE = "9.999999", "1.012784", "1.013831"

received = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(VIETNAM))
lengths = st.integers(0, 45)


@st.composite
def ended_pauses(draw: st.DrawFn) -> list[tuple[date, date]]:
    """Pauses as events give them: one after the other, none overlapping."""
    found = []
    day = draw(st.dates(date(2026, 1, 1), date(2027, 1, 31)))
    for _ in range(draw(st.integers(0, 3))):
        start = day + timedelta(days=draw(st.integers(0, 20)))
        day = start + timedelta(days=draw(st.integers(0, 30)))
        found.append((start, day))
    return found


def reckon(
    at: datetime,
    on_receipt: date | None,
    pauses: list[tuple[date, date]] | list[tuple[date, date | None]],
    *,
    code: str = UNKNOWN,
    mountainous: bool | None = None,
    paid_on: date | None = None,
    on: date | None = None,
    rules: Reckoner = NATIONAL,
) -> Reckoned:
    return rules.reckon(
        code,
        "",
        at,
        on_receipt,
        mountainous=mountainous,
        pauses=[(start, end) for start, end in pauses],
        paid_on=paid_on,
        on=on or at.date(),
    )


@given(received, lengths, ended_pauses(), st.sampled_from([UNKNOWN, SPLIT, SALE]))
def test_a_promised_date_is_put_off_and_never_brought_forward(
    at: datetime, length: int, pauses: list[tuple[date, date]], code: str
) -> None:
    promised = at.date() + timedelta(days=length)
    due = reckon(at, promised, pauses, code=code).due
    assert due is not None and due >= promised
    assert due == promised or CALENDAR.is_working(due)
    if not pauses:
        assert due == promised


@given(received, lengths, ended_pauses())
def test_one_pause_more_never_brings_a_date_forward(
    at: datetime, length: int, pauses: list[tuple[date, date]]
) -> None:
    promised = at.date() + timedelta(days=length)
    dates = [reckon(at, promised, pauses[:n]).due for n in range(len(pauses) + 1)]
    assert dates == sorted(day for day in dates if day is not None)


@given(received, ended_pauses(), st.booleans())
def test_by_the_limit_alone_pauses_only_add_and_mountains_never_shorten(
    at: datetime, pauses: list[tuple[date, date]], mountainous: bool
) -> None:
    plain = reckon(at, None, [], code=SPLIT, mountainous=mountainous).due
    paused = reckon(at, None, pauses, code=SPLIT, mountainous=mountainous).due
    lowland = reckon(at, None, pauses, code=SPLIT, mountainous=False).due
    assert plain is not None and paused is not None and lowland is not None
    assert plain <= paused and lowland <= paused
    assert CALENDAR.is_working(plain) and CALENDAR.is_working(paused)


@given(received, lengths, ended_pauses(), st.integers(0, 60))
def test_what_is_left_counts_down_to_the_date(
    at: datetime, length: int, pauses: list[tuple[date, date]], later: int
) -> None:
    on = at.date() + timedelta(days=later)
    told = reckon(at, at.date() + timedelta(days=length), pauses, on=on)
    assert told.due is not None and told.left is not None
    if on >= told.due:
        assert told.left == 0
    else:
        assert told.left == told.counted(on, told.due)
    assert told.not_counted >= 0


@given(received, lengths, ended_pauses(), st.integers(0, 20))
def test_while_a_pause_lasts_there_is_no_date_and_what_is_left_stands_still(
    at: datetime, length: int, pauses: list[tuple[date, date]], longer: int
) -> None:
    start = max([at.date(), *(end for _, end in pauses)]) + timedelta(days=1)
    lasting: list[tuple[date, date | None]] = [*pauses, (start, None)]
    promised = at.date() + timedelta(days=length)
    first = reckon(at, promised, lasting, on=start)
    later = reckon(at, promised, lasting, on=start + timedelta(days=longer))
    assert first.due is None and later.due is None
    assert first.left == later.left is not None


@given(received, st.integers(0, 40), st.integers(0, 30))
def test_a_date_that_the_office_set_anew_is_not_put_off_a_second_time(
    at: datetime, asked: int, waited: int
) -> None:
    """A split: twelve working days and no other limit in the lowlands."""
    start = at.date() + timedelta(days=asked)
    pause = (start, start + timedelta(days=waited))
    anew = reckon(at, None, [pause], code=SPLIT, mountainous=False).due
    plain = reckon(at, None, [], code=SPLIT, mountainous=False).due
    assert anew is not None and plain is not None
    assume(anew != plain)
    assert reckon(at, anew, [pause], code=SPLIT, mountainous=False).due == anew
    assert reckon(at, plain, [pause], code=SPLIT, mountainous=False).due == anew


def test_a_second_wait_counts_where_the_date_has_only_the_first() -> None:
    at = datetime(2026, 10, 1, 9, tzinfo=VIETNAM)  # a Thursday; twelve days: Monday 19/10
    first = (date(2026, 10, 5), date(2026, 10, 7))  # 6, 7: Wednesday 21/10
    second = (date(2026, 10, 12), date(2026, 10, 15))  # 13, 14, 15: Monday 26/10
    how = {"code": SPLIT, "mountainous": False}
    assert reckon(at, date(2026, 10, 19), [], **how).due == date(2026, 10, 19)
    assert reckon(at, date(2026, 10, 21), [first], **how).due == date(2026, 10, 21)
    assert reckon(at, date(2026, 10, 21), [first, second], **how).due == date(2026, 10, 26)
    assert reckon(at, date(2026, 10, 19), [first, second], **how).due == date(2026, 10, 26)


def test_a_lasting_pause_has_no_end_to_run_to() -> None:
    with pytest.raises(ValueError, match="a pause lasts"):
        run(date(2026, 11, 2), 3, CALENDAR, pauses=[Pause(date(2026, 11, 3))])


@pytest.mark.parametrize(
    ("province", "second"), [("dong-thap", date(2026, 12, 8)), (None, date(2026, 12, 10))]
)
def test_the_second_date(province: str | None, second: date) -> None:
    """A sale of 20/11, tax slip on 27/11 (four days counted), paid on Thursday 3/12.

    Đồng Tháp counts three days from the payment: 4, 7, 8. Elsewhere four of the eight are left,
    and the 4th counts first: 4, 7, 8, 9 … is 9/12 after the four of 23, 25, 26, 27.
    """
    rules = Reckoner(lambda: CATALOGUE, CALENDAR, province)
    at = datetime(2026, 11, 20, 9, tzinfo=VIETNAM)
    told = reckon(
        at,
        None,
        [(date(2026, 11, 27), date(2026, 12, 3))],
        code=SALE,
        mountainous=False,
        paid_on=date(2026, 12, 3),
        rules=rules,
    )
    assert told.due == second if province else told.due is None


def test_a_dossier_is_governed_by_the_version_in_force_when_it_was_received() -> None:
    """Hải Phòng's own seven and a half days for a split hold from 1 July 2026."""
    rules = Reckoner(lambda: CATALOGUE, CALENDAR, "hai-phong")
    before = datetime(2026, 6, 30, 9, tzinfo=VIETNAM)
    after = datetime(2026, 7, 1, 9, tzinfo=VIETNAM)
    how = {"code": "1.012786", "mountainous": False, "rules": rules}
    assert reckon(before, None, [], **how).due == date(2026, 7, 14)  # ten
    assert reckon(after, None, [], **how).due == date(2026, 7, 8)  # five


@pytest.mark.parametrize(
    ("limit", "mountainous", "due"),
    [
        (TimeLimit(days=8), False, date(2026, 12, 3)),
        (TimeLimit(days=8, mountainous=18), True, date(2026, 12, 17)),
        (TimeLimit(days=15, unit=Unit.CALENDAR), False, date(2026, 12, 7)),  # 5/12: a Saturday
        (TimeLimit(days=1, cutoff=time(15)), False, date(2026, 11, 20)),
    ],
)
def test_the_day_if_filed_on_a_friday(limit: TimeLimit, mountainous: bool, due: date) -> None:
    assert day_if_filed(limit, date(2026, 11, 20), CALENDAR, mountainous=mountainous) == due


# --- the sample exports' own dates ---------------------------------------------------------------


def _moment(written: str) -> datetime | None:
    for form in ("%d/%m/%Y %H:%M", "%d/%m/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%d"):
        try:
            return datetime.strptime(written.strip(), form).replace(tzinfo=VIETNAM)
        except ValueError:
            continue
    return None


def _without_culture_day() -> WorkingCalendar:
    raw = yaml.safe_load(DEFAULT_PATH.read_text(encoding="utf-8"))
    day = date(2026, 11, 24)
    raw["days_off"] = [off for off in raw["days_off"] if off["date"] != day]
    raw["days_off_each_year"] = []
    raw["days_worked"].append({"date": day, "name": "not yet known to the office"})
    return WorkingCalendar(CalendarFile.model_validate(raw))


def test_the_sample_offices_dates_are_ours_or_differ_for_a_known_reason() -> None:
    """Three nights of exports: 2 747 dossiers of known procedures with both dates readable."""
    dossiers: dict[str, dict[str, str]] = {}
    for path in sorted((ROOT / "data" / "demo").glob("export-*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            dossiers |= {row["Mã hồ sơ"]: row for row in csv.DictReader(file, delimiter=";")}
    unaware = _without_culture_day()
    why: Counter[str] = Counter()
    for row in dossiers.values():
        at, promised = _moment(row["Ngày tiếp nhận"]), _moment(row["Ngày hẹn trả"])
        if at is None or promised is None or promised < at.replace(hour=0, minute=0):
            continue
        limits = [
            limit
            for procedure in CATALOGUE.find_codes(row["Mã TTHC"])
            for limit in CATALOGUE.get(procedure, as_of=at.date()).contents.time.limits.values()
        ]
        if not limits:
            continue
        ours = {due_by_limit(at, limit, CALENDAR) for limit in limits}
        counted = {
            due_by_limit(at, limit.model_copy(update={"unit": Unit.WORKING}), unaware)
            for limit in limits
        }
        if promised.date() in ours:
            why["equal"] += 1
        elif promised.date() in {due_by_limit(at, limit, unaware) for limit in limits}:
            why["the office worked on 24/11"] += 1
        elif (
            any(limit.cutoff for limit in limits)
            and unaware.between(at.date(), promised.date()) == 1
        ):
            why["the office gives same-day procedures a day"] += 1
        elif promised.date() in counted:
            why["the office counts days as working days"] += 1
        else:
            why["unexplained"] += 1
    assert why == {
        "equal": 1698,
        "the office worked on 24/11": 616,
        "the office gives same-day procedures a day": 350,
        "the office counts days as working days": 83,
    }
