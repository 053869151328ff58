"""Drafts in a conversation: by code, by title, carried on; never before the catalogue's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from actions.models import Unanswered
from core.settings import Settings
from procedures.drafts import FOLDER
from procedures.portal_import import Wanted, take_in
from tests.actions.conftest import CATALOGUE, Conversation
from tests.actions.test_procedures import said
from tests.procedures.portal_pages import page

ASK, FALLBACK = "action_ask_procedure", "action_fallback"
TERRACE = "Dựng lại cột mốc ranh giới ruộng bậc thang"
UNKNOWN = said(("other_land", 0.9))
MARK = "nơi tiếp nhận chưa rà lại"
COVERED = "1.013831"
"""Sale, gift, inheritance and more: the catalogue's own."""

Publish = Callable[..., None]


@pytest.fixture
def publish(settings: Settings, tmp_path: Path) -> Publish:
    """Have a page taken in as a draft."""
    pages = tmp_path / "pages"
    pages.mkdir()

    def put(
        code: str = "1.990001", title: str = TERRACE, province: str = "lao-cai", **parts: Any
    ) -> None:
        path = pages / f"{code}.md"
        path.write_text(page(code, title, **parts), encoding="utf-8")
        index = {code: "Quốc gia"} if not province else None
        take_in(
            [path],
            settings.state_dir / FOLDER,
            wanted=Wanted(province=province or None),
            today=date(2026, 11, 17),
            index=index,
        )

    return put


def test_a_code_is_answered_with_what_is_asked_of_it(publish: Publish, talk: Conversation) -> None:
    publish()
    talk.act(ASK, "thủ tục 1.990001 cần giấy tờ gì", **said(aspects=("documents",)))
    assert talk.text.startswith(TERRACE)
    assert "Ảnh chụp cột mốc cũ (3 bản sao)" in talk.text
    assert MARK in talk.text
    assert "77/QĐ-UBND" in talk.text


def test_a_code_alone_is_answered_whatever_the_model_makes_of_it(
    publish: Publish, talk: Conversation
) -> None:
    publish()
    for text in ("1.990001", "ma 1.990001", "1.990001.000.00.00.h38"):
        talk.act("action_out_of_scope", text)
        assert talk.text.startswith(TERRACE), text
    talk.act("action_out_of_scope", "1.990001 hết mấy đồng", **said(aspects=("fee",)))
    assert talk.text.startswith(f"{TERRACE}: 20.000 đồng")


