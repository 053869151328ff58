"""`./motcua sms …`: the outbox as an operator sees it, and what an operator may do.

Reading and doing are `notifier.operators`'s; this prints. Numbers are masked in every form of
output. The screen is Vietnamese (`cli.message_words`); JSON keeps the notifier's own words.
"""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Column, Table

from cli.database import migrate
from cli.desk import dong, installed_desk, installed_judge
from cli.message_words import (
    CHANGES,
    CIRCUITS,
    OUTCOMES,
    RECEIPTS,
    STATES,
    VERDICTS,
    state_word,
    why_word,
)
from core.clock import VIETNAM, show_date
from core.clock import now as clock_now
from core.database import get_sessions
from core.privacy import get_vault
from core.settings import Settings, get_settings
from dossiers.links import LENGTH, PAGE
from dossiers.phones import phone_index, read_phones
from notifier import budget as budgets
from notifier import circuits, direct, operators, outbox
from notifier.desk import link_lines
from notifier.direct import NotPossible
from notifier.lateness import NoSuchAppointment, put_off
from notifier.operators import History, Line
from notifier.providers import zalo_tokens
from notifier.providers.registry import missing
from notifier.routing import InvalidRoute, Route, parse_route
from notifier.states import State
from notifier.templates import (
    WORST_CONTACT,
    WORST_VALUES,
    Policy,
    complaints,
    get_templates,
    load_templates,
)
from procedures.deadlines import get_calendar

app = typer.Typer(
    help="Messages: outbox, history, hold, release, retry, budget, apologise, templates, test."
)
console = Console()

