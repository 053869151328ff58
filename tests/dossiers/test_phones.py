"""Telephone cells: every wrong form of a number that the offices' exports show."""

from __future__ import annotations

import csv
from typing import Any

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.privacy import Vault
from dossiers.phones import (
    OLD_PREFIXES,
    REASONS_VI,
    NoSms,
    mobile_prefixes,
    national,
    phone_index,
    read_phones,
)
from tests.dossiers.exports import DAYS, DEMO

tails = st.from_regex(r"[0-9]{7}", fullmatch=True)
mobiles = st.builds(lambda p, t: f"0{p}{t}", st.sampled_from(sorted(mobile_prefixes())), tails)


def test_there_are_21_pairs_each_from_an_unused_to_a_used_prefix() -> None:
    assert len(OLD_PREFIXES) == len(set(OLD_PREFIXES.values())) == 21
    assert {new[1:] for new in OLD_PREFIXES.values()} <= mobile_prefixes()


@pytest.mark.parametrize(("old", "new"), OLD_PREFIXES.items())
def test_old_numbers_are_brought_up_to_date(old: str, new: str) -> None:
    want = f"+84{new[1:]}6282248"
    for written in (f"{old}6282248", f"{old[1:]}6282248", f"+84{old[1:]}6282248"):
        phones = read_phones(written)
        assert (phones.mobile, phones.migrated, phones.last_fours) == (want, True, ("2248",))


@given(mobiles)
def test_a_mobile_number_in_any_dress(number: str) -> None:
    want = f"+84{number[1:]}"
    for written in (
        number,
        number[1:],
        f"84{number[1:]}",
        f"+84{number[1:]}",
        f"0084{number[1:]}",
        f"0+84{number[1:]}",
        f"+84 (0) {number[1:]}",
        f"{number[:4]}.{number[4:7]}.{number[7:]}",
        f"{number[:4]} {number[4:7]} {number[7:]}",
        f"{number[:4]}-{number[4:7]}-{number[7:]}",
        f"{number[1:]}.0",
        f"'{number}",
        f"ĐT: {number} (chị Lan)",
        "O" + number[1:],
        f"\u200b{number}\u00a0",
    ):
        phones = read_phones(written)
        assert phones.mobile == want, written
        assert phones.no_sms is None
        assert phones.last_fours == (number[-4:],)
        assert not phones.migrated
    assert national(want) == number


@given(mobiles, mobiles, st.sampled_from(["/", " / ", ";", " - ", " ", ", ", " hoặc ", "\n", ""]))
def test_of_two_numbers_the_first_is_texted_and_both_prove(
    first: str, second: str, between: str
) -> None:
    phones = read_phones(first + between + second)
    assert phones.mobile == f"+84{first[1:]}"
    assert phones.last_fours == tuple(dict.fromkeys([first[-4:], second[-4:]]))


@pytest.mark.parametrize(
    ("written", "mobile", "last_fours"),
    [
        ("0207382395 / 0912345678", "+84912345678", ("2395", "5678")),
        ("0912.345.678/0987654321", "+84912345678", ("5678", "4321")),
        ("84938267341", "+84938267341", ("7341",)),
        ("0l23 628 2248", "+84836282248", ("2248",)),
    ],
)
def test_mixed_cells(written: str, mobile: str, last_fours: tuple[str, ...]) -> None:
    phones = read_phones(written)
    assert (phones.mobile, phones.last_fours) == (mobile, last_fours)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("", NoSms.NONE),
        ("  - ", NoSms.NONE),
        ("Không có", NoSms.NONE),
        ("0000000000", NoSms.NONE),
        ("09168339", NoSms.SHORT),
        ("0207382395", NoSms.LANDLINE),
        ("02073822222", NoSms.LANDLINE),
        ("0207 3822222 (102)", NoSms.LANDLINE),
        ("+84 24 3825 1234", NoSms.LANDLINE),
        ("113", NoSms.SERVICE),
        ("1900 1234", NoSms.SERVICE),
        ("+1 650 253 0000", NoSms.FOREIGN),
        ("0123456789", NoSms.INVALID),
        ("01701234567", NoSms.INVALID),
        ("091234567890", NoSms.LONG),
        ("9.12346E+08", NoSms.UNREADABLE),
        ("hỏi cán bộ", NoSms.UNREADABLE),
    ],
)
def test_no_sms_and_why(written: str, why: NoSms) -> None:
    phones = read_phones(written)
    assert (phones.mobile, phones.no_sms) == (None, why)
    assert REASONS_VI[why]


@given(st.text(alphabet="0123456789 +-./()OoIlEeđ,;", max_size=40) | st.text(max_size=40))
def test_any_cell_gives_a_dialable_number_or_a_reason(written: str) -> None:
    phones = read_phones(written)
    assert (phones.mobile is None) == (phones.no_sms is not None)
    assert all(len(last) == 4 and last.isdigit() for last in phones.last_fours)
    if phones.mobile:
        parsed = phonenumbers.parse(phones.mobile)
        assert parsed.country_code == 84
        assert phonenumbers.is_possible_number(parsed)
        assert phones.mobile[-4:] in phones.last_fours


def test_libphonenumber_agrees_on_every_prefix_it_knows_whole() -> None:
    for prefix in mobile_prefixes():
        blocks = [phonenumbers.parse(f"+84{prefix}{block}000000") for block in range(10)]
        assert any(phonenumbers.is_valid_number(number) for number in blocks)


def test_the_samples_numbers(truth: dict[str, Any]) -> None:
    no_sms: dict[str, str] = {}
    migrated: dict[str, str] = {}
    written: set[str] = set()
    for day in DAYS:
        with (DEMO / day).open(encoding="utf-8-sig", newline="") as stream:
            for cells in csv.DictReader(stream, delimiter=";"):
                cell = cells["Số điện thoại"]
                phones = read_phones(cell)
                written.add(cell)
                if phones.no_sms:
                    no_sms[cells["Mã hồ sơ"]] = phones.no_sms.value
                if phones.migrated and phones.mobile:
                    migrated[cell] = national(phones.mobile)
    assert no_sms == truth["no_sms"]
    # One of the truth's pairs stands in no row of the three files.
    assert migrated == {old: new for old, new in truth["old_numbers"].items() if old in written}
    for old, new in truth["old_numbers"].items():
        assert national(read_phones(old).mobile or "") == new


def test_the_index_is_keyed_and_stable() -> None:
    one, other = Vault("one"), Vault("other")
    assert phone_index(one, "+84912345678") == phone_index(one, "+84912345678")
    assert phone_index(one, "+84912345678") != phone_index(other, "+84912345678")
