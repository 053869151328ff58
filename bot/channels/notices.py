"""What a channel says by itself, when a message never reaches the conversation or gets no answer.

In the language of the message, of its page, or of what its sender wrote before; in both where
nobody knows yet, as with a picture that comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from language.blocks import Text
from language.english import is_english, is_vietnamese_alone
from language.folding import fold, has_marks


@dataclass(frozen=True)
class Notice:
    """One notice in both languages."""

    vi: str
    en: str
    tone: Literal["lead", "note"] = "lead"

    def said(self, language: str) -> Text:
        """Return it in `language`: vi, en, or empty where that is not known."""
        known = {"vi": self.vi, "en": self.en}
        return Text(known.get(language) or f"{self.vi} ({self.en})", tone=self.tone)


NOTHING_READABLE = Notice(
    "Tôi chưa đọc được nội dung tin nhắn: tôi chỉ đọc được chữ, không xem được ảnh, tệp và không "
    "nghe được tin thoại. Ông/Bà vui lòng gõ câu hỏi bằng chữ.",
    "I could not read your message: I read text only, no pictures, files or voice messages. Please "
    "type your question.",
)
CUT = Notice(
    "Tin nhắn hơi dài nên tôi chỉ đọc được 1.000 chữ cái đầu. Nếu còn thiếu ý, Ông/Bà vui lòng "
    "gửi tiếp phần còn lại.",
    "Your message is long, so I read its first 1,000 characters. Please send the rest if something "
    "is missing.",
    tone="note",
)
NO_ANSWER = Notice(
    "Xin lỗi Ông/Bà, hệ thống đang bận nên tôi chưa trả lời được. Ông/Bà vui lòng hỏi lại sau ít "
    "phút.",
    "Sorry, I cannot answer right now. Please try again in a few minutes.",
)
TOO_MANY = Notice(
    "Ông/Bà gửi nhiều tin liền nhau nên tôi chưa đọc được hết. Xin Ông/Bà đợi câu trả lời rồi gửi "
    "lại những tin còn lại.",
    "So many messages came at once that I did not read them all. Please wait for the answers, then "
    "send the others again.",
)

_WORD = re.compile(r"[a-z]+")


def language_of(text: str) -> str:
    """Return the language a message is written in, or an empty string where it does not tell: a
    number, a token of a button, "ok"."""
    if ":" in text and " " not in text.strip():
        return ""
    if is_english(text):
        return "en"
    if has_marks(text):
        return "vi"
    words = _WORD.findall(fold(text))
    vietnamese = sum(map(is_vietnamese_alone, words))
    return "vi" if vietnamese >= max(2, len(words) / 2) else ""
