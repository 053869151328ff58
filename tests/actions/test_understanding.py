"""Meaning in conversation: what is carried over, switched, put right, picked or kept going.

The model is left out: each message is given with what a model would say of it alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from actions.understanding import NONE, Context, Parse, Understanding, decide, understand
from language.dossier_code import find_code

LAND = "ask_procedure"


def said(
    text: str,
    intent: str = LAND,
    procedures: Mapping[str, float] | None = None,
    aspects: Mapping[str, float] | None = None,
    *,
    sure: float = 0.95,
    parts: tuple[str, ...] = (),
) -> Parse:
    """A message with the model's scores; without `procedures` it names none."""
    found = dict(procedures or {NONE: 0.95})
    others = {"out_of_scope": 0.01, LAND: 0.02, "calculate_fee": 0.01}
    return Parse(
        text=text,
        intents=tuple({intent: sure, **{k: v for k, v in others.items() if k != intent}}.items()),
        procedures=tuple(sorted(found.items(), key=lambda pair: -pair[1])),
        aspects=tuple(sorted((aspects or {"general": 0.9}).items(), key=lambda pair: -pair[1])),
        parts=tuple((part, 0.9) for part in parts),
        code=find_code(text),
    )


def talk(*messages: Parse) -> list[Understanding]:
    """What each message means after those before it."""
    context, meant = Context(), []
    for message in messages:
        understanding, context = understand(message, context)
        # A context survives being written into a slot and read back.
        assert Context.read(context.plain()) == context
        meant.append(understanding)
    return meant


def about(*meant: Understanding) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(understanding.procedure, understanding.aspects) for understanding in meant]


GIFT = said("tôi muốn cho cháu căn nhà", procedures={"gift": 0.97, "transfer": 0.02})
SPLIT = said(
    "cắt vườn làm hai thì mấy ngày", procedures={"split_parcel": 0.9}, aspects={"time": 1.0}
)


@pytest.mark.parametrize(
    ("scores", "decided"),
    [
        ((("gift", 0.9), ("transfer", 0.05)), "gift"),
        ((("gift", 0.45), ("transfer", 0.05)), None),  # too unlikely
        ((("gift", 0.52), ("transfer", 0.45)), None),  # a near tie
        ((), None),
    ],
)
def test_only_a_likely_procedure_well_ahead_is_answered_from(
    scores: tuple[tuple[str, float], ...], decided: str | None
) -> None:
    assert decide(scores) == decided


def test_a_follow_up_keeps_the_topic() -> None:
    meant = talk(
        GIFT,
        said("phải cầm theo giấy chi", aspects={"documents": 0.99}),
        said("vay thue thi the nao", aspects={"fee": 0.99, "steps": 0.9}),
        said("and how many weeks?", aspects={"time": 0.99}),
    )
    assert about(*meant) == [
        ("gift", ("general",)),
        ("gift", ("documents",)),
        ("gift", ("fee",)),
        ("gift", ("time",)),
    ]
    assert [understanding.carried for understanding in meant] == [False, True, True, True]


def test_a_follow_up_with_a_guessed_intent_keeps_the_topic() -> None:
    unsure = said("chỗ nào nhận", "bot_challenge", aspects={"where": 0.98}, sure=0.4)
    assert about(*talk(GIFT, unsure))[-1] == ("gift", ("where",))


def test_a_supposed_case_asks_about_conditions_of_the_topic() -> None:
    supposed = said("nếu chưa có khai sinh thì sao ạ", aspects={"documents": 0.97})
    assert about(*talk(GIFT, supposed))[-1] == ("gift", ("conditions",))


def test_another_procedure_named_changes_the_topic() -> None:
    lost = said("bị trộm lấy mất cuốn sổ thì làm sao", procedures={"reissue_lost": 0.9})
    assert about(*talk(GIFT, lost))[-1] == ("reissue_lost", ("general",))


def test_a_contrast_asks_the_same_of_another_procedure() -> None:
    merge = said(
        "còn nhập thửa thì sao", procedures={"merge_parcel": 0.8, NONE: 0.1}, aspects={"steps": 0.8}
    )
    assert about(*talk(SPLIT, merge))[-1] == ("merge_parcel", ("time",))


def test_a_correction_changes_the_topic_and_keeps_the_question() -> None:
    merge = said(
        "ý tôi là nhập thửa",
        "deny",
        {"split_parcel": 0.5, "merge_parcel": 0.45},
        {"general": 0.8},
        sure=0.7,
    )
    assert about(*talk(SPLIT, merge))[-1] == ("merge_parcel", ("time",))


def test_a_plain_no_is_no_follow_up() -> None:
    assert talk(GIFT, said("dạ thôi", "deny"))[-1].intent == "deny"


def test_going_back_to_an_earlier_topic() -> None:
    back = said(
        "quay lại vụ cho nhà hồi nãy, giấy tờ gồm gì",
        procedures={"split_parcel": 0.4, "gift": 0.3},
        aspects={"documents": 0.97},
    )
    assert about(*talk(GIFT, SPLIT, back))[-1] == ("gift", ("documents",))


def test_what_was_enumerated_is_picked_by_its_place() -> None:
    two = said(
        "hỏi 2 thứ: 1. sổ rách 2. tách đất",
        procedures={"replace_certificate": 0.6, "split_parcel": 0.4},
        parts=("replace_certificate", "split_parcel"),
    )
    meant = talk(
        two,
        said("việc thứ nhất tốn bao nhiêu", aspects={"fee": 0.99}),
        said("còn cái thứ hai", aspects={"fee": 0.6, "general": 0.5}),
        said("cái kia mấy ngày vậy", aspects={"time": 0.99}),
    )
    assert about(*meant) == [
        ("replace_certificate", ("general",)),
        ("replace_certificate", ("fee",)),
        ("split_parcel", ("fee",)),
        ("replace_certificate", ("time",)),
    ]


