"""`./motcua person …`: what there is of one person, erasing it, and their word on messages.

The person is the holder of a phone number, or with `--id-number` of an ID number. Numbers are best
left out of the command: then they are asked for, unseen, or read from standard input, and reach no
shell history and no list of processes. An ID number is never taken otherwise.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from cli.database import migrate
from core.clock import VIETNAM, show_date
from core.clock import now as clock_now
from core.database import get_sessions
from core.privacy import get_vault
from dossiers import person as registry
from dossiers.consent import COUNTER
from dossiers.person import Known, NotANumber, Person
from helpdesk import person as desk
from notifier import choices
from notifier import person as notices

app = typer.Typer(help="One person's data: export, erase, opt-out, opt-in.")
console = Console()

Number = Annotated[
    str, typer.Argument(metavar="[NUMBER]", help="Phone number; asked for where left out.")
]
IdNumber = Annotated[
    bool, typer.Option("--id-number", help="Ask for an ID number instead, never seen on screen.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Channel = Annotated[str, typer.Option(help="Where it was said: counter, hotline, letter.")]

NOT_BY_PERSON = (
    "Nội dung hỏi đáp được giữ theo cuộc trò chuyện, không theo người, và tự xóa sau 24 giờ. Câu "
    "hỏi chưa trả lời được và lời đánh giá không ghi ai đã hỏi. Cuộc trao đổi với cán bộ không để "
    "lại số điện thoại thì chỉ tìm được bằng số của cuộc trao đổi. Vì vậy chúng không có trong bản "
    "này."
)
"""What no export of a person can hold, and why."""
SHARED = (
    "Số này có trong hồ sơ của {names} người khác nhau (gia đình hoặc người làm thay dùng chung). "
    "Tên và ghi chú được che; muốn riêng một người, dùng --id-number."
)


@app.callback()
def prepare() -> None:
    """Have the tables there before any command reads them."""
    migrate()


@app.command()
def export(
    number: Number = "",
    id_number: IdNumber = False,
    json_output: Json = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Write to this file, readable by its owner alone."),
    ] = None,
) -> None:
    """Hand out all that is kept about a person (quyền được xem dữ liệu của mình)."""
    known = _known(number, id_number)
    vault = get_vault()
    with get_sessions()() as session:
        person = registry.find(session, vault, known)
        found = gather(session, person)
    text = (
        json.dumps(found, ensure_ascii=False, indent=2, default=_jsonable)
        if json_output
        else as_text(found)
    )
    if output is None:
        typer.echo(text)
        return
    _write_private(output, text + "\n")
    console.print(f"written to {output}", markup=False, soft_wrap=True)


@app.command()
def erase(
    number: Number = "",
    id_number: IdNumber = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json_output: Json = False,
) -> None:
    """Erase a person (xóa dữ liệu cá nhân): the dossiers stay, without anybody in them."""
    known = _known(number, id_number)
    vault = get_vault()
    with get_sessions()() as session:
        _show_what_goes(gather(session, registry.find(session, vault, known)))
    if not yes:
        typer.confirm("Xóa những thông tin này? Không lấy lại được.", abort=True, err=True)
    with get_sessions().begin() as session:
        counts = desk.forget(session, vault, known, clock_now())
    if json_output:
        typer.echo(json.dumps(counts, indent=2))
        return
    for kind, count in counts.items():
        console.print(f"{DONE[kind]}: {count}", markup=False, highlight=False)
    console.print(
        "Lần nhập danh sách sau không đưa thông tin này trở lại. Tệp danh sách của cơ quan, bản "
        "sao lưu và nhà mạng giữ dữ liệu riêng: xem docs/data-protection.md.",
        markup=False,
    )


@app.command("opt-out")
def opt_out(number: Number = "", channel: Channel = COUNTER) -> None:
    """Write down that a number wants no messages."""
    _choose(number, channel, wanted=False)
    console.print("Đã ghi: số này không nhận tin nhắn nữa.")


@app.command("opt-in")
def opt_in(number: Number = "", channel: Channel = COUNTER) -> None:
    """Write down that a number wants messages (again)."""
    _choose(number, channel, wanted=True)
    console.print(
        "Đã ghi: số này đồng ý nhận tin nhắn. Hồ sơ đã xóa thông tin trước đây vẫn giữ nguyên như "
        "vậy; hồ sơ mới sẽ được báo.",
        markup=False,
    )


def gather(session: Session, person: Person) -> dict[str, Any]:
    """Return what all rooms hold about a person."""
    vault = get_vault()
    return {
        "asked_by": person.known.key.value,
        "names": person.names,
        "shared": person.shared,
        **registry.export(session, vault, person),
        **notices.export(session, vault, person),
        **desk.export(session, vault, person),
        "not_by_person": NOT_BY_PERSON,
    }


# --- asking --------------------------------------------------------------------------------------


def _known(number: str, id_number: bool) -> Known:
    if number and id_number:
        _fail("an ID number is asked for, never given in the command: leave NUMBER out")
    try:
        if id_number:
            return registry.known_by_id(get_vault(), _ask("Số CCCD hoặc CMND: "))
        return registry.known_by_phone(get_vault(), number or _ask("Số điện thoại: "))
    except NotANumber as error:
        _fail(error)


def _ask(prompt: str) -> str:
    """Read one line: from the keyboard, unseen, or from standard input."""
    return getpass.getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline().strip()


def _choose(number: str, channel: str, *, wanted: bool) -> None:
    known = _known(number, id_number=False)
    with get_sessions().begin() as session:
        choices.choose(session, known.fingerprint, wanted, channel[:20], "vi", clock_now())


def _fail(reason: object) -> NoReturn:
    Console(stderr=True).print(str(reason), markup=False)
    raise typer.Exit(1)


# --- telling -------------------------------------------------------------------------------------

HEADINGS = {
    "dossiers": "Hồ sơ",
    "messages": "Tin nhắn",
    "demonstration_phone": "Tin trên điện thoại mẫu",
    "opted_out": "Đã từ chối nhận tin",
    "consents": "Điều đã đồng ý hoặc rút lại",
    "linked_accounts": "Tài khoản trò chuyện đã gắn với số này",
    "verifications": "Quyền xem hồ sơ đang có hiệu lực",
    "pending_proofs": "Câu hỏi xác minh đang chờ",
    "proof_attempts": "Lần xác minh để xem hồ sơ",
    "one_time_codes": "Mã xác minh đã gửi (chỉ ghi thời điểm)",
    "desk_cases": "Trao đổi, yêu cầu gọi lại, phản ánh gửi cán bộ",
}
"""Kinds of rows as citizens and officers read them, in the order in which they are told."""

DONE = {
    **HEADINGS,
    "messages": "Tin nhắn đã xóa nội dung và số nhận",
    "cancelled": "Tin chưa gửi đã hủy",
    "dossiers": "Hồ sơ đã xóa thông tin người nộp",
}
"""What was erased, as officers read it."""

LABELS = {
    "code": "mã hồ sơ",
    "procedure_code": "mã thủ tục",
    "procedure_name": "thủ tục",
    "office": "nơi giải quyết",
    "received_at": "tiếp nhận lúc",
    "due_on": "ngày hẹn trả",
    "done_at": "có kết quả lúc",
    "returned_at": "trả kết quả lúc",
    "status": "trạng thái",
    "submitted_by": "hình thức nộp",
    "applicant": "người nộp",
    "phone": "số điện thoại",
    "no_sms_reason": "lý do không nhắn tin",
    "id_number_on_file": "có số giấy tờ (chỉ giữ dấu vân, không đọc lại được)",
    "note": "ghi chú",
    "sample": "dữ liệu mẫu",
    "events": "diễn biến",
    "version": "lần",
    "occurred_at": "xảy ra lúc",
    "recorded_at": "ghi nhận lúc",
    "source": "nguồn",
    "channel": "kênh",
    "at": "lúc",
    "succeeded": "đúng",
    "until": "đến",
    "full_until": "xem đầy đủ đến",
    "sent_at": "gửi lúc",
    "linked_at": "gắn lúc",
    "purpose": "mục đích",
    "given": "đồng ý",
    "text": "nội dung",
    "template": "mẫu tin",
    "dossier": "hồ sơ",
    "to": "gửi đến",
    "state": "tình trạng",
    "why": "lý do",
    "created_at": "tạo lúc",
    "state_at": "tình trạng từ lúc",
    "attempts": "lần gửi",
    "receipts": "báo nhận",
    "provider": "nhà cung cấp",
    "started_at": "bắt đầu lúc",
    "outcome": "kết quả",
    "word": "báo",
    "reference": "số",
    "kind": "loại",
    "opened_at": "bắt đầu lúc",
    "closed_at": "đóng lúc",
    "lines": "nội dung",
    "author": "người viết",
}


def as_text(found: Mapping[str, Any]) -> str:
    """Return what was gathered as a Vietnamese page of plain text."""
    lines = ["THÔNG TIN VỀ ÔNG/BÀ ĐƯỢC LƯU TRONG MOTCUA"]
    if found["shared"]:
        lines += ["", SHARED.format(names=found["names"])]
    if found["erased_at"]:
        lines += ["", f"Đã xóa theo yêu cầu lúc {_shown(found['erased_at'])}."]
    for kind, heading in HEADINGS.items():
        lines += ["", f"{heading.upper()}: {len(found[kind]) or 'không có'}"]
        for one in found[kind]:
            lines += _item(one, "  ")
    return "\n".join([*lines, "", found["not_by_person"]])


def _item(item: Mapping[str, Any], indent: str) -> list[str]:
    lines: list[str] = []
    for name, value in item.items():
        if isinstance(value, Sequence) and not isinstance(value, str):
            if value:
                lines.append(f"{indent}  {LABELS[name]}:")
            for one in value:
                lines += _item(one, indent + "    ")
        elif value not in (None, "", False) or name in ("given", "succeeded"):
            lines.append(f"{indent}  {LABELS[name]}: {_shown(value)}")
    if lines:
        lines[0] = f"{indent}- {lines[0].lstrip()}"
    return lines


def _shown(value: object) -> str:
    match value:
        case bool():
            return "có" if value else "không"
        case datetime():
            return f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M}"
        case date():
            return show_date(value)
        case _:
            return str(value)


def _show_what_goes(found: Mapping[str, Any]) -> None:
    errors = Console(stderr=True)
    for kind, heading in HEADINGS.items():
        if found[kind] and kind not in ("consents", "opted_out"):
            errors.print(f"{heading}: {len(found[kind])}", markup=False, highlight=False)
    if found["shared"]:
        errors.print(SHARED.format(names=found["names"]), markup=False)
    errors.print(
        "Giữ lại: mã, thủ tục, ngày và trạng thái của hồ sơ; mẫu và tình trạng của tin nhắn; lời "
        "đồng ý và rút lại; dấu vân của số để không nhắn tin và không nhập lại.",
        markup=False,
    )


def _jsonable(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, also where there was one with wider rights."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(text)
