"""The life-cycle of a dossier: its ten official states, what each means, and how they follow.

Everything here is data and pure functions. When a dossier moved is the importer's to find out;
how the applicant hears of it is the notifier's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

from core.clock import show_date
from language.blocks import Stop
from language.folding import fold

Language = Literal["vi", "en"]


class Status(StrEnum):
    """The ten states of a dossier, as the National Public Service Portal names them."""

    REGISTERED = "registered"
    """Mới đăng ký: handed in, not looked at yet."""
    ACCEPTED = "accepted"
    """Được tiếp nhận: complete at first sight; the clock runs."""
    NOT_ACCEPTED = "not_accepted"
    """Không được tiếp nhận: refused at the desk. An end."""
    PROCESSING = "processing"
    """Đang xử lý: with the officers."""
    SUPPLEMENT_NEEDED = "supplement_needed"
    """Yêu cầu bổ sung giấy tờ: the applicant must bring something; the clock stands."""
    TAX_DUE = "tax_due"
    """Yêu cầu thực hiện nghĩa vụ tài chính: the applicant must pay; the clock stands."""
    WITHDRAWN = "withdrawn"
    """Công dân yêu cầu rút hồ sơ: taken back by the applicant. An end."""
    STOPPED = "stopped"
    """Dừng xử lý: ended by the office. An end."""
    DONE = "done"
    """Đã xử lý xong: the result waits to be collected."""
    RETURNED = "returned"
    """Đã trả kết quả: handed over. An end."""


@dataclass(frozen=True)
class Meaning:
    """What a state tells the applicant, in one language."""

    name: str
    """The official name, or its plain English."""
    sentence: str
    """What it means, in one or two plain sentences."""
    what_to_do: str
    """What the applicant does now; never empty."""


_VIETNAMESE: Mapping[Status, Meaning] = {
    Status.REGISTERED: Meaning(
        "Mới đăng ký",
        "Hồ sơ đã được gửi và đang chờ kiểm tra để tiếp nhận.",
        "Ông/Bà chưa cần làm gì.",
    ),
    Status.ACCEPTED: Meaning(
        "Được tiếp nhận",
        "Hồ sơ đã được tiếp nhận.",
        "Ông/Bà giữ giấy tiếp nhận và hẹn trả kết quả; chưa cần làm gì thêm.",
    ),
    Status.NOT_ACCEPTED: Meaning(
        "Không được tiếp nhận",
        "Hồ sơ không được tiếp nhận.",
        "Ông/Bà xem lý do trong phiếu từ chối, hoặc hỏi nơi đã nộp để biết cách nộp lại.",
    ),
    Status.PROCESSING: Meaning(
        "Đang xử lý",
        "Hồ sơ đang được giải quyết.",
        "Ông/Bà chưa cần làm gì; xin chờ đến ngày hẹn trả kết quả.",
    ),
    Status.SUPPLEMENT_NEEDED: Meaning(
        "Yêu cầu bổ sung giấy tờ",
        "Hồ sơ cần bổ sung giấy tờ. Thời hạn giải quyết tạm dừng cho đến khi Ông/Bà bổ sung.",
        "Ông/Bà bổ sung giấy tờ ghi trong phiếu yêu cầu, tại nơi đã nộp hồ sơ.",
    ),
    Status.TAX_DUE: Meaning(
        "Yêu cầu thực hiện nghĩa vụ tài chính",
        "Hồ sơ đang chờ Ông/Bà nộp thuế, phí. Thời hạn giải quyết tạm dừng trong thời gian này.",
        "Ông/Bà nộp tiền theo thông báo của cơ quan thuế và giữ lại chứng từ nộp tiền.",
    ),
    Status.WITHDRAWN: Meaning(
        "Công dân yêu cầu rút hồ sơ",
        "Hồ sơ được rút theo yêu cầu của người nộp.",
        "Ông/Bà đến nơi đã nộp để nhận lại giấy tờ, nếu chưa nhận.",
    ),
    Status.STOPPED: Meaning(
        "Dừng xử lý",
        "Cơ quan giải quyết đã dừng xử lý hồ sơ.",
        "Ông/Bà xem lý do trong thông báo dừng, hoặc hỏi nơi đã nộp hồ sơ.",
    ),
    Status.DONE: Meaning(
        "Đã xử lý xong",
        "Hồ sơ đã có kết quả.",
        "Ông/Bà mang giấy hẹn và giấy tờ tùy thân đến nơi đã nộp để nhận kết quả.",
    ),
    Status.RETURNED: Meaning(
        "Đã trả kết quả",
        "Kết quả đã được trả.",
        "Ông/Bà không cần làm gì thêm. Nếu chưa nhận được kết quả, xin báo cho nơi đã nộp hồ sơ.",
    ),
}

_ENGLISH: Mapping[Status, Meaning] = {
    Status.REGISTERED: Meaning(
        "Newly registered",
        "The dossier has been handed in and waits to be checked.",
        "Nothing to do for now.",
    ),
    Status.ACCEPTED: Meaning(
        "Accepted",
        "The dossier has been accepted.",
        "Keep the receipt with the appointment date; nothing else to do for now.",
    ),
    Status.NOT_ACCEPTED: Meaning(
        "Not accepted",
        "The dossier was not accepted.",
        "See the reason on the refusal slip, or ask the office how to hand it in again.",
    ),
    Status.PROCESSING: Meaning(
        "In process",
        "The dossier is being worked on.",
        "Nothing to do for now; please wait for the appointment date.",
    ),
    Status.SUPPLEMENT_NEEDED: Meaning(
        "Papers to be supplemented",
        "The dossier needs more papers. The time limit stands still until they are handed in.",
        "Bring the papers named on the request to the office where the dossier was handed in.",
    ),
    Status.TAX_DUE: Meaning(
        "Financial obligation to be met",
        "The dossier waits for taxes and fees to be paid. The time limit stands still meanwhile.",
        "Pay as the tax office's notice says, and keep the proof of payment.",
    ),
    Status.WITHDRAWN: Meaning(
        "Withdrawn by the applicant",
        "The dossier was taken back at the applicant's request.",
        "Collect the papers where the dossier was handed in, if not done yet.",
    ),
    Status.STOPPED: Meaning(
        "Stopped",
        "The office has stopped working on the dossier.",
        "See the reason in the notice, or ask the office where the dossier was handed in.",
    ),
    Status.DONE: Meaning(
        "Completed",
        "The result is ready.",
        "Bring the receipt and an identity document to the office to collect the result.",
    ),
    Status.RETURNED: Meaning(
        "Result returned",
        "The result has been handed over.",
        "Nothing more to do. If it has not reached you, please tell the office.",
    ),
}

FINAL = frozenset({Status.NOT_ACCEPTED, Status.WITHDRAWN, Status.STOPPED, Status.RETURNED})
"""States after which a dossier normally moves no more."""

PAUSED = frozenset({Status.SUPPLEMENT_NEEDED, Status.TAX_DUE})
"""States whose time does not count towards the appointment date."""

PATH = (Status.REGISTERED, Status.ACCEPTED, Status.PROCESSING, Status.DONE, Status.RETURNED)
"""The stations of a dossier that nothing holds up."""

NEXT: Mapping[Status, frozenset[Status]] = {
    Status.REGISTERED: frozenset(
        {Status.ACCEPTED, Status.NOT_ACCEPTED, Status.SUPPLEMENT_NEEDED, Status.WITHDRAWN}
    ),
    Status.ACCEPTED: frozenset(
        {Status.PROCESSING, Status.SUPPLEMENT_NEEDED, Status.WITHDRAWN, Status.STOPPED}
    ),
    Status.PROCESSING: frozenset(
        {Status.SUPPLEMENT_NEEDED, Status.TAX_DUE, Status.WITHDRAWN, Status.STOPPED, Status.DONE}
    ),
    Status.SUPPLEMENT_NEEDED: frozenset(
        {
            Status.ACCEPTED,
            Status.NOT_ACCEPTED,
            Status.PROCESSING,
            Status.WITHDRAWN,
            Status.STOPPED,
        }
    ),
    Status.TAX_DUE: frozenset({Status.PROCESSING, Status.WITHDRAWN, Status.STOPPED, Status.DONE}),
    Status.DONE: frozenset({Status.RETURNED}),
    Status.NOT_ACCEPTED: frozenset(),
    Status.WITHDRAWN: frozenset(),
    Status.STOPPED: frozenset(),
    Status.RETURNED: frozenset(),
}
"""The steps that are expected: registered, accepted, processing, (supplement, processing)*,
(tax, processing), done, returned, and the ends."""


class Move(StrEnum):
    """How a newly seen state stands to the one known before."""

    FIRST = "first"
    """Nothing was known before."""
    SAME = "same"
    """No movement."""
    STEP = "step"
    """One expected step."""
    LEAP = "leap"
    """Onwards, past stations that no export showed."""
    BACK = "back"
    """Against the life-cycle: a correction by the office, or a dossier opened again."""


def meaning(status: Status, language: Language = "vi") -> Meaning:
    """Return what `status` tells the applicant, in the language asked for."""
    return (_ENGLISH if language == "en" else _VIETNAMESE)[status]


def official_name(status: Status) -> str:
    """Return the Vietnamese name that exports, slips and the national portal use."""
    return _VIETNAMESE[status].name


STATUS_BY_NAME: Mapping[str, Status] = {fold(m.name): s for s, m in _VIETNAMESE.items()}
"""Folded official name → state."""


def is_final(status: Status) -> bool:
    """Tell whether a dossier in this state normally moves no more."""
    return status in FINAL


def pauses_clock(status: Status) -> bool:
    """Tell whether time spent in this state is left out of the time limit."""
    return status in PAUSED


def _reachable(start: Status) -> frozenset[Status]:
    found: set[Status] = set()
    frontier = {start}
    while frontier:
        frontier = {after for status in frontier for after in NEXT[status]} - found
        found |= frontier
    return frozenset(found)


_REACHABLE = {status: _reachable(status) for status in Status}

_RANK: Mapping[Status, int] = {
    Status.REGISTERED: 0,
    Status.ACCEPTED: 1,
    Status.SUPPLEMENT_NEEDED: 2,
    Status.PROCESSING: 2,
    Status.TAX_DUE: 2,
    Status.DONE: 3,
    Status.NOT_ACCEPTED: 4,
    Status.WITHDRAWN: 4,
    Status.STOPPED: 4,
    Status.RETURNED: 4,
}


def rank(status: Status) -> int:
    """Return how far along a state is. Equal for states between which dossiers go to and fro."""
    return _RANK[status]


def classify(before: Status | None, after: Status) -> Move:
    """Say how `after` stands to `before`."""
    if before is None:
        return Move.FIRST
    if before == after:
        return Move.SAME
    if after in NEXT[before]:
        return Move.STEP
    return Move.LEAP if after in _REACHABLE[before] else Move.BACK


@dataclass(frozen=True)
class Visit:
    """A state that a dossier was in, and the day on which it came there, where that is known."""

    status: Status
    on: date | None = None


def stations(visits: Iterable[Visit], language: Language = "vi") -> tuple[Stop, ...]:
    """Return a dossier's way, past and ahead, as the stops of a `Progress` block.

    `visits` is the history in order; its last is the present state. A supplement or a tax payment
    is a station only for a dossier that came to one. A way that ended early shows no stations
    ahead; a station that was passed unseen is done, without a date. Raises `ValueError` for an
    empty history.
    """
    history = list(visits)
    if not history:
        raise ValueError("a dossier has at least one state")
    now = history[-1].status
    seen = {visit.status: visit.on for visit in history}  # the latest visit's date wins
    way = _way(now, seen)

    def stop(status: Status, state: Literal["done", "current", "ahead", "broken"]) -> Stop:
        on = seen.get(status) if state != "ahead" else None
        return Stop(meaning(status, language).name, state, show_date(on) if on else "")

    if now not in way:
        passed = [status for status in way if status in seen or status == PATH[0]]
        return (*(stop(status, "done") for status in passed), stop(now, "broken"))
    here = way.index(now)
    passed, ahead = way[:here], way[here + 1 :]
    return (
        *(stop(status, "done") for status in passed),
        stop(now, "done" if now == Status.RETURNED else "current"),
        *(stop(status, "ahead") for status in ahead),
    )


def _way(now: Status, seen: Mapping[Status, date | None]) -> list[Status]:
    """Return the path with the detours that this dossier took, in the order to show them."""
    middle = PATH.index(Status.PROCESSING)
    detours = [s for s in (Status.SUPPLEMENT_NEEDED, Status.TAX_DUE) if s in seen and s != now]
    if now in PATH:
        # Back in process after a supplement or a payment: the detour lies behind.
        at = min(PATH.index(now), middle + 1)
        return [*PATH[:at], *detours, *PATH[at:]]
    if now not in PAUSED:
        return [*PATH[: middle + 1], *detours, *PATH[middle + 1 :]]
    at = middle
    if now == Status.SUPPLEMENT_NEEDED:
        # Papers may be found missing at the desk already, before anybody processes the dossier.
        at = max((i for i in range(middle + 1) if PATH[i] in seen), default=middle)
    return [*PATH[: at + 1], *detours, now, *PATH[at + 1 :]]
