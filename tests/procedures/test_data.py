"""The catalogue's facts against figures worked from the published sources.

The tables here were copied from the decrees and the provinces' decisions by hand, not from the
files they check: a slip of an editor shows as a difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from procedures.catalogue import Catalogue
from procedures.schema import TimeLimit
from procedures.vocabulary import Unit

TODAY = date(2026, 11, 24)

# Procedure → limits in the files' order: (days, mountainous or None); "d" marks calendar days.
NATIONAL: dict[str, list[tuple[float, float | None] | tuple[float, float | None, str]]] = {
    "transfer": [(8, 18)],
    "gift": [(8, 18)],
    "inheritance": [(8, 18)],
    "first_certificate": [(20, 30), (17, 27)],
    "replace_certificate": [(5, 15), (10, 20)],
    "reissue_lost": [(10, 20)],
    "split_parcel": [(12, 22)],
    "change_use": [(15, 25, "d"), (7, 17)],
    "mortgage": [(1, None)],
    "release_mortgage": [(1, None)],
    "capital_contribution": [(8, 18)],
    "correct_certificate": [(8, 18)],
    "merge_parcel": [(12, 22)],
    "extend_term": [(7, 17), (15, 25, "d")],
    "change_info": [(4, 14), (5, 15), (10, 20)],
    "asset_registration": [(8, 18), (5, 15)],
    "lease_land": [(15, 25, "d"), (4, 14)],
    "land_data": [(1, None), (10, None)],
    "dispute": [(30, None, "d"), (45, 60, "d"), (50, 60, "d")],
    "revoke": [(25, 35), (20, None)],
    "auction_allocation": [(35, 45, "d"), (15, 25, "d")],
    "household_members": [(8, 18), (10, 20)],
    "informal_transfer": [(8, 18)],
    "land_donation": [(10, 20)],
    "project_home": [(8, 18)],
    "debt_deletion": [(1, None)],
    "residential_area": [(20, 30), (15, None)],
    "added_area": [(10, 20), (20, 30)],
}

# The same as it was until 30/06/2025, under Nghị định 101/2024 (Điều 22, and the standard texts of
# the ministry in Quyết định 629/QĐ-BNNMT): limits, and the number of the first form.
BEFORE_JULY_2025: dict[str, tuple[list[tuple[float, float | None]], str]] = {
    "transfer": ([(10, 20)], "11/ĐK"),
    "gift": ([(10, 20)], "11/ĐK"),
    "inheritance": ([(10, 20)], "11/ĐK"),
    "capital_contribution": ([(10, 20)], "11/ĐK"),
    "first_certificate": ([(23, 33), (20, 30)], "04/ĐK"),
    "split_parcel": ([(15, 20)], "01/ĐK"),
    "merge_parcel": ([(15, 20)], "01/ĐK"),
    "reissue_lost": ([(10, 20)], "11/ĐK"),
    "change_info": ([(5, 15)], "11/ĐK"),
    "debt_deletion": ([(1, 11)], "11/ĐK"),
    "land_data": ([(1, None), (3, None)], "13/ĐK"),
}

# Province → procedure → first limit (lowland, mountainous), as its own decision has it.
PROVINCIAL: dict[str, dict[str, tuple[float, float | None]]] = {
    "hai-phong": {
        "transfer": (5, 15),
        "gift": (5, 15),
        "inheritance": (5, 15),
        "first_certificate": (10, 20),
        "replace_certificate": (3, 13),
        "reissue_lost": (5, 15),
        "split_parcel": (7.5, 17.5),
        "change_use": (10, 20),
    },
    "thanh-hoa": {
        "transfer": (5, 15),
        "gift": (5, 15),
        "inheritance": (5, 15),
        "first_certificate": (13, 23),
        "replace_certificate": (3, 13),
        "reissue_lost": (5, 15),
        "split_parcel": (7, 17),
        "change_use": (10, 20),
        "correct_certificate": (5, 15),
        "change_info": (3, 13),
    },
    "lang-son": {
        "transfer": (10, 20),
        "gift": (10, 20),
        "inheritance": (10, 20),
        "first_certificate": (23, None),
        "replace_certificate": (5, 15),
        "reissue_lost": (10, 20),
        "split_parcel": (15, 25),
        "change_use": (15, None),
    },
    "dong-nai": {
        "transfer": (8, 13),
        "gift": (8, 13),
        "inheritance": (8, 13),
        "first_certificate": (20, 30),
        "replace_certificate": (5, 10),
        "reissue_lost": (10, 15),
        "split_parcel": (12, 17),
        "change_use": (15, 25),
    },
    "gia-lai": {
        "transfer": (7.5, 17.5),
        "gift": (7.5, 17.5),
        "inheritance": (7.5, 17.5),
        "first_certificate": (20, 30),
        "reissue_lost": (5, 15),
        "split_parcel": (9, 19),
        "change_use": (7.5, 17.5),
    },
    "bac-ninh": {
        "transfer": (8, 18),
        "first_certificate": (30, 38),
        "replace_certificate": (5, 15),
        "reissue_lost": (10, 20),
        "split_parcel": (12, None),
        "change_use": (12, 15),
    },
    "dak-lak": {
        "transfer": (8, 18),
        "first_certificate": (20, 30),
        "replace_certificate": (5, 15),
        "reissue_lost": (10, 20),
        "split_parcel": (10, 20),
        "merge_parcel": (7.5, 17.5),
        "change_use": (15, 25),
    },
    "lai-chau": {
        "transfer": (8, 18),
        "first_certificate": (20, 30),
        "replace_certificate": (5, 15),
        "reissue_lost": (10, 20),
        "split_parcel": (12, 22),
    },
    "lao-cai": {
        "transfer": (8, 18),
        "first_certificate": (20, 30),
        "replace_certificate": (5, 15),
        "reissue_lost": (10, 20),
        "split_parcel": (12, 22),
        "change_use": (15, 25),
    },
}

# (procedure, key of the limit, province) → lowland, mountainous, and "w" working or "d" calendar
# days; copied from the portal's pages of the provinces' own codes, read on 24 November 2026.
BY_CASE: dict[tuple[str, str, str], tuple[float, float | None, str]] = {
    ("extend_term", "agricultural", "thanh-hoa"): (4, 14, "w"),  # 1.115510
    ("extend_term", "project", "thanh-hoa"): (10, 20, "w"),  # 1.115497, 1.115503
    ("extend_term", "project", "hai-phong"): (10, 20, "w"),  # 1.115600, 1.115643
    ("extend_term", "project", "dak-lak"): (7.5, 17.5, "w"),  # 1.115316, 1.115330
    ("extend_term", "project", "gia-lai"): (7.5, 17.5, "w"),  # 1.115379
    ("extend_term", "project", "lai-chau"): (15, 25, "d"),  # 1.115548, 1.115579
    ("extend_term", "project", "lang-son"): (15, None, "d"),  # 1.115709, 1.115746
    ("extend_term", "project", "bac-ninh"): (12, 15, "d"),  # 1.115438
    ("extend_term", "project", "dong-nai"): (15, 25, "w"),  # 1.115193, 1.115222
    ("extend_term", "project", "lao-cai"): (15, 25, "w"),  # 1.115651, 1.115679
    ("auction_allocation", "individual", "thanh-hoa"): (17, 20, "w"),  # 1.115518
    ("auction_allocation", "individual", "bac-ninh"): (35, 45, "d"),  # 1.115448
    ("auction_allocation", "other", "gia-lai"): (7.5, 17.5, "w"),  # 1.115354
    ("auction_allocation", "other", "hai-phong"): (10, 20, "w"),  # 1.115594
    ("lease_land", "infrastructure", "dak-lak"): (2, 12, "w"),  # 1.115253
    ("lease_land", "state", "lao-cai"): (15, 25, "w"),  # 1.115650, 1.115678
    ("change_use", "permitted", "lai-chau"): (15, 25, "d"),  # 1.115546, 1.115578
    ("informal_transfer", "usual", "lang-son"): (10, 20, "w"),  # 1.115716
    ("household_members", "public", "dak-lak"): (8, 18, "w"),  # 1.115263, 1.115264
    ("change_info", "rights", "dak-lak"): (4, 14, "w"),  # 1.115257
    ("correct_certificate", "usual", "dak-lak"): (5, 15, "w"),  # 1.115273
    ("correct_certificate", "first", "dak-lak"): (8, 18, "w"),  # 1.115320
    ("lease_land", "infrastructure", "hai-phong"): (3, 13, "w"),  # 1.115619
    ("lease_land", "infrastructure", "dong-nai"): (4, 9, "w"),  # 1.115241
    ("lease_land", "infrastructure", "lang-son"): (5, 15, "w"),  # 1.115719
    ("lease_land", "state", "thanh-hoa"): (10, 20, "w"),  # 1.115494
}

# Code → a procedure it must find.
CODES = {
    "1.115468": "transfer",
    "1.115246": "transfer",
    "1.115241": "transfer",
    "1.115362": "transfer",
    "1.115619": "transfer",
    "1.115574": "transfer",
    "1.115719": "transfer",
    "1.115668": "transfer",
    "1.115538": "transfer",
    "1.115443": "first_certificate",
    "1.115620": "first_certificate",
    "1.115520": "first_certificate",
    "1.115458": "split_parcel",
    "1.115490": "merge_parcel",
    "1.115496": "change_use",
    "1.115492": "replace_certificate",
    "1.115712": "reissue_lost",
    "1.115525": "correct_certificate",
    "1.115629": "change_info",
    "1.115510": "extend_term",
    "1.115684": "auction_allocation",
    "1.115716": "informal_transfer",
    "1.115497": "extend_term",
    "1.115448": "auction_allocation",
    "1.115452": "dispute",
    "1.115253": "lease_land",
    "1.115513": "debt_deletion",
    "1.115543": "land_donation",
    "1.115517": "revoke",
    "1.012789": "land_data",
    "1.011441": "mortgage",
    "1.011443": "release_mortgage",
}

# Procedure → province (None: the nation) → number of its first form.
FORMS: dict[str, dict[str | None, str]] = {
    "transfer": {
        None: "18",
        "hai-phong": "24",
        "lao-cai": "24",
        "lang-son": "24",
        "dong-nai": "28",
        "thanh-hoa": "29",
        "dak-lak": "36",
        "gia-lai": "18",
    },
    "first_certificate": {
        None: "15",
        "hai-phong": "21",
        "lao-cai": "21",
        "dong-nai": "23",
        "thanh-hoa": "25",
        "dak-lak": "15",
    },
    "split_parcel": {None: "21", "hai-phong": "27", "thanh-hoa": "35", "dak-lak": "37"},
    "change_use": {None: "01", "hai-phong": "02", "thanh-hoa": "09", "lang-son": "01"},
    "mortgage": {None: "01a"},
    "release_mortgage": {None: "03a"},
}


@pytest.mark.parametrize("procedure_id", NATIONAL)
def test_national_time_limits(catalogue: Catalogue, procedure_id: str) -> None:
    limits = catalogue.get(procedure_id, as_of=TODAY).contents.time.limits.values()
    assert [_figures(limit) for limit in limits] == NATIONAL[procedure_id]


@pytest.mark.parametrize(("procedure_id", "expected"), BEFORE_JULY_2025.items())
def test_what_held_under_the_decree_of_2024(
    catalogue: Catalogue, procedure_id: str, expected: tuple[list[tuple[float, float | None]], str]
) -> None:
    limits, number = expected
    for day in (date(2024, 8, 1), date(2025, 6, 30)):
        contents = catalogue.get(procedure_id, as_of=day).contents
        assert [(x.days, x.mountainous) for x in contents.time.limits.values()] == limits
        form = next(iter(contents.forms.values()))
        assert (form.number, form.confidence) == (number, None)


def test_every_procedure_is_in_the_table(catalogue: Catalogue) -> None:
    assert set(NATIONAL) == set(catalogue.ids())


@pytest.mark.parametrize("province", PROVINCIAL)
def test_provincial_time_limits(catalogue: Catalogue, province: str) -> None:
    for procedure_id, expected in PROVINCIAL[province].items():
        version = catalogue.get(procedure_id, province, as_of=TODAY)
        assert version.is_provincial, procedure_id
        limit = next(iter(version.contents.time.limits.values()))
        assert (limit.days, limit.mountainous) == expected, procedure_id


@pytest.mark.parametrize(("case", "expected"), BY_CASE.items())
def test_limits_that_differ_by_case(
    catalogue: Catalogue,
    case: tuple[str, str, str],
    expected: tuple[float, float | None, str],
) -> None:
    procedure_id, key, province = case
    version = catalogue.get(procedure_id, province, as_of=TODAY)
    assert version.is_provincial
    limit = version.contents.time.limits[key]
    unit = "d" if limit.unit is Unit.CALENDAR else "w"
    assert (limit.days, limit.mountainous, unit) == expected


@pytest.mark.parametrize("province", ["hai-phong", "gia-lai"])
def test_where_measuring_does_not_count_either(catalogue: Catalogue, province: str) -> None:
    """Read on the portal's pages of both, e.g. 1.115619 and 1.115362; not so elsewhere."""
    for procedure_id in ("transfer", "inheritance", "split_parcel", "reissue_lost"):
        for slug, said in ((province, True), ("lang-son", False)):
            rules = catalogue.get(procedure_id, slug, as_of=TODAY).contents.time.rules
            assert ("measuring" in rules) is said


