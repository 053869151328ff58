"""Finding a procedure by its title: what is meant is found, what is not is left alone."""

from __future__ import annotations

import pytest

from procedures.titles import ANSWER_SCORE, OFFER_SCORE, TitleIndex, same_title

TITLES = {
    "terrace": "Dựng lại cột mốc ranh giới ruộng bậc thang",
    "pond": "Đăng ký sử dụng mặt nước ao làng để nuôi cá lồng; gia hạn quyền nuôi cá lồng trên ao "
    "làng; trả lại mặt nước ao làng",
    "shade": "Đăng ký trồng cây bóng mát trên bờ kênh, chặt hạ cây bóng mát",
    "right_1": "Đăng ký quyền sử dụng đất bãi bồi ven sông",
    "right_2": "Đăng ký quyền sử dụng đất bãi bồi ven biển",
}
INDEX = TitleIndex((name, title) for name, title in TITLES.items())


def best(message: str) -> tuple[str, float]:
    return next(iter(INDEX.find(message)), ("", 0.0))


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("Dựng lại cột mốc ranh giới ruộng bậc thang", "terrace"),
        ("dung lai cot moc ranh gioi ruong bac thang can giay to gi", "terrace"),
        ("cho em hỏi dựng lại cột mốc ruộng bậc thang mất bao lâu ạ?", "terrace"),
        ("gia hạn quyền nuôi cá lồng trên ao làng nộp ở đâu", "pond"),
        ("chặt hạ cây bóng mát", "shade"),
    ],
)
def test_a_title_or_one_of_its_cases_is_found(message: str, meant: str) -> None:
    found, score = best(message)
    assert found == meant
    assert score >= ANSWER_SCORE


@pytest.mark.parametrize(
    "message",
    [
        "",
        "?",
        "đăng ký",
        "hôm nay thời tiết thế nào",
        "đăng ký kết hôn cần giấy tờ gì",
        "đăng ký quyền nuôi con sau ly hôn",
        "tôi muốn mua ruộng",
        "cột mốc",
        "a" * 5000,
    ],
)
def test_what_no_title_says_is_not_found(message: str) -> None:
    assert best(message)[1] < OFFER_SCORE


def test_titles_that_differ_by_a_word_are_a_near_tie() -> None:
    (_, first), (_, second), *_ = INDEX.find("đăng ký quyền sử dụng đất bãi bồi ven")
    assert first - second < 0.1


def test_a_title_that_many_share_weighs_as_one() -> None:
    many = TitleIndex([*((n, TITLES["terrace"]) for n in range(9)), (99, TITLES["right_1"])])
    found = many.find(TITLES["terrace"])
    assert {owner for owner, score in found if score == 1.0} == set(range(9))


def test_titles_are_the_same_but_for_case_and_punctuation() -> None:
    assert same_title("Tách thửa, hợp thửa đất.", "TÁCH THỬA HỢP THỬA ĐẤT")
    assert not same_title("Tách thửa đất", "Hợp thửa đất")
