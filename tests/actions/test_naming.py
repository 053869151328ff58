"""The bare words that name a procedure in passing, and those that rule one out."""

from __future__ import annotations

import pytest

from actions.naming import ACTS, NAMES, act_alone, names_in, without_address
from language.abbreviations import plain_words
from tests.actions.conftest import CATALOGUE


def named(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found = names_in(" ".join(word for word in plain_words(text) if word != "?"))
    return found.meant, found.ruled_out


@pytest.mark.parametrize(
    ("text", "meant", "ruled_out"),
    [
        ("không phải gộp, tôi muốn cắt ra", ["split_parcel"], ["merge_parcel"]),
        ("chẳng bán chác gì, cho cháu nội thôi", ["gift"], ["transfer"]),
        ("có mất đâu, chỉ bị nhòe mực", ["replace_certificate"], []),
        ("xóa thế chấp chứ không phải thế chấp", ["release_mortgage"], ["mortgage"]),
        ("đăng ký thế chấp", ["mortgage"], []),
        ("not a gift, I am selling it", ["transfer"], ["gift"]),
        ("không có di chúc thì thừa kế sao", ["inheritance"], []),
        ("hết bao nhiêu tiền", [], []),
        ("má bán cho con chứ không cho không", ["transfer"], ["gift"]),
        ("tìm thấy rồi mà bị ướt không đọc được", ["replace_certificate"], ["reissue_lost"]),
        ("không tìm thấy", ["reissue_lost"], []),
        ("let me correct that, she is giving it to me", ["gift"], []),
        ("làm mất mấy ngày", [], []),
        ("xong rồi mất bao lâu", [], []),
    ],
)
def test_what_is_named_and_what_is_denied(
    text: str, meant: list[str], ruled_out: list[str]
) -> None:
    assert named(text) == (tuple(meant), tuple(ruled_out))


def test_who_is_to_be_told_is_given_nothing() -> None:
    assert named("cho chú hỏi thời hạn với") == ((), ())
    assert named("dạ cho em xin biểu mẫu") == ((), ())
    assert named("cho em gái mảnh đất") == (("gift",), ())
    assert without_address("cho co hoi nop o dau") == "hoi nop o dau"


def test_every_name_is_a_procedure_of_the_catalogue() -> None:
    assert set(NAMES) <= set(CATALOGUE.ids())


@pytest.mark.parametrize(
    ("text", "procedures"),
    [
        ("thủ tục sang tên cần giấy tờ gì?", ["transfer"]),
        ("tang cho het bao nhieu tien vay a", ["gift"]),
        ("cho em hỏi xóa thế chấp nộp ở đâu", ["release_mortgage"]),
        ("đăng ký thế chấp mất bao lâu", ["mortgage"]),
        ("chuyển nhượng mất mấy ngày vậy chị", ["transfer"]),
        ("sang tên cho con hết bao nhiêu", []),
        ("sang tên cho chị", []),
        ("sang tên xe máy cần giấy tờ gì", []),
        ("đính chính giấy khai sinh mất bao lâu", []),
        ("chuyển nhượng cổ phần hết bao nhiêu tiền", []),
        ("gia hạn nộp ở đâu", ["extend_term"]),
        ("gia hạn hộ chiếu nộp ở đâu", []),
        ("cấp lại mất bao lâu", ["reissue_lost", "replace_certificate"]),
        ("cấp lại bằng lái mất bao lâu", []),
        ("chuyển nhượng hay tặng cho thì cần giấy gì", []),
    ],
)
def test_an_act_alone_is_of_land(text: str, procedures: list[str]) -> None:
    plain = " ".join(word for word in plain_words(text) if word != "?")
    assert act_alone(plain) == tuple(procedures)


def test_every_act_is_of_a_procedure_of_the_catalogue() -> None:
    assert {name for may_be in ACTS.values() for name in may_be} <= set(CATALOGUE.ids())