def test_two_dates_of_dong_thap(catalogue: Catalogue) -> None:
    expected = {"transfer": (5, 3), "reissue_lost": (8, 2), "first_certificate": (15, 5)}
    for procedure_id, dates in expected.items():
        contents = catalogue.get(procedure_id, "dong-thap", as_of=TODAY).contents
        limit = next(iter(contents.time.limits.values()))
        assert (limit.first, limit.second) == dates


@pytest.mark.parametrize(("code", "procedure_id"), CODES.items())
def test_codes(catalogue: Catalogue, code: str, procedure_id: str) -> None:
    assert procedure_id in catalogue.find_codes(code)


@pytest.mark.parametrize("procedure_id", FORMS)
def test_form_numbers(catalogue: Catalogue, procedure_id: str) -> None:
    for province, number in FORMS[procedure_id].items():
        forms = catalogue.get(procedure_id, province, as_of=TODAY).contents.forms
        assert next(iter(forms.values())).number == number, province


def test_a_form_whose_number_is_not_known_is_not_given_as_certain(catalogue: Catalogue) -> None:
    for province in ("bac-ninh", "lai-chau"):
        form = catalogue.get("transfer", province, as_of=TODAY).contents.forms["change"]
        assert form.confidence == "low"


def test_gift_tax_changes_with_the_law_of_2026(catalogue: Catalogue) -> None:
    def told(as_of: date) -> str:
        fee = catalogue.get("gift", as_of=as_of).contents.fee
        return " ".join(line.amount.vi for line in fee.lines if line.holds(as_of))

    assert "10 triệu" in told(date(2026, 6, 30)) and "20 triệu" not in told(date(2026, 6, 30))
    assert "20 triệu" in told(date(2026, 7, 1)) and "10 triệu" not in told(date(2026, 7, 1))


