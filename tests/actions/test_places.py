"""Provinces named in a message."""

from __future__ import annotations

import pytest

from actions.places import province_alone, province_named


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Hải Phòng", "hai-phong"),
        ("hai phong", "hai-phong"),
        ("TP. Hải Phòng.", "hai-phong"),
        ("sang tên ở Hải Phòng mất bao lâu", "hai-phong"),
        ("sang ten o hai phong mat bao lau", "hai-phong"),
        ("tôi ở tỉnh Thanh Hóa", "thanh-hoa"),
        ("lệ phí tại tphcm", "ho-chi-minh"),
        ("đất ở Sài Gòn", "ho-chi-minh"),
        ("how long does a transfer take in gia lai", "gia-lai"),
        ("how long does it take to transfer a house in Hanoi?", "ha-noi"),
        ("I live in Ho Chi Minh City, which papers?", "ho-chi-minh"),
        ("a transfer in Da Nang city", "da-nang"),
        ("tách thửa, Thành phố Hồ Chí Minh", "ho-chi-minh"),
        ("nhà có hai phòng", None),
        ("nha co hai phong", None),
        ("cây huệ trước nhà", None),
        ("máy in đa năng", None),
        ("giá lại tăng", None),
        ("sang tên mất bao lâu", None),
        ("", None),
    ],
)
def test_a_province_is_meant_or_not(text: str, slug: str | None) -> None:
    assert province_named(text) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("in gia lai", "gia-lai"),
        ("dạ em ở Hải Phòng ạ", "hai-phong"),
        ("tôi ở Hải Phòng", "hai-phong"),
        ("tỉnh Thanh Hóa", "thanh-hoa"),
        ("sang tên ở Hải Phòng", None),
    ],
)
def test_a_province_alone(text: str, slug: str | None) -> None:
    assert province_alone(text) == slug