EXAMPLE: Mapping[str, str] = {
    **WORST_VALUES,
    "sign": "VPDKDD",
    "code": "H60.12.01-261102-0001",
    "due": "30/11/2026",
    "new_due": "07/12/2026",
    "days": "3",
    "count": "4",
    "summary": "1 cần bổ sung giấy tờ, 3 có kết quả",
}
EXAMPLE_CONTACT = ("LH Chi nhánh 1, 0207 3 822 123.", "LH 0207 3 822 123.")
"""What a usual message is filled with."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Ids = Annotated[list[int], typer.Argument(metavar="ID…", help="Messages, by their numbers.")]


@app.callback()
def prepare() -> None:
    """Have the tables there before any command reads them."""
    migrate()


@app.command("list")
def list_messages(
    state: Annotated[
        list[State] | None, typer.Option(help="Only messages in this state; may be repeated.")
    ] = None,
    dossier: Annotated[str, typer.Option(help="Only messages about this dossier (its code).")] = "",
    phone: Annotated[str, typer.Option(help="Only messages to this number.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    json_output: Json = False,
) -> None:
    """Show the outbox, the newest first, under a line of counts."""
    index = phone_index(get_vault(), _number(phone)) if phone else ""
    with get_sessions()() as session:
        lines = operators.messages(
            session, states=state or (), dossier=dossier, phone_index=index, limit=limit
        )
        counts = operators.counts(session)
    if json_output:
        _print_json({"counts": counts, "messages": [asdict(line) for line in lines]})
        return
    said = (f"{n} {state_word(state)}" for state, n in sorted(counts.items()))
    console.print("Tất cả: " + (" · ".join(said) or "chưa có tin nào"), highlight=False)
    key, code = Column("Mẫu", overflow="fold"), Column("Hồ sơ", no_wrap=True)
    table = Table("Số", key, code, "Đến", "Tình trạng", "Lý do", "Phần", "Lần", "Từ lúc")
    for line in lines:
        table.add_row(*_cells(line))
    if lines:
        console.print(table)
    elif counts:
        console.print("Không có tin nào như vậy.")


@app.command()
def show(message: int, json_output: Json = False) -> None:
    """Show all that is known of one message."""
    with get_sessions()() as session:
        try:
            found = operators.history(session, get_vault(), message)
        except NotPossible as error:
            _fail(error)
        if json_output:
            _print_json(_history(found))
            return
        for name, value in _facts(found).items():
            line = f"{name:>16}  {'' if value is None else _local(value)}"
            console.print(line, markup=False, highlight=False, soft_wrap=True)
        _table("Các lần gửi", _attempts(found))
        _table("Báo nhận của nhà cung cấp", _receipts(found))


@app.command()
def templates(
    check: Annotated[
        Path | None,
        typer.Option(help="Judge an edited file instead, and say in Vietnamese what is wrong."),
    ] = None,
    json_output: Json = False,
) -> None:
    """Show each template with its worst case, and as it reads filled in, in every form it has."""
    if check is not None:
        wrong = complaints(check)
        if json_output:
            _print_json({"file": check.name, "complaints": wrong})
        for line in wrong if not json_output else ():
            Console(stderr=True).print(line, markup=False, highlight=False)
        if wrong:
            raise typer.Exit(1)
    shown = load_templates(check) if check else get_templates()
    settings = get_settings()
    address = f"{settings.public_base}{PAGE}/{'x' * LENGTH}"
    rows = []
    for template in shown.all():
        # Only what tells of one dossier links to its page.
        links = settings.sms_ends_with == "link" and "{code}" in template.sms
        page = link_lines(address, template.invites) if links else ()
        filled = template.examples(WORST_VALUES, (*page, *WORST_CONTACT))
        worst = max((one.size for one in filled), key=lambda size: (size.segments, size.units))
        rows.append(
            {
                "template": template.key,
                "version": template.version,
                "segments": worst.segments,
                "limit": template.limit,
                "units": worst.units,
                "encoding": worst.encoding,
                "policy": template.policy,
                "text": filled[0].text,
                "link_at_worst": bool(page) and all(f"{PAGE}/" in one.text for one in filled),
                "examples": [
                    one.text for one in template.examples(EXAMPLE, (*page, *EXAMPLE_CONTACT))
                ],
            }
        )
    if json_output:
        if check is None:
            _print_json(rows)
        return
    for row in rows:
        console.print(
            f"[bold]{row['template']}[/] v{row['version']} · dài nhất {row['segments']} phần tin, "
            f"{row['units']} ký tự {row['encoding']} · giới hạn {row['limit']} · "
            f"nếu không rõ: {_POLICIES[str(row['policy'])]}"
            + (" · đủ chỗ cho liên kết" if row["link_at_worst"] else ""),
            highlight=False,
        )
        for text in [row["text"], *row["examples"]]:  # type: ignore[misc]
            console.print(f"  {text}", markup=False, highlight=False, soft_wrap=True)


@app.command()
def budget(json_output: Json = False) -> None:
    """Show today's budget: spent, reserved, kept back, and when that is let go."""
    with get_sessions()() as session:
        found = budgets.figures(session, installed_desk().budget, clock_now())
    if json_output:
        _print_json(asdict(found))
        return
    if not (found.price or found.message_price) and not get_settings().demonstration:
        console.print("Chưa biết đơn giá: đặt MOTCUA_SMS_PRICES, ví dụ twilio=1500")
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name, amount in (
        ("Ngân sách mỗi ngày", "không giới hạn" if found.limit is None else dong(found.limit)),
        ("Hôm nay đã chi", dong(found.spent)),
        ("Dành cho tin đang chờ gửi", dong(found.reserved)),
        ("Giữ lại vì hết ngân sách", dong(found.held)),
        ("  số tin", str(found.held_messages)),
        ("Giá một phần tin, khi dự tính", dong(found.price)),
        ("Giá một tin, khi dự tính", dong(found.message_price)),
    ):
        table.add_row(name, amount)
    for provider, number in sorted(found.billed.items()):
        unit = "Số tin" if provider in budgets.BILLED_BY_MESSAGE else "Số phần tin"
        table.add_row(f"{unit} qua {provider}", str(number))
    console.print(table)
    if found.held_messages:
        console.print(
            f"Tin bị giữ sẽ gửi từ {_local(found.released_at)}, trong mức ngân sách ngày đó và khi "
            "còn là tin mới; muốn gửi ngay: ./motcua sms release --budget"
        )


