"""What people agreed to and withdrew: who, what, when, through which channel, in which words.

Law 91/2025/QH15 wants consent that can be shown and taken back as easily as it was given. A record
is added and never changed; the latest one holds. The person is known by the index of their number.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.texts import Words
from dossiers.models import Consent, Purpose

LINKED = Words(
    vi="Tài khoản trò chuyện này được gắn với số điện thoại trong hồ sơ để lần sau xem hồ sơ không "
    "phải chứng minh lại. Ông/Bà nhắn “bắt đầu lại” để bỏ gắn.",
    en="This chat account is tied to the telephone number on file, so that you need not prove "
    "again that the dossier is yours. Write “start over” to untie it.",
)
"""What a person who reads out a one-time code in a chat is told, in the language of the chat."""

COUNTER = "counter"
"""Where something was said at an office's desk, and an officer wrote it down."""

ERASED = (
    "Tôi yêu cầu xóa thông tin cá nhân của tôi trong hệ thống nhắn tin và tra cứu hồ sơ đất đai, "
    "và không nhận tin nhắn nữa."
)
"""What a person says whose data is erased."""


def record(
    session: Session,
    phone_index: str,
    purpose: Purpose,
    given: bool,
    channel: str,
    text: str,
    now: datetime,
) -> None:
    """Write down that the holder of a number agreed to `text`, or withdrew (`given` False)."""
    session.add(
        Consent(
            phone_index=phone_index,
            purpose=purpose,
            given=given,
            channel=channel,
            text=text,
            at=now,
        )
    )


def latest(session: Session, phone_index: str, purpose: Purpose) -> Consent | None:
    """Return what holds: the last thing that was said, or None where nothing was."""
    return session.scalar(
        select(Consent)
        .where(Consent.phone_index == phone_index, Consent.purpose == purpose)
        .order_by(Consent.id.desc())
        .limit(1)
    )
