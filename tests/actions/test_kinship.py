"""Relatives as people call them."""

from __future__ import annotations

import pytest

from actions.kinship import relation_in
from procedures.money import Relation


@pytest.mark.parametrize(
    ("text", "relation"),
    [
        ("mẹ cho con gái căn nhà", Relation.PARENT_CHILD),
        ("ba tui de lai mieng ruong", Relation.PARENT_CHILD),
        ("bố mẹ tặng cho con nuôi", Relation.PARENT_CHILD),
        ("bố dượng cho đất", Relation.STEP),
        ("mẹ kế để lại", Relation.STEP),
        ("mẹ chồng cho đất", Relation.PARENT_IN_LAW),
        ("cho con rể mảnh vườn", Relation.PARENT_IN_LAW),
        ("chồng tặng vợ", Relation.SPOUSE),
        ("ông nội cho cháu", Relation.GRANDPARENT),
        ("bà ngoại để lại", Relation.GRANDPARENT),
        ("em trai nhận nhà của anh trai", Relation.SIBLING),
        ("chú ruột cho cháu đất", Relation.OTHER),
        ("cậu cho cháu căn nhà", Relation.OTHER),
        ("em dâu được anh chồng tặng", Relation.OTHER),
        ("anh họ tôi cho", Relation.OTHER),
        ("bạn thân tặng", Relation.OTHER),
        ("my uncle left me a plot", Relation.OTHER),
        ("my mother gives me her house", Relation.PARENT_CHILD),
        ("my mother-in-law gave it", Relation.PARENT_IN_LAW),
        ("dì để lại nửa căn hộ", Relation.OTHER),
        ("được cho mảnh đất 2 tỷ", None),
        ("tặng cho nhà đất", None),
        ("", None),
    ],
)
def test_a_relation_is_named_or_not(text: str, relation: Relation | None) -> None:
    assert relation_in(text) == relation