@app.command()
def providers(
    json_output: Json = False,
    last: Annotated[int, typer.Option(min=0, help="So much of their history.")] = 10,
) -> None:
    """Show the providers of the route, how each stands, and what happened to them."""
    settings = get_settings()
    route, troubles = _route(settings), missing(settings)
    rates = {name: getattr(settings, f"{name}_rate", 0.0) for name in route.names}
    with get_sessions()() as session:
        lines = [asdict(line) for line in operators.providers(session, route, rates, clock_now())]
        events = circuits.history(session, route.names, last)
        history = [
            {
                "at": one.at,
                "provider": one.provider,
                "change": one.change,
                "reason": one.reason,
                "until": one.until,
                "by": one.by,
            }
            for one in events
        ]
    if json_output:
        _print_json(
            {
                "route": settings.message_route,
                "providers": lines,
                "history": history,
                "troubles": troubles,
            }
        )
        return
    for trouble in troubles:
        Console(stderr=True).print(f"Chưa dùng được: {trouble}", markup=False, highlight=False)
    console.print(f"Đường gửi: {settings.message_route}", markup=False, highlight=False)
    _table(
        "Nhà cung cấp",
        [
            {
                "Tên": line["provider"],
                "Thứ tự": line["tier"],
                "Tỷ trọng": line["weight"],
                "Tình trạng": CIRCUITS[line["circuit"]],
                "Đến lúc": line["until"],
                "Lý do": line["why"],
                "Tin/giây": line["rate"] or "không giới hạn",
                "Hôm nay đã nhận": line["accepted_today"],
            }
            for line in lines
        ],
    )
    _table(
        "Đã xảy ra",
        [
            {
                "Lúc": one.at,
                "Tên": one.provider,
                "Việc": CHANGES[one.change],
                "Lý do": one.reason,
                "Đến lúc": one.until,
                "Bởi": one.by,
            }
            for one in events
        ],
    )


