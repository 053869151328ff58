"""What tells who somebody is, taken out of a question in every form in which people write it."""

from __future__ import annotations

import unicodedata

import pytest

from helpdesk.anonymising import (
    ADDRESS,
    CODE,
    EMAIL,
    IDENTITY,
    MASKS,
    NAME,
    NUMBER,
    PHONE,
    anonymise,
)
from language.folding import fold


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        # Telephones.
        ("gọi tôi 0912.345.678 nhé", f"gọi tôi {PHONE} nhé"),
        ("sđt 09 12 34 56 78", f"sđt {PHONE}"),
        ("0912-345-678", PHONE),
        ("+84 912 345 678 là số của em", f"{PHONE} là số của em"),
        ("84912345678", PHONE),
        ("máy bàn (024) 3825 1234", f"máy bàn {PHONE}"),
        # National IDs and certificates.
        ("cccd 079203001234 đổi sổ", f"cccd {IDENTITY} đổi sổ"),
        ("căn cước 079 203 001 234", f"căn cước {IDENTITY}"),
        ("cmnd 271234567", f"cmnd {IDENTITY}"),
        ("sổ số BA 123456 bị rách", f"sổ số {IDENTITY} bị rách"),
        # Dossier codes.
        ("hồ sơ H60.12.01-261016-0001 sao rồi", f"hồ sơ {CODE} sao rồi"),
        ("h60 12 01 261016 0001 toi dau", f"{CODE} toi dau"),
        ("000.00.12.H46-250925-0040 với H60.12.01-261016-0002", f"{CODE} với {CODE}"),
        # Addresses.
        ("nhà số 12 ngõ 5 đường Láng đổi sổ ở đâu", f"{ADDRESS} đổi sổ ở đâu"),
        ("12/3 Nguyễn Trãi muốn tách thửa", f"{ADDRESS} muốn tách thửa"),
        ("so 45 duong le loi can tach", f"{ADDRESS} can tach"),
        ("đất ở ấp 3, xã bên", f"đất ở {ADDRESS}, xã bên"),
        # Names.
        ("tôi tên là Nguyễn Văn An hỏi tách thửa", f"tôi tên là {NAME} hỏi tách thửa"),
        ("toi ten la tran thi be muon hoi", f"toi ten la {NAME} muon hoi"),
        ("sổ đứng tên ông Trần Văn Bảy bị mất", f"sổ đứng tên ông {NAME} bị mất"),
        ("bà Lan bán cho ông Hùng", f"bà {NAME} bán cho ông {NAME}"),
        ("Lê Thị Hoa cho con gái đất", f"{NAME} cho con gái đất"),
        ("my name is John Smith and I sell", f"my name is {NAME} and I sell"),
        # The rest.
        ("viết cho an.nguyen+dat@mail.com.vn", f"viết cho {EMAIL}"),
        ("thửa 123 tờ bản đồ số 45", f"thửa {NUMBER} tờ bản đồ số {NUMBER}"),
        ("xem zalo.me/0912345678 giúp", "xem giúp"),
    ],
)
def test_it_goes_and_the_question_stays(written: str, kept: str) -> None:
    assert anonymise(written) == kept
    assert anonymise(unicodedata.normalize("NFD", written)) == kept


@pytest.mark.parametrize(
    "written",
    [
        "tách thửa đất 120m2 hết bao nhiêu tiền",
        "bán nhà giá 2.500.000.000 đồng thì thuế bao nhiêu",
        "tên tôi bị ghi sai trên sổ",
        "thêm tên vợ vào sổ",
        "lệ phí thì nộp ở đâu",
        "Ông Bà cho hỏi thừa kế",
        "đất ở Hà Nội tách được không",
        "mua năm 2008 bằng giấy tay",
        "đất ngoài đường số 7 quy hoạch chưa",
    ],
)
def test_what_tells_nobody_apart_stays(written: str) -> None:
    assert anonymise(written) == written


@pytest.mark.parametrize("mask", MASKS)
def test_it_may_be_done_twice(mask: str) -> None:
    assert anonymise(f"hỏi {mask} chút") == f"hỏi {mask} chút"


def test_nothing_of_a_person_is_left_in_a_long_letter() -> None:
    letter = (
        "Kính gửi cơ quan, tôi tên là Phạm Thị Tuyết Nhung, sinh 1961, CCCD 001 161 012 345, ở số 7"
        " ngách 12/4 phố Vọng, điện thoại 0987 654 321 hoặc nhung.pham@vnmail.vn, hồ sơ"
        " H60.12.01-261016-0001 của chồng là ông Đỗ Hữu Nghĩa, thửa đất số 88 tờ bản đồ 12."
    )
    left = fold(anonymise(letter))
    gone = ("tuyet", "nhung", "nghia", "012", "345", "987", "654", "vong", "h60", "261016", "88")
    assert not [piece for piece in gone if piece in left]
