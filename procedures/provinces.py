"""The 34 provinces since 1 July 2025, by slug, and how people write them.

A slug (``hai-phong``) is what settings, slots and the catalogue's files use. Source: Nghị quyết
202/2025/QH15 on the arrangement of provincial units.
"""

from __future__ import annotations

from language.folding import fold

PROVINCES: dict[str, str] = {
    "an-giang": "An Giang",
    "bac-ninh": "Bắc Ninh",
    "ca-mau": "Cà Mau",
    "can-tho": "Cần Thơ",
    "cao-bang": "Cao Bằng",
    "da-nang": "Đà Nẵng",
    "dak-lak": "Đắk Lắk",
    "dien-bien": "Điện Biên",
    "dong-nai": "Đồng Nai",
    "dong-thap": "Đồng Tháp",
    "gia-lai": "Gia Lai",
    "ha-noi": "Hà Nội",
    "ha-tinh": "Hà Tĩnh",
    "hai-phong": "Hải Phòng",
    "ho-chi-minh": "Thành phố Hồ Chí Minh",
    "hue": "Huế",
    "hung-yen": "Hưng Yên",
    "khanh-hoa": "Khánh Hòa",
    "lai-chau": "Lai Châu",
    "lam-dong": "Lâm Đồng",
    "lang-son": "Lạng Sơn",
    "lao-cai": "Lào Cai",
    "nghe-an": "Nghệ An",
    "ninh-binh": "Ninh Bình",
    "phu-tho": "Phú Thọ",
    "quang-ngai": "Quảng Ngãi",
    "quang-ninh": "Quảng Ninh",
    "quang-tri": "Quảng Trị",
    "son-la": "Sơn La",
    "tay-ninh": "Tây Ninh",
    "thai-nguyen": "Thái Nguyên",
    "thanh-hoa": "Thanh Hóa",
    "tuyen-quang": "Tuyên Quang",
    "vinh-long": "Vĩnh Long",
}
"""Slug → name as citizens read it."""

_OTHER_NAMES = {
    "hcm": "ho-chi-minh",
    "tphcm": "ho-chi-minh",
    "sai gon": "ho-chi-minh",
    "thua thien hue": "hue",
    "dac lac": "dak-lak",
}
_IN_ONE_WORD = {
    "saigon": "ho-chi-minh",
    **{slug.replace("-", ""): slug for slug in PROVINCES},
}
"""As those who write English do: Hanoi, Danang, Daklak."""


def find_province(text: str) -> str | None:
    """Return the slug of the province named by `text` in any writing, or None.

    The whole text must be the name, with or without ``tỉnh``/``thành phố``/``TP`` before it:
    ``"Hải Phòng"``, ``"hai phong"``, ``"TP. Hải Phòng"``, ``"hai-phong"``, ``"Haiphong City"``.
    """
    words = fold(text).replace("-", " ").replace(".", " ")
    for prefix in ("thanh pho ", "tinh ", "tp "):
        words = " ".join(words.split()).removeprefix(prefix)
    words = words.removesuffix(" city").removesuffix(" province")
    slug = words.replace(" ", "-")
    if slug in PROVINCES:
        return slug
    return _OTHER_NAMES.get(words) or _IN_ONE_WORD.get(words)