Name = Annotated[str, typer.Argument(help="A provider of the route.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]


@app.command("stop-provider")
def stop_provider(provider: Name, reason: Reason, json_output: Json = False) -> None:
    """Take a provider out of use until it is resumed; messages go by the others, or wait."""
    _known(provider)
    with get_sessions().begin() as session:
        circuits.stop(session, provider, reason, _who(), clock_now())
    _say({"stopped": provider}, f"Đã cho dừng {provider}.", json_output)


@app.command("resume-provider")
def resume_provider(provider: Name, reason: Reason, json_output: Json = False) -> None:
    """Put a provider back into use, also one that was paused for its errors."""
    _known(provider)
    with get_sessions().begin() as session:
        resumed = circuits.resume(session, provider, reason, _who(), clock_now())
    told = f"Đã cho dùng lại {provider}." if resumed else f"{provider} vốn đang dùng."
    _say({"provider": provider, "resumed": resumed}, told, json_output)


@app.command("zns-login")
def zns_login(json_output: Json = False) -> None:
    """Keep the tokens of the Zalo official account, read from standard input: the JSON that Zalo's
    page shows, or the refresh token alone. They are never shown again."""
    with get_sessions().begin() as session:
        try:
            zalo_tokens.sign_in(session, get_vault(), sys.stdin.read(), clock_now())
        except zalo_tokens.NoToken as error:
            _fail(error)
        # It may be tried at once; whom a person has stopped stays stopped.
        circuits.close_circuit(session, zalo_tokens.PROVIDER, _who(), clock_now())
    _say({"signed_in": True}, "Đã đăng nhập Zalo; từ nay hệ thống tự gia hạn.", json_output)


@app.command("bad-numbers")
def bad_numbers(json_output: Json = False) -> None:
    """List open dossiers whose number a provider takes for none (số cần sửa): correct it in the
    office's records, and the next export brings it; then ./motcua sms retry."""
    with get_sessions()() as session:
        found = operators.bad_numbers(session)
    if json_output:
        _print_json([asdict(one) for one in found])
        return
    if not found:
        console.print("Không có số nào cần sửa.")
        return
    rows = [
        {
            "Mã hồ sơ": one.dossier,
            "Nơi tiếp nhận": one.office,
            "Số": one.number,
            "Qua": one.provider,
            "Mã lỗi": one.code,
            "Lúc": one.at,
        }
        for one in found
    ]
    _table("Số điện thoại cần sửa trong hồ sơ", rows)


@app.command()
def hold(messages: Ids, json_output: Json = False) -> None:
    """Keep queued messages back until they are released."""
    _do(messages, operators.hold, "held", "đã giữ lại", json_output)


@app.command()
def release(
    messages: Annotated[
        list[int] | None, typer.Argument(metavar="[ID…]", help="Messages, by their numbers.")
    ] = None,
    all_of_budget: Annotated[
        bool,
        typer.Option("--budget", help="All that were kept back for want of budget, at any cost."),
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Agreed to what --budget costs, however many they are.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Let held messages go. More than MOTCUA_SMS_LARGE_BATCH of them are asked about first."""
    if bool(messages) == all_of_budget:
        _fail("Hãy nêu số của các tin, hoặc --budget.")
    if messages:
        _do(messages, operators.release, "released", "đã cho gửi", json_output)
        return
    with get_sessions()() as session:
        found = budgets.figures(session, installed_desk().budget, clock_now())
    if found.held_messages > get_settings().sms_large_batch and not yes:
        errors = Console(stderr=True)
        cost = f"{found.held_messages} tin, nhiều nhất {dong(found.held)}"
        errors.print(f"Sẽ cho gửi {cost}, ngoài ngân sách ngày.", highlight=False)
        asks = not json_output and sys.stdin.isatty()
        if not (asks and typer.confirm("Đồng ý?", err=True)):
            errors.print("Chưa gửi tin nào; nếu đồng ý, chạy lại với --yes.")
            raise typer.Exit(2)
    with get_sessions().begin() as session:
        number = budgets.release_all(session, _who(), clock_now())
    _say({"released": number}, f"Đã cho gửi {number} tin.", json_output)


@app.command()
def cancel(messages: Ids, json_output: Json = False) -> None:
    """Withdraw messages that have not left."""
    _do(messages, operators.cancel, "cancelled", "đã hủy", json_output)


@app.command()
def retry(message: int, json_output: Json = False) -> None:
    """Send a message again that came to a bad end, as a new message to the present number."""
    with get_sessions().begin() as session:
        try:
            made = operators.retry(session, installed_desk(), message, clock_now())
        except NotPossible as error:
            _fail(error)
    _say({"message": made}, f"Tin {message} được gửi lại, là tin {made}.", json_output)


@app.command("test")
def send_test(
    number: Annotated[str, typer.Argument(help="Whom to text.")], json_output: Json = False
) -> None:
    """Send a test message. A real provider sends only to numbers in MOTCUA_SMS_TEST_NUMBERS."""
    settings = get_settings()
    with get_sessions().begin() as session:
        try:
            made = direct.send_test(
                session, installed_desk(), _number(number), settings.sms_test_numbers, clock_now()
            )
        except NotPossible as error:
            _fail(error)
    told = f"Tin {made} đã vào hàng gửi; xem bằng: ./motcua sms show {made}"
    _say({"message": made}, told, json_output)


@app.command()
def apologise(
    dossier: Annotated[str, typer.Argument(help="Code of the dossier.")],
    until: Annotated[
        datetime,
        typer.Option(formats=["%d/%m/%Y", "%Y-%m-%d"], help="The new appointment date."),
    ],
    json_output: Json = False,
) -> None:
    """Put an appointment off and tell its applicant, with an apology (phiếu xin lỗi và hẹn lại).

    The new date is written down even where the applicant cannot be texted: then with status 1.
    """
    if not get_calendar().is_working(until.date()):
        _fail(f"{show_date(until.date())} không phải ngày làm việc.")
    judge = installed_judge()
    with get_sessions().begin() as session:
        try:
            before = put_off(session, dossier, until.date(), judge, clock_now())
        except NoSuchAppointment as error:
            _fail(error)
    if before is not None and before != until.date():
        Console(stderr=True).print(
            f"Hồ sơ đã được hẹn lại trước đó ({show_date(before)}); "
            "quy định của một số tỉnh chỉ cho hẹn lại một lần",
            highlight=False,
        )
    with get_sessions().begin() as session:
        try:
            made = direct.apologise(
                session, installed_desk(), dossier, until.date(), judge, clock_now()
            )
        except NotPossible as error:
            _fail(f"Ngày hẹn lại đã được ghi, nhưng chưa nhắn tin: {error}")
    _say({"message": made}, f"Tin xin lỗi {made} đã vào hàng gửi.", json_output)


# --- between the commands and the notifier -----------------------------------------------------


def _who() -> str:
    return f"operator {getpass.getuser()}"


def _route(settings: Settings) -> Route:
    try:
        return parse_route(settings.message_route)
    except InvalidRoute as error:
        _fail(f"MOTCUA_SMS_ROUTE: {error}")


def _known(provider: str) -> None:
    names = _route(get_settings()).names
    if provider not in names:
        _fail(f"Đường gửi chỉ có {', '.join(names)}, không có {provider}.")


def _say(data: Mapping[str, Any], text: str, json_output: bool) -> None:
    if json_output:
        _print_json(data)
    else:
        console.print(text)


def _do(ids: Sequence[int], what: Any, done: str, said: str, json_output: bool) -> None:
    """Do something to messages, and say to which it could be done, and where the others stand."""
    with get_sessions().begin() as session:
        changed: set[int] = what(session, ids, _who(), clock_now())
        others = outbox.standing(session, set(ids) - changed)
    if json_output:
        _print_json({done: sorted(changed), "not_possible": sorted(set(ids) - changed)})
    else:
        for id_ in ids:
            if id_ in changed:
                fate = said
            elif id_ in others:
                state, _ = others[id_]
                fate = f"không được: tin {state_word(state)}"
            else:
                fate = "không có"
            console.print(f"Tin {id_}: {fate}", highlight=False)
    if set(ids) - changed:
        raise typer.Exit(1)


def _number(written: str) -> str:
    """Read a number as a person writes it. Leaves with an error where it is no mobile number."""
    mobile = read_phones(written).mobile
    if mobile is None:
        _fail("Đây không phải số di động Việt Nam.")
    return mobile


def _fail(reason: object) -> NoReturn:
    Console(stderr=True).print(str(reason), markup=False)
    raise typer.Exit(1)


def _history(found: History) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **asdict(found.line),
        "text": found.text,
        "policy": found.policy,
        "provider": found.provider,
        "provider_ref": found.provider_ref,
        "created_at": found.created_at,
        "expires_at": found.expires_at,
        "changed_by": found.changed_by,
        "tells_of": ", ".join(map(str, found.events)),
        "dossiers": ", ".join(found.dossiers),
        "retry_of": found.retry_of,
        "sent_again_as": found.sent_again_as,
        "attempts_made": found.line.attempts,
    }
    shown["attempts"] = [
        {
            "n": one.n,
            "provider": one.provider,
            "started_at": one.started_at,
            "outcome": one.outcome or "not known: the worker died",
            "http": one.http_status,
            "code": one.code,
            "ms": one.latency_ms,
        }
        for one in found.attempts
    ]
    shown["receipts"] = [
        {
            "received_at": one.received_at,
            "word": one.word,
            "of_attempt": one.attempt,
            "code": one.code,
            "did": one.verdict or "waits to be applied",
        }
        for one in found.receipts
    ]
    return {name: _local(value) for name, value in shown.items()}


def _facts(found: History) -> dict[str, Any]:
    line = found.line
    return {
        "Tin số": line.id,
        "Mẫu tin": line.template,
        "Hồ sơ": ", ".join(found.dossiers) or line.dossier,
        "Gửi đến": line.recipient,
        "Tình trạng": state_word(line.state),
        "Lý do": " ".join(filter(None, (why_word(line.why), line.code))),
        "Từ lúc": line.state_at,
        "Bởi": found.changed_by,
        "Nội dung": found.text,
        "Số phần": line.segments,
        "Nếu không rõ": _POLICIES[found.policy],
        "Nhà cung cấp": found.provider,
        "Mã của họ": found.provider_ref,
        "Lập lúc": found.created_at,
        "Không gửi trước": line.not_before,
        "Không gửi sau": found.expires_at,
        "Gửi lại của tin": found.retry_of,
        "Được gửi lại là": found.sent_again_as,
    }


_POLICIES: Mapping[str, str] = {
    Policy.AT_LEAST_ONCE: "gửi thêm một lần",
    Policy.AT_MOST_ONCE: "không gửi lần nữa",
}


def _attempts(found: History) -> list[dict[str, Any]]:
    return [
        {
            "Lần": one.n,
            "Qua": one.provider,
            "Lúc": one.started_at,
            "Kết quả": OUTCOMES[one.outcome] if one.outcome else "không biết: tiến trình bị ngắt",
            "HTTP": one.http_status,
            "Mã": one.code,
            "ms": one.latency_ms,
        }
        for one in found.attempts
    ]


def _receipts(found: History) -> list[dict[str, Any]]:
    return [
        {
            "Lúc": one.received_at,
            "Nói rằng": RECEIPTS[one.word],
            "Của lần": one.attempt,
            "Mã": one.code,
            "Nên": VERDICTS[one.verdict] if one.verdict else "chờ tính",
        }
        for one in found.receipts
    ]


def _cells(line: Line) -> list[str]:
    return [
        str(line.id),
        line.template,
        line.dossier,
        line.recipient,
        STATES[line.state],
        " ".join(filter(None, (why_word(line.why), line.code))),
        str(line.segments),
        str(line.attempts),
        str(_local(line.state_at)),
    ]


def _table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        return
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*("" if v is None else str(_local(v)) for v in row.values()))
    console.print(table)


def _local(value: Any) -> Any:
    """Show moments in office time."""
    return (
        f"{value.astimezone(VIETNAM):%d/%m/%Y %H:%M:%S}" if isinstance(value, datetime) else value
    )


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_jsonable))


def _jsonable(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
