"""The privacy page says what is true of this installation, in two languages."""

from __future__ import annotations

from actions.models import UNANSWERED_KEPT
from core.settings import Settings
from dossiers.proof import LINK_LASTS
from tests.web.conftest import Visitor
from web.history import KEPT_FOR
from web.pages import QUESTIONS_KEPT_DAYS


def test_the_periods_are_those_in_force(visitor: Visitor, settings: Settings) -> None:
    assert UNANSWERED_KEPT.days == QUESTIONS_KEPT_DAYS
    page = visitor.client.get("/rieng-tu").text
    assert '<html lang="vi">' in page
    for said in (
        f"xóa sau {int(KEPT_FOR.total_seconds() // 3600)} giờ",
        f"hiệu lực {settings.verified_for // 60} phút",
        f"dò mã: giữ {settings.lookup_retention_days} ngày",
        f"ai đã hỏi; giữ {QUESTIONS_KEPT_DAYS} ngày",
        f"đánh giá: giữ {settings.rating_retention_days} ngày",
        f"giữ {LINK_LASTS.days} ngày",
        "91/2025/QH15",
    ):
        assert said in page, said


def test_it_is_there_in_english(visitor: Visitor) -> None:
    page = visitor.client.get("/rieng-tu?lang=en").text
    assert '<html lang="en">' in page
    assert "How your information is kept" in page
    assert 'href="?lang=vi"' in page
    assert "Ông/Bà" not in page.split("<main")[1].split("</main>")[0]