def test_a_near_tie_is_offered_and_chosen_by_number() -> None:
    tie = said(
        "xin lại sổ cần giấy gì",
        procedures={"reissue_lost": 0.45, "replace_certificate": 0.42},
        aspects={"documents": 0.98},
    )
    meant = talk(tie, said("2", "affirm", aspects={"general": 0.9}))
    assert meant[0].procedure is None
    assert [name for name, _ in meant[0].candidates] == ["reissue_lost", "replace_certificate"]
    assert about(meant[1]) == [("replace_certificate", ("documents",))]


def test_a_number_means_nothing_where_nothing_was_offered() -> None:
    assert talk(said("2", "affirm"))[-1].intent == "affirm"


def test_monday_is_no_second_choice() -> None:
    two = said("1. sổ rách 2. tách đất", parts=("replace_certificate", "split_parcel"))
    assert (
        talk(two, said("thứ hai cơ quan có làm không", "office_info"))[-1].intent == "office_info"
    )


def test_values_go_to_the_sum_being_worked_out() -> None:
    meant = talk(
        said("tính giúp thuế bán nhà 3 tỷ", "calculate_fee", {"transfer": 0.95}, {"fee": 0.99}),
        said("88m2", "out_of_scope", sure=0.5),
        said("gia 2,9 ty thoi", "rate", {"first_certificate": 0.2, NONE: 0.6}, sure=0.5),
    )
    assert [understanding.intent for understanding in meant] == ["calculate_fee"] * 3
    assert about(*meant) == [("transfer", ("fee",))] * 3


def test_a_dossier_is_kept_corrected_and_asked_on_about() -> None:
    meant = talk(
        said("xem giùm H46.12-250818-0092", "check_status"),
        said("bữa nào tới lấy được vậy", aspects={"time": 0.97}),
        said("gõ lộn rồi, số cuối 0095 mới đúng", "deny"),
        said("có tin gì nhắn tôi", "subscribe_sms"),
    )
    assert [(understanding.intent, understanding.code) for understanding in meant] == [
        ("check_status", "H46.12-250818-0092"),
        ("check_status", "H46.12-250818-0092"),
        ("check_status", "H46.12-250818-0095"),
        ("subscribe_sms", "H46.12-250818-0095"),
    ]


def test_the_last_digits_alone_correct_a_code() -> None:
    meant = talk(
        said("H46.12-250818-0092", "check_status"), said("nhầm, đuôi là 37", "out_of_scope")
    )
    assert meant[-1].code == "H46.12-250818-0037"


def test_a_new_question_leaves_the_dossier() -> None:
    meant = talk(said("xem giùm H46.12-250818-0092", "check_status"), GIFT)
    assert (meant[-1].intent, meant[-1].procedure) == (LAND, "gift")


def test_what_may_be_no_business_of_the_office_is_not_answered_outright() -> None:
    doubtful = Parse(
        text="sửa tên bị sai ở đâu",
        intents=((LAND, 0.75), ("out_of_scope", 0.22)),
        procedures=(("correct_certificate", 0.99),),
        aspects=(("where", 0.99),),
    )
    meant = talk(doubtful)[0]
    assert meant.procedure is None
    assert meant.candidates[0][0] == "correct_certificate"


def test_what_is_neither_surely_land_nor_known_is_out_of_scope() -> None:
    vague = said("đặt bàn bốn người", LAND, {"revoke": 0.3, NONE: 0.3}, sure=0.45)
    assert talk(vague)[0].intent == "out_of_scope"


def test_courtesies_leave_the_topic_alone() -> None:
    meant = talk(GIFT, said("cảm ơn", "thank"), said("nộp ở mô", aspects={"where": 0.99}))
    assert meant[1].intent == "thank" and meant[1].procedure is None
    assert about(meant[2]) == [("gift", ("where",))]


def test_a_second_aspect_must_be_sure() -> None:
    several = said(
        "cần gì và hết bao nhiêu cho việc tặng cho nhà này vậy ạ",
        procedures={"gift": 0.9},
        aspects={"documents": 0.95, "fee": 0.9, "where": 0.6},
    )
    assert talk(several)[0].aspects == ("documents", "fee")


def test_parse_reads_what_the_model_writes() -> None:
    parse = Parse.read(
        {
            "text": "tra H46.12-250818-0092",
            "intent_ranking": [{"name": "check_status", "confidence": 0.9}],
            "procedure_candidates": [{"procedure": NONE, "score": 0.8}],
            "aspects": [{"aspect": "general", "score": 0.4}],
        }
    )
    assert parse.intents == (("check_status", 0.9),)
    assert parse.procedures == ((NONE, 0.8),)
    assert parse.code == "H46.12-250818-0092"


@pytest.mark.parametrize("slot", [None, {}, {"procedure": 3, "topics": "x", "aspects": None}])
def test_a_malformed_context_is_as_if_never_said(slot: Mapping[str, object] | None) -> None:
    assert Context.read(slot) == Context()


def test_a_guess_that_may_be_no_business_of_ours_is_no_follow_up() -> None:
    """ "Thời tiết mai thế nào" asks how, and was once answered with the steps of a split."""
    weather = Parse(
        text="cho hỏi thời tiết mai thế nào",
        intents=((LAND, 0.46), ("goodbye", 0.32), ("out_of_scope", 0.12)),
        procedures=((NONE, 0.99),),
        aspects=(("steps", 0.9),),
    )
    how = said("vậy làm thế nào", aspects={"steps": 0.9})
    _, off, on = talk(SPLIT, weather, how)
    assert off.procedure is None
    assert about(on) == [("split_parcel", ("steps",))]