def test_versions_hold_only_what_differs(catalogue: Catalogue) -> None:
    same: list[str] = []
    for procedure_id in catalogue.ids():
        file = catalogue.file(procedure_id)
        for version in file.versions:
            place = f"{procedure_id} {version.get('province')} {version['effective_from']}"
            same += [f"{place}: {path}" for path in _repeated(version, file.baseline)]
    assert same == []


def test_versions_of_one_province_do_not_overlap(catalogue: Catalogue) -> None:
    for procedure_id in catalogue.ids():
        begun: set[tuple[str | None, date]] = set()
        for head, _ in catalogue.versions(procedure_id):
            key = (head.province, head.effective_from)
            assert key not in begun, procedure_id
            begun.add(key)


def test_texts_are_plain_and_whole(catalogue: Catalogue) -> None:
    """No markup reaches a citizen, and no sentence in English carries Vietnamese words."""
    for procedure_id in catalogue.ids():
        file = catalogue.file(procedure_id)
        for path, text in _texts([file.baseline, *file.versions]):
            assert not set("<>*_`#|").intersection(text), (procedure_id, path, text)
            assert "  " not in text and text == text.strip(), (procedure_id, path, text)


def test_everything_is_also_in_english(catalogue: Catalogue) -> None:
    for procedure_id in catalogue.ids():
        file = catalogue.file(procedure_id)
        missing = [
            path for path, value in _pairs([file.baseline, *file.versions]) if not value.get("en")
        ]
        assert missing == [], procedure_id


def _figures(limit: TimeLimit) -> tuple[Any, ...]:
    figures = (limit.days, limit.mountainous)
    return (*figures, "d") if limit.unit is Unit.CALENDAR else figures


_HEAD = {"province", "effective_from", "effective_to", "decision", "codes", "unsure"}


def _repeated(over: Mapping[str, Any], base: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the fields of a version that say what the baseline says anyway."""
    for key, value in over.items():
        if not path and key in _HEAD:
            continue
        if isinstance(value, Mapping) and isinstance(base.get(key), Mapping):
            yield from _repeated(value, base[key], f"{path}{key}.")
        elif key in base and base[key] == value:
            yield f"{path}{key}"


def _pairs(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(value, Mapping):
        if "vi" in value:
            yield path, value
            return
        for key, inner in value.items():
            yield from _pairs(inner, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _pairs(inner, f"{path}[{n}]")


def _texts(value: Any) -> Iterator[tuple[str, str]]:
    for path, pair in _pairs(value):
        yield from ((f"{path}.{language}", text) for language, text in pair.items())
