"""What officers read of messages on the screen: states, reasons, circuits, in Vietnamese.

Options and JSON keep the notifier's own words: a state is shown with the word that `--state` takes.
"""

from __future__ import annotations

from collections.abc import Mapping

from notifier.circuits import Circuit
from notifier.states import State
from notifier.vocabulary import CircuitChange, Outcome, Verdict, Why, Word

STATES: Mapping[State, str] = {
    State.QUEUED: "chờ gửi",
    State.HELD: "đang giữ lại",
    State.LEASED: "sắp gửi",
    State.SENDING: "đang gửi",
    State.UNCERTAIN: "chưa rõ đã gửi chưa",
    State.ACCEPTED: "nhà cung cấp đã nhận",
    State.SENT: "đã chuyển cho nhà mạng",
    State.DELIVERED: "đã đến máy",
    State.UNDELIVERED: "không đến được máy",
    State.UNCONFIRMED: "đã gửi, không có báo nhận",
    State.UNCERTAIN_FINAL: "không rõ đã gửi chưa, cần xem lại",
    State.FAILED: "không gửi được",
    State.SUPPRESSED: "không được phép gửi",
    State.EXPIRED: "đã quá hạn, không gửi",
    State.CANCELLED: "đã hủy",
    State.INVALID: "số không hợp lệ",
}

WHYS: Mapping[Why, str] = {
    Why.TOLD: "đã báo",
    Why.IN_DIGEST: "gộp vào tin khác",
    Why.BACKLOG: "hồ sơ cũ, không báo",
    Why.NO_MOBILE: "không có số di động",
    Why.SUPERSEDED: "đã có tin mới hơn",
    Why.SAMPLE_DATA: "dữ liệu mẫu",
    Why.OPTED_OUT: "người nhận không muốn nhận tin",
    Why.QUIET_HOURS: "giờ nghỉ đêm",
    Why.HOURLY_CAP: "người nhận đã nhận đủ tin trong giờ",
    Why.PROVIDER_PAUSED: "nhà cung cấp đang tạm dừng",
    Why.RATE_LIMITED: "nhà cung cấp chưa nhận thêm",
    Why.OTHER_CHANNEL: "đổi sang kênh khác",
    Why.NO_CHANNEL: "không kênh nào gửi được",
    Why.TOO_LATE: "không còn là tin mới",
    Why.OPERATOR: "do người vận hành",
    Why.BUDGET: "hết ngân sách ngày",
    Why.NUMBER_CHANGED: "số đã đổi",
    Why.UNREADABLE: "không đọc được số hoặc nội dung",
    Why.TRIED_ENOUGH: "đã thử đủ số lần",
    Why.PROVIDER_REFUSED: "nhà cung cấp từ chối",
    Why.RETRYING: "sẽ thử lại",
    Why.ASKING: "đang hỏi nhà cung cấp",
    Why.WORKER_LOST: "tiến trình gửi bị ngắt",
    Why.SHUTTING_DOWN: "hệ thống khởi động lại",
    Why.NO_WORD: "không có báo nhận",
}

CIRCUITS: Mapping[Circuit, str] = {
    Circuit.CLOSED: "đang dùng",
    Circuit.OPEN: "tạm dừng vì lỗi",
    Circuit.HALF_OPEN: "đang thử lại",
    Circuit.STOPPED: "có người cho dừng",
}

CHANGES: Mapping[CircuitChange, str] = {
    CircuitChange.OPENED: "tạm dừng vì lỗi",
    CircuitChange.PROBED: "thử lại",
    CircuitChange.CLOSED: "dùng lại được",
    CircuitChange.STOPPED: "có người cho dừng",
    CircuitChange.RESUMED: "có người cho dùng lại",
}

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.ACCEPTED: "đã nhận",
    Outcome.NOT_SENT: "chắc chắn chưa gửi",
    Outcome.THROTTLED: "bảo chờ",
    Outcome.REJECTED: "từ chối",
    Outcome.AMBIGUOUS: "chưa rõ",
}

RECEIPTS: Mapping[Word, str] = {
    Word.ACCEPTED: "đã nhận",
    Word.SENT: "đã chuyển cho nhà mạng",
    Word.UNREACHABLE: "máy tắt hoặc ngoài vùng phủ sóng",
    Word.REFUSED: "từ chối tài khoản của cơ quan",
    Word.LOST: "thất lạc, không rõ vì sao",
    Word.OPTED_OUT: "người nhận đã từ chối nhận tin",
    Word.UNDELIVERED: "không đến được máy",
    Word.DELIVERED: "đã đến máy",
}

VERDICTS: Mapping[Verdict, str] = {
    Verdict.APPLIED: "đã tính",
    Verdict.OVERTAKEN: "đã biết rồi",
    Verdict.CONFLICT: "trái với kết cục đã ghi",
    Verdict.UNKNOWN: "không phải tin của cơ quan",
}


def state_word(state: State) -> str:
    """Return a state as the screen shows it: with the word that options take."""
    return f"{STATES[state]} ({state})"


def why_word(why: Why | None) -> str:
    """Return a reason as the screen shows it; nothing where there is none."""
    return WHYS[why] if why else ""