def test_a_code_of_the_catalogue_is_answered_by_the_catalogue(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.012786", "Thủ tục nháp không được đọc lên")
    assert CATALOGUE.find_codes("1.012786") == ("reissue_lost",)
    talk.act(ASK, "1.012786 nộp ở đâu", **said(aspects=("where",)))
    assert "nháp" not in talk.text and MARK not in talk.text
    assert talk.text.startswith(CATALOGUE.name("reissue_lost"))


def test_a_code_of_several_procedures_asks_which(publish: Publish, talk: Conversation) -> None:
    publish(COVERED, "Thủ tục nháp không được đọc lên")
    talk.act("action_out_of_scope", COVERED)
    assert "một trong các thủ tục" in talk.text
    assert next(iter(talk.buttons.values())) == "ask:transfer"
    assert set(talk.buttons.values()) <= {f"ask:{p}" for p in CATALOGUE.find_codes(COVERED)}


@pytest.mark.parametrize(
    "text", ["1.999999", "giá 1.990001.000 đồng", "lô 11.990001", "H60.12.01-261016-1990001"]
)
def test_other_numbers_are_no_codes(publish: Publish, talk: Conversation, text: str) -> None:
    publish()
    talk.act(FALLBACK, text)
    assert TERRACE not in talk.text


def test_a_title_is_tried_before_it_is_said_that_nothing_is_known(
    publish: Publish, talk: Conversation
) -> None:
    publish()
    talk.act(ASK, "dung lai cot moc ruong bac thang mat bao lau", **said(("other_land", 0.9)))
    assert talk.text.startswith(TERRACE)
    with talk.rooms.sessions() as session:
        assert not session.scalars(select(Unanswered)).all()


@pytest.mark.parametrize(
    ("action", "parse"),
    [(ASK, said(("none", 0.9))), (FALLBACK, {}), ("action_out_of_scope", {})],
)
def test_wherever_nothing_was_understood_titles_are_tried(
    publish: Publish, talk: Conversation, action: str, parse: dict[str, Any]
) -> None:
    publish()
    talk.act(action, "dựng lại cột mốc ranh giới ruộng bậc thang", **parse)
    assert talk.text.startswith(TERRACE)


@pytest.mark.parametrize(
    ("action", "says"),
    [
        (ASK, "chưa có trong danh mục"),
        (FALLBACK, "chưa hiểu"),
        ("action_out_of_scope", "chỉ trả lời được"),
    ],
)
def test_what_no_title_says_is_answered_as_before(
    publish: Publish, talk: Conversation, action: str, says: str
) -> None:
    publish()
    parse = UNKNOWN if action == ASK else {}
    talk.act(action, "xây nhà không phép phạt bao nhiêu", **parse)
    assert says in talk.text


def test_a_procedure_that_was_understood_is_not_given_up_for_a_title(
    publish: Publish, talk: Conversation
) -> None:
    publish()
    talk.act(ASK, "dựng lại cột mốc sau khi tách thửa ruộng", **said(("split_parcel", 0.9)))
    assert talk.text.startswith(CATALOGUE.name("split_parcel"))


def test_who_writes_a_title_word_for_word_means_it_whatever_the_model_takes_it_for(
    publish: Publish, talk: Conversation
) -> None:
    publish()
    talk.act(ASK, f"{TERRACE} mất bao lâu", **said(("split_parcel", 0.9), aspects=("time",)))
    assert talk.text.startswith(f"{TERRACE}: 6 ngày làm việc")


def test_a_title_that_the_catalogue_covers_by_code_does_not_go_before_what_was_understood(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.012786", TERRACE)
    publish("1.990002", TERRACE, province="")
    talk.act(ASK, TERRACE, **said(("split_parcel", 0.9)))
    assert talk.text.startswith(CATALOGUE.name("split_parcel"))


def test_a_clear_title_goes_before_a_near_tie(publish: Publish, talk: Conversation) -> None:
    publish()
    near = said(("transfer", 0.4), ("gift", 0.38))
    talk.act(ASK, "dựng lại cột mốc ruộng bậc thang", **near)
    assert talk.text.startswith(TERRACE)


def test_a_title_that_the_catalogue_has_is_answered_by_the_catalogue(
    publish: Publish, talk: Conversation
) -> None:
    official = CATALOGUE.file("split_parcel").official_name
    publish(title=official)
    talk.act(FALLBACK, official)
    assert talk.text.startswith(CATALOGUE.name("split_parcel"))
    assert MARK not in talk.text


def test_the_topic_carries_over_and_a_button_answers(publish: Publish, talk: Conversation) -> None:
    publish()
    talk.act(ASK, "1.990001 cần gì", **said(aspects=("documents",)))
    talk.act(ASK, "thế còn lệ phí?", **said(("none", 0.8), aspects=("fee",)))
    assert talk.text.startswith(f"{TERRACE}: 20.000 đồng")
    talk.act(ASK, payload=talk.buttons["Nộp ở đâu?"])
    assert talk.text.startswith(f"{TERRACE}: Trung tâm Phục vụ")


def test_near_ties_are_listed_by_code_and_a_number_answers(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.990001", "Đăng ký quyền nuôi cá trên ao làng phía đông")
    publish("1.990002", "Đăng ký quyền nuôi cá trên ao làng phía tây", level="Cấp tỉnh")
    talk.act(ASK, "đăng ký quyền nuôi cá trên ao làng nộp ở đâu", **UNKNOWN)
    assert list(talk.buttons) == ["1.990001", "1.990002"]
    assert "phía tây (Cấp tỉnh, Lào Cai)" in talk.text
    talk.act("action_choose", text="2", payload="choose:2")
    assert talk.text.startswith("Đăng ký quyền nuôi cá trên ao làng phía tây")


def test_a_message_that_fits_too_many_titles_is_not_guessed_at(
    publish: Publish, talk: Conversation
) -> None:
    for n, side in enumerate(("đông", "tây", "nam", "bắc", "trên")):
        publish(f"1.99000{n}", f"Đăng ký quyền nuôi cá trên ao làng phía {side}")
    talk.act(ASK, "đăng ký quyền nuôi cá trên ao làng", **UNKNOWN)
    assert "chưa có trong danh mục" in talk.text


def test_levels_of_one_title_are_offered_apart(publish: Publish, talk: Conversation) -> None:
    publish("1.990001", level="Cấp xã")
    publish("1.990002", level="Cấp tỉnh")
    talk.act(ASK, TERRACE, **UNKNOWN)
    assert list(talk.buttons) == ["1.990001", "1.990002"]


def test_a_provinces_own_draft_goes_before_the_whole_countrys(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.990001", province="", decision="1/QĐ-BNNMT")
    publish("1.990002", province="lao-cai", decision="2/QĐ-UBND")
    publish("1.990003", province="gia-lai", decision="3/QĐ-UBND")
    talk.act(ASK, f"{TERRACE} ở Gia Lai", **UNKNOWN)
    assert "3/QĐ-UBND" in talk.text
    talk.act(ASK, f"{TERRACE} ở Hải Phòng", **UNKNOWN)
    assert "1/QĐ-BNNMT" in talk.text


def test_a_draft_of_elsewhere_lends_its_likeness_to_no_other(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.990001", "Nuôi cá lồng trên ao làng; gia hạn nuôi cá", province="gia-lai")
    publish("1.990002", "Nuôi cá lồng trên ao làng, gia hạn nuôi cá", province="")
    publish("1.990003", "Nuôi cá lồng trên ao làng", province="lao-cai")
    talk.act(ASK, "nuôi cá lồng trên ao làng ở Lào Cai", **UNKNOWN)
    assert talk.text.startswith("Nuôi cá lồng trên ao làng: thủ tục 1.990003")


def test_the_province_is_asked_for_where_several_have_it(
    publish: Publish, talk: Conversation
) -> None:
    publish("1.990002", province="lao-cai", decision="2/QĐ-UBND")
    publish("1.990003", province="gia-lai", decision="3/QĐ-UBND")
    talk.act(ASK, TERRACE, **said(("other_land", 0.9), aspects=("time",)))
    assert "cho tôi biết tỉnh" in talk.text and "Gia Lai" in talk.text
    talk.act(FALLBACK, "Gia Lai")
    assert "6 ngày làm việc" in talk.text.splitlines()[0]
    assert "3/QĐ-UBND" in talk.text
    talk.act(FALLBACK, "Huế")
    assert "chưa có thủ tục này của Huế" in talk.text


def test_a_draft_that_went_away_or_broke_leaves_no_dead_button(
    publish: Publish, talk: Conversation, settings: Settings
) -> None:
    publish()
    with (settings.state_dir / FOLDER / "1.990001.yml").open("a") as file:
        file.write("price: 5\n")
    for code in ("1_990009", "1_990001"):
        talk.act(ASK, payload=f"ask:portal_{code}:fee")
        assert "hỏi về thủ tục nào" in talk.text
    talk.act(ASK, "1.990001", **UNKNOWN)
    assert "chưa có trong danh mục" in talk.text


def test_an_installation_without_drafts_is_as_before(talk: Conversation) -> None:
    talk.act(ASK, TERRACE, **UNKNOWN)
    assert "chưa có trong danh mục" in talk.text
