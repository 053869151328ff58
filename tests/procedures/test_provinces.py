"""Names of provinces as people write them."""

from __future__ import annotations

import pytest

from procedures.provinces import PROVINCES, find_province


def test_there_are_thirty_four() -> None:
    assert len(PROVINCES) == 34
    assert all(find_province(slug) == slug for slug in PROVINCES)
    assert all(find_province(name) == slug for slug, name in PROVINCES.items())


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("TP. Hồ Chí Minh", "ho-chi-minh"),
        ("tphcm", "ho-chi-minh"),
        ("Sài Gòn", "ho-chi-minh"),
        ("thành phố Đồng Nai", "dong-nai"),
        ("tinh dak lak", "dak-lak"),
        ("Đắc Lắc", "dak-lak"),
        ("Hanoi", "ha-noi"),
        ("Ho Chi Minh City", "ho-chi-minh"),
        ("Lao Cai province", "lao-cai"),
        ("Saigon", "ho-chi-minh"),
        ("  HẢI PHÒNG ", "hai-phong"),
        ("Bình Dương", None),
        ("Hải Phòng và Huế", None),
        ("", None),
    ],
)
def test_names(text: str, slug: str | None) -> None:
    assert find_province(text) == slug
