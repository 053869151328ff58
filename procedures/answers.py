"""Answers: what the catalogue knows of a procedure, told as blocks.

The first block names the procedure and answers in one line; then what to bring or do, then
exceptions, then the source with its dates, then buttons for what is mostly asked next. What is not
confirmed is said to be so. Which procedure and aspects are meant is understood elsewhere; how
blocks look is the channels'.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Literal, assert_never

from core.clock import show_date
from language.blocks import (
    Block,
    Button,
    Buttons,
    Checklist,
    Facts,
    Item,
    Source,
    Step,
    Steps,
    Table,
    Text,
)
from procedures.appointments import day_if_filed
from procedures.catalogue import Catalogue, Version
from procedures.citations import in_english
from procedures.deadlines import get_calendar
from procedures.money import PAYER_NAMES, Estimate, show_vnd
from procedures.schema import Fact, FeeLine, Form, Paper, Rule, SummarySection, TimeLimit
from procedures.schema import Text as Words
from procedures.vocabulary import (
    ACTOR_NAMES,
    ASPECT_NAMES,
    ASPECT_QUESTIONS,
    SPECIAL_CASE_NAMES,
    SUBMIT_NAMES,
    Actor,
    Aspect,
    Confidence,
    Language,
    SpecialCase,
    Submit,
    Unit,
)

MOST_BUTTONS = 4
_MOST_SOURCES = 5
_LOCAL = frozenset({Aspect.TIME, Aspect.FORM, Aspect.DOCUMENTS, Aspect.STEPS, Aspect.GENERAL})
"""The aspects that provinces have set for themselves since 2026."""


@dataclass
class Part:
    """What is said of one aspect: the direct answer, what follows it, what it rests on."""

    lead: str
    blocks: list[Block] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class _Due:
    """When a dossier handed in on one day would be due, by each of a section's limits."""

    filed_on: date
    """The first day on which an office takes it."""
    cutoff: time | None
    """Of a same-day procedure told alone: until when it must be in to be done that day."""
    after_cutoff: date | None
    """When it is due that came in later."""
    dates: tuple[tuple[date, date | None], ...]
    """In lowland communes, and in mountainous ones where they differ."""
    unsure_year: int | None
    """A year whose holidays are not decided, where a date lies in one."""


def answer(
    catalogue: Catalogue,
    procedure_id: str,
    aspects: Sequence[Aspect | str] = (),
    *,
    as_of: date,
    province: str | None = None,
    language: Language = "vi",
    filed_on: date | None = None,
) -> list[Block]:
    """Return the answer about a procedure's aspects as they stood on `as_of`.

    `filed_on` asks to be told, with the time limits, when a complete dossier handed in that day
    would be due. `province` is a slug or a name; where the catalogue has no rules of that province,
    the national ones are told, and that they may differ. No aspect means the overview. Raises what
    `Catalogue.get` raises, and `ValueError` for an aspect that does not exist.
    """
    asked = tuple(dict.fromkeys(Aspect(aspect) for aspect in aspects)) or (Aspect.GENERAL,)
    version = catalogue.get(procedure_id, province, as_of=as_of)
    teller = Teller(version, language, filed_on)
    blocks: list[Block] = []
    facts: list[Fact] = []
    for n, aspect in enumerate(asked):
        part = teller.part(aspect)
        head = version.file.name.say(language) if n == 0 else ASPECT_NAMES[aspect][language]
        blocks.append(Text(f"{head}: {teller.hedged(aspect, part.lead)}", tone="lead"))
        blocks += teller.caution(aspect)
        blocks += part.blocks
        facts += part.facts
    blocks += teller.locality(asked)
    blocks.append(teller.source(facts))
    blocks.append(next_questions(procedure_id, asked, language))
    return blocks


def one_line(
    catalogue: Catalogue,
    procedure_id: str,
    aspect: Aspect,
    *,
    as_of: date,
    province: str | None = None,
    language: Language = "vi",
) -> str:
    """Return the direct answer alone, without the procedure's name: for an SMS or a table."""
    version = catalogue.get(procedure_id, province, as_of=as_of)
    teller = Teller(version, language)
    return teller.hedged(aspect, teller.part(aspect).lead)


def tell_estimate(
    estimate: Estimate, language: Language = "vi", version: Version | None = None
) -> list[Block]:
    """Return an estimate as blocks: the total first, then each sum, then what is not known.

    With the procedure's `version`, what its province charges besides is told as far as it is known;
    those fees depend on more than the estimate knows and are not in its total.
    """

    def say(vi: str, en: str) -> str:
        return en if language == "en" else vi

    total = show_vnd(estimate.total, language)
    rows = []
    for line in estimate.lines:
        amount = show_vnd(line.amount, language)
        if line.confidence is Confidence.LOW:
            amount += say(" (cần hỏi lại)", " (unconfirmed, please ask)")
        payer = PAYER_NAMES[line.payer][language]
        rows.append((line.label.say(language), amount, payer, line.how.say(language)))
    columns = say("Khoản|Số tiền|Người nộp|Cách tính", "Item|Amount|Who pays|How").split("|")
    blocks: list[Block] = [
        Text(say(f"Tạm tính: khoảng {total}.", f"Estimate: about {total}."), tone="lead"),
        Table(tuple(columns), tuple(rows)),
    ]
    if estimate.unknown:
        items = tuple(Item(unknown.say(language)) for unknown in estimate.unknown)
        blocks.append(Checklist(items, title=say("Chưa tính được:", "Not included:")))
    if version is not None and version.local_fees is not None:
        blocks += Teller(version, language).local_fees(version.contents.fee.local, True)[0]
    blocks += [Text(note.say(language), tone="note") for note in estimate.notes]
    blocks.append(
        Text(
            say(
                "Đây là số tạm tính. Số phải nộp theo thông báo của cơ quan thuế.",
                "This is an estimate. What you pay is in the tax office's notice.",
            ),
            tone="warning",
        )
    )
    bases = named_once(line.legal_basis for line in estimate.lines)
    basis = "; ".join(map(in_english, bases) if language == "en" else bases)
    on = show_date(estimate.as_of)
    blocks.append(
        Source(
            say(f"Nguồn: {basis}. Tính theo quy định ngày {on}.", f"Source: {basis}, as of {on}.")
        )
    )
    return blocks


class Teller:
    """Tells one version in one language: aspect by aspect, for an answer or a whole page."""

    def __init__(self, version: Version, language: Language, filed_on: date | None = None) -> None:
        self.version = version
        self.contents = version.contents
        self.language: Language = language
        self.filed_on = filed_on

    def part(self, aspect: Aspect) -> Part:
        """Return what is said of `aspect`."""
        match aspect:
            case Aspect.TIME:
                return self._time()
            case Aspect.DOCUMENTS:
                return self._documents()
            case Aspect.FEE:
                return self._fee()
            case Aspect.WHERE:
                return self._summary(self.contents.where)
            case Aspect.ONLINE:
                return self._summary(self.contents.online)
            case Aspect.STEPS:
                return self._steps()
            case Aspect.CONDITIONS:
                return self._conditions()
            case Aspect.FORM:
                return self._form()
            case Aspect.LEGAL:
                return self._legal()
            case Aspect.RESULT:
                return self._result()
            case Aspect.GENERAL:
                return self._general()
        assert_never(aspect)

    # --- aspects ---------------------------------------------------------------------------------

    def _time(self) -> Part:
        section = self.contents.time
        limits = tuple(section.limits.values())
        blocks: list[Block] = []
        due = self._if_filed(limits)
        if len(limits) > 1:
            blocks.append(self._time_table(limits, due))
        for limit in limits:
            blocks += self._dates(limit)
        if due is not None:
            blocks += self._told_due(due, in_table=len(limits) > 1)
        blocks += self._notes(section.notes)
        blocks += self._rule_notes(section.rules)
        return Part(self._time_lead(limits), blocks, [section, *self._rules(section.rules)])

    def _time_lead(self, limits: Sequence[TimeLimit]) -> str:
        first = limits[0]
        if len(limits) == 1:
            lead = self._limit(first)
            if first.mountainous is not None:
                total = self._days(first.mountainous, first.unit)
                lead += self._say(
                    f"; xã miền núi, hải đảo, vùng khó khăn: {total}",
                    f"; in mountainous, island or disadvantaged communes: {total}",
                )
            return lead + "."
        if any(limit.follows for limit in limits):
            return self._one_after_another(limits)
        spread = sorted({limit.days for limit in limits})
        if len({limit.unit for limit in limits}) > 1 or any(limit.cutoff for limit in limits):
            shown = list(dict.fromkeys(self._limit(limit) for limit in limits))
        else:
            shown = [
                *(self._number(days) for days in spread[:-1]),
                self._days(spread[-1], first.unit),
            ]
        if len(shown) == 1:
            return shown[0] + "."
        joined = self._say(" hoặc ", " or ").join((", ".join(shown[:-1]), shown[-1]))
        return joined + self._say(", tùy trường hợp.", ", depending on the case.")

    def _one_after_another(self, limits: Sequence[TimeLimit]) -> str:
        told = []
        for limit in limits:
            case = limit.case.say(self.language) if limit.case else ""
            more = self._say("thêm ", "another ") if limit.follows else ""
            told.append(f"{case[:1].lower()}{case[1:]}: {more}{self._limit(limit)}")
        return "; ".join(told) + "."

    def _limit(self, limit: TimeLimit) -> str:
        if limit.cutoff is not None and limit.days == 1:
            return self._say("trong ngày làm việc nhận hồ sơ", "the same working day")
        return self._days(limit.days, limit.unit)

    def _time_table(self, limits: Sequence[TimeLimit], due: _Due | None) -> Table:
        rows = []
        columns = [*self._say_all(("Trường hợp", "Thời hạn"), ("Case", "Limit"))]
        if due is not None:
            on = show_date(due.filed_on)
            columns.append(self._say(f"Nộp {on} thì hẹn", f"Filed {on}, due"))
        for n, limit in enumerate(limits):
            told = self._limit(limit)
            if limit.mountainous is not None:
                total = self._number(limit.mountainous)
                told += self._say(
                    f" (miền núi, hải đảo, vùng khó khăn: {total})",
                    f" (mountainous, island or disadvantaged communes: {total})",
                )
            row = [limit.case.say(self.language) if limit.case else "", told]
            if due is not None and limit.follows:
                row.append("–")
            elif due is not None:
                lowland, mountains = due.dates[n]
                row.append(show_date(lowland))
                if mountains is not None:
                    there = self._say("miền núi…", "mountainous…")
                    row[-1] += f" ({there}: {show_date(mountains)})"
            rows.append(tuple(row))
        return Table(tuple(columns), tuple(rows))

    def _dates(self, limit: TimeLimit) -> list[Block]:
        if limit.first is None or limit.second is None:
            return []
        first, second = (self._days(days, limit.unit) for days in (limit.first, limit.second))
        case = f"{limit.case.say(self.language)}. " if limit.case else ""
        told = self._say(
            f"Nếu phải nộp thuế: hẹn lần 1 sau {first} kể từ khi nhận hồ sơ; "
            f"hẹn lần 2 sau {second} kể từ khi nộp xong tiền.",
            f"Where tax is due: first date {first} after receipt; second date {second} after "
            "payment.",
        )
        return [Text(case + told)]

    def _if_filed(self, limits: Sequence[TimeLimit]) -> _Due | None:
        """Return when a dossier handed in on `filed_on` would be due: what people count out."""
        unsure = self.version.confidence(Aspect.TIME) is Confidence.LOW
        if self.filed_on is None or unsure:
            return None
        calendar = get_calendar()
        on = calendar.on_or_after(self.filed_on)
        dates: list[tuple[date, date | None]] = []
        for limit in limits:
            later = None
            if limit.mountainous is not None:
                later = day_if_filed(limit, on, calendar, mountainous=True)
            dates.append((day_if_filed(limit, on, calendar), later))
        from_filing = zip(limits, dates, strict=True)
        latest = max(later or due for limit, (due, later) in from_filing if not limit.follows)
        unsure_year = None if calendar.is_confirmed(latest) else latest.year
        cutoff = limits[0].cutoff if len(limits) == 1 and dates[0] == (on, None) else None
        after = day_if_filed(limits[0], datetime.combine(on, time.max), calendar)
        return _Due(on, cutoff, after if cutoff else None, tuple(dates), unsure_year)

    def _told_due(self, due: _Due, in_table: bool) -> list[Block]:
        blocks: list[Block] = []
        if due.cutoff is not None and due.after_cutoff is not None:
            on, told = show_date(due.filed_on), show_date(due.after_cutoff)
            hour = f"{due.cutoff:%H:%M}" if due.cutoff.minute else f"{due.cutoff.hour}"
            text = self._say(
                f"Nộp đủ giấy tờ trước {hour} giờ ngày {on} thì xong trong ngày; "
                f"nộp sau đó thì ngày {told}.",
                f"If the dossier is complete before {due.cutoff:%H:%M} on {on}, it is done that "
                f"day; if later, on {told}.",
            )
            blocks.append(Text(text))
        elif not in_table:
            lowland, mountains = due.dates[0]
            on, told = show_date(due.filed_on), show_date(lowland)
            text = self._say(
                f"Nộp đủ giấy tờ ngày {on} thì hẹn trả ngày {told}",
                f"If the dossier is complete on {on}, it is due on {told}",
            )
            if mountains is not None:
                later = show_date(mountains)
                text += self._say(
                    f"; xã miền núi, hải đảo, vùng khó khăn: {later}",
                    f"; in mountainous, island or disadvantaged communes: {later}",
                )
            blocks.append(Text(f"{text}."))
        if due.unsure_year is not None:
            text = self._say(
                f"Lịch nghỉ lễ năm {due.unsure_year} chưa chốt nên ngày hẹn có thể thay đổi.",
                f"The holidays of {due.unsure_year} are not decided yet, so this may change.",
            )
            blocks.append(Text(text, tone="note"))
        return blocks

    def _documents(self) -> Part:
        section = self.contents.documents
        always = [paper for paper in section.papers if paper.when is None]
        sometimes = [paper for paper in section.papers if paper.when is not None]
        blocks: list[Block] = []
        if always:
            title = self._say("Bắt buộc:", "Everybody needs:")
            blocks.append(Checklist(tuple(self._item(paper) for paper in always), title=title))
        if sometimes:
            title = self._say("Tùy trường hợp:", "Where it applies:")
            blocks.append(Checklist(tuple(self._item(paper) for paper in sometimes), title=title))
        blocks += self._notes(section.mistakes, tone="warning")
        blocks += self._notes(section.notes)
        blocks += self._rule_notes(section.rules)
        return Part(
            self._documents_lead(always, bool(sometimes)),
            blocks,
            [section, *self._rules(section.rules)],
        )

    def _documents_lead(self, always: Sequence[Paper], sometimes: bool) -> str:
        if not always:
            return self._say(
                "Ông/Bà mang giấy tờ tùy trường hợp dưới đây.", "bring what applies below."
            )
        if len(always) == 1 and sometimes:
            only = always[0].paper.say(self.language)
            only = only[:1].lower() + only[1:]
            return self._say(
                f"Ông/Bà nhất định phải có {only}; giấy tờ khác thì tùy trường hợp.",
                f"everybody needs the {only}; other papers only where they apply.",
            )
        count = len(always)
        papers = f"{count} paper{'s' if count > 1 else ''}"
        if sometimes:
            return self._say(
                f"Ông/Bà cần {count} loại giấy tờ bắt buộc, và giấy tờ khác tùy trường hợp.",
                f"you need {papers}, and others only where they apply.",
            )
        return self._say(f"Ông/Bà cần {count} loại giấy tờ.", f"you need {papers}.")

    def copies(self, paper: Paper) -> str:
        """Return how many of a paper are handed in, and in what form."""
        return SUBMIT_NAMES[paper.submit][self.language].format(n=paper.count)

    def _item(self, paper: Paper) -> Item:
        details: list[str] = []
        if paper.when is not None:
            when = paper.when.say(self.language)
            details.append(self._say(f"nếu {when}", f"if {when}"))
        if paper.form:
            details.append(self.form_number(self.contents.forms[paper.form]))
        if paper.when is None or paper.submit is not Submit.ANY:
            details.append(self.copies(paper))
        text = paper.paper.say(self.language)
        return Item(text, detail="; ".join(details), optional=paper.when is not None)

    def _fee(self) -> Part:
        section = self.contents.fee
        as_of = self.version.as_of
        lines = [line for line in section.lines if line.holds(as_of)]
        facts: list[Fact] = [section, *lines, *self._rules(section.rules)]
        blocks: list[Block] = []
        if lines:
            columns = self._say_all(
                ("Khoản", "Số tiền", "Người nộp"), ("Item", "Amount", "Who pays")
            )
            with_payer = any(line.payer for line in lines)
            rows = []
            for line in lines:
                amount = line.amount.say(self.language)
                if (line.confidence or section.confidence) is Confidence.LOW:
                    amount += self._say(" (cần hỏi lại)", " (unconfirmed, please ask)")
                row = [line.label.say(self.language), amount]
                if with_payer:
                    row.append(line.payer.say(self.language) if line.payer else "–")
                rows.append(tuple(row))
            blocks.append(Table(columns if with_payer else columns[:2], tuple(rows)))
        blocks += self._notes(section.notes)
        blocks += self._rule_notes(section.rules)
        if section.local:
            local_blocks, local_facts = self.local_fees(section.local, bool(lines))
            blocks += local_blocks
            facts += local_facts
        return Part(section.summary.say(self.language), blocks, facts)

    def local_fees(self, kind: str, beside_others: bool) -> tuple[list[Block], list[Fact]]:
        """Return what the province charges for this kind of registration, and what that rests on.

        `beside_others`: other sums have been told, so that the province's want a word of their own.
        """
        local = self.version.local_fees
        place = self.version.province_name
        if local is None and not beside_others:
            return [], []  # the direct answer has said that the province sets the fee
        if local is None:
            text = self._say(
                "Phí, lệ phí của tỉnh do Hội đồng nhân dân tỉnh quy định. Số tiền cụ thể, Ông/Bà "
                "hỏi lại nơi nhận hồ sơ.",
                "The province's own fees are set by its people's council; please ask the desk.",
            )
            return [Text(text, tone="note")], []
        blocks: list[Block] = []
        lines = local.kinds.get(kind, ())
        if lines:
            rows = tuple(
                (line.label.say(self.language), line.amount.say(self.language)) for line in lines
            )
            columns = self._say_all(("Khoản", "Số tiền"), ("Item", "Amount"))
            title = self._say(f"Phí, lệ phí ở {place}:", f"Fees in {place}:")
            blocks.append(Table(columns, rows, title=title))
        else:
            text = self._say(
                f"Phí, lệ phí ở {place} theo {local.name}. Số tiền cụ thể, Ông/Bà hỏi lại nơi nhận "
                "hồ sơ.",
                f"Fees in {place} follow {in_english(local.name)}; please ask the desk for the "
                "amount.",
            )
            blocks.append(Text(text, tone="note"))
        blocks += self._notes(local.notes)
        if lines and local.confidence is not Confidence.HIGH:
            text = self._say(
                "Mức này có thể đã thay đổi sau khi sáp nhập; nên hỏi lại nơi nhận hồ sơ.",
                "These may have changed since the merger of provinces; please ask the desk.",
            )
            blocks.append(Text(text, tone="note"))
        named = local.model_copy(update={"legal_basis": (local.name,)})
        return blocks, [named]

    def _summary(self, section: SummarySection) -> Part:
        rules = self._rules(section.rules)
        points = list(section.points)
        if section.summary is not None:
            lead = section.summary.say(self.language)
        else:
            lead = rules[0].summary.say(self.language)
        for rule in rules:
            points += rule.points
        blocks: list[Block] = []
        if points:
            blocks.append(Checklist(tuple(Item(p.say(self.language)) for p in points)))
        return Part(lead, blocks, [section, *rules])

    def _steps(self) -> Part:
        section = self.contents.steps
        steps = tuple(
            Step(text=step.do.say(self.language), actor=ACTOR_NAMES[step.who][self.language])
            for step in section.steps
        )
        # Who acts is left out where it is the reader; at the notary's it is the reader too.
        first = section.steps[0]
        mine = first.who in (Actor.CITIZEN, Actor.NOTARY)
        actor = ACTOR_NAMES[first.who][self.language]
        who = "" if mine else f", {actor[:1].lower()}{actor[1:]}"
        begin = steps[0].text.split(". ")[0].removesuffix(".") + "."
        if not begin.startswith("Ông/Bà"):
            begin = begin[:1].lower() + begin[1:]
        lead = self._say(
            f"có {len(steps)} bước. Việc đầu tiên{who}: {begin}",
            f"{len(steps)} steps. First{who}: {begin}",
        )
        return Part(lead, [Steps(steps), *self._notes(section.notes)], [section])

    def _conditions(self) -> Part:
        section = self.contents.conditions
        blocks: list[Block] = []
        if section.points:
            items = tuple(Item(point.say(self.language)) for point in section.points)
            title = self._say("Điều kiện:", "Conditions:")
            if section.any_of:
                title = self._say("Một trong các trường hợp sau:", "Any one of these:")
            blocks.append(Checklist(items, title=title))
        blocks += self._notes(section.refused_when, tone="warning")
        blocks += self._rule_notes(section.rules)
        told, facts = self._special_cases(section.cases)
        blocks += told
        who = section.who.say(self.language)
        lead = self._say("dành cho ", "for ") + who[:1].lower() + who[1:]
        return Part(lead, blocks, [section, *self._rules(section.rules), *facts])

    def _special_cases(
        self, cases: Mapping[SpecialCase, str | None]
    ) -> tuple[list[Block], list[Fact]]:
        """Tell what holds in special cases; those that nobody knows are named together."""
        items: list[Item] = []
        unknown: list[str] = []
        facts: list[Fact] = []
        for case, name in cases.items():
            if name is None:
                continue
            rule = self.version.rules[name]
            called = SPECIAL_CASE_NAMES[case][self.language]
            if rule.confidence is Confidence.LOW:
                unknown.append(called[:1].lower() + called[1:])
                continue
            facts.append(rule)
            items.append(Item(f"{called}: {rule.summary.say(self.language)}"))
        blocks: list[Block] = []
        if items:
            title = self._say("Trường hợp riêng:", "Special cases:")
            blocks.append(Checklist(tuple(items), title=title))
        if unknown:
            listed = ", ".join(unknown)
            text = self._say(
                f"Chưa có thông tin chắc chắn, cần hỏi lại nơi tiếp nhận, nếu: {listed}.",
                f"Not known for certain, please ask the receiving desk, in case of: {listed}.",
            )
            blocks.append(Text(text, tone="note"))
        return blocks, facts

    def _form(self) -> Part:
        forms = self.contents.forms
        if not forms:
            lead = self._say(
                "không có mẫu bắt buộc; Ông/Bà viết đơn, ghi rõ nội dung đề nghị. Nơi nhận hồ sơ "
                "hướng dẫn cách viết.",
                "no set form; write an application that says what you ask. The desk helps you.",
            )
            return Part(lead, [], [self.contents.documents])
        first, *others = forms.values()
        lead = f"{first.name.say(self.language)}, {self.form_number(first)}."
        blocks: list[Block] = []
        if others:
            items = tuple(
                Item(form.name.say(self.language), detail=self.form_number(form)) for form in others
            )
            blocks.append(Checklist(items, title=self._say("Mẫu kèm theo:", "Further forms:")))
        text = self._say(
            "Xin mẫu tại nơi nhận hồ sơ hoặc tải trên Cổng Dịch vụ công quốc gia. Ông/Bà ký và "
            "ghi rõ họ tên.",
            "Get it at the desk or on the National Public Service Portal. Sign it and write your "
            "full name.",
        )
        blocks.append(Text(text, tone="note"))
        return Part(lead, blocks, list(forms.values()))

    def form_number(self, form: Form) -> str:
        """Return how a form is asked for, and whether its number wants asking."""
        number = self._say(f"Mẫu số {form.number}", f"form no. {form.number}")
        if form.confidence is Confidence.LOW:
            number += self._say(", cần hỏi lại số mẫu", ", please ask for its number")
        return number

    def _legal(self) -> Part:
        contents = self.contents
        basis = "; ".join(map(self.cited, contents.legal_basis))
        title = self._say("Mã thủ tục", "Code")
        rows = tuple((f"{title} {code.code}", code.name) for code in contents.codes)
        made_by = self._say("công bố tại", "published by")
        official = self._say(
            f"Tên đầy đủ: {self.version.file.official_name}.",
            f"Official name: {self.version.file.official_name}.",
        )
        blocks: list[Block] = [Text(official), Facts(rows)]
        return Part(f"{basis}; {made_by} {self.cited(contents.decision)}.", blocks, [contents])

    def _result(self) -> Part:
        section = self.contents.result
        signed = section.signed_by.say(self.language)
        blocks: list[Block] = [Facts(((self._say("Người ký", "Signed by"), signed),))]
        blocks += self._notes(section.points)
        text = self._say(
            "Người có tên hoặc người được ủy quyền đến nhận, mang theo giấy hẹn.",
            "The person named, or somebody authorised, collects it with the receipt.",
        )
        blocks.append(Text(text, tone="note"))
        return Part(section.summary.say(self.language), blocks, [section])

    def _general(self) -> Part:
        section = self.contents.general
        told = {
            Aspect.TIME: self.hedged(Aspect.TIME, self._time().lead),
            Aspect.FEE: self.hedged(Aspect.FEE, self._fee().lead),
            Aspect.WHERE: self.hedged(Aspect.WHERE, self._summary(self.contents.where).lead),
            Aspect.RESULT: self.contents.result.summary.say(self.language),
        }
        rows = [
            (ASPECT_NAMES[aspect][self.language], _sentence(lead)) for aspect, lead in told.items()
        ]
        blocks: list[Block] = [
            Facts(tuple(rows)),
            *self.caution(Aspect.TIME),
            *self._notes(section.special),
        ]
        facts: list[Fact] = [section, self.contents.time, self.contents.fee]
        return Part(section.summary.say(self.language), blocks, facts)

    # --- how sure ---------------------------------------------------------------------------------

    def hedged(self, aspect: Aspect, lead: str) -> str:
        """Return a direct answer that does not sound certain where it is not."""
        asks = self._say("hỏi lại", "please ask")
        if self.version.confidence(aspect) is not Confidence.LOW or asks in lead:
            return lead
        return lead.removesuffix(".") + self._say(
            " (chưa xác nhận, cần hỏi lại nơi tiếp nhận).",
            " (unconfirmed, please ask the receiving desk).",
        )

    def caution(self, aspect: Aspect) -> list[Block]:
        """Return the advice that goes with what may differ."""
        if self.version.confidence(aspect) is not Confidence.MEDIUM:
            return []
        text = self._say(
            "Nơi Ông/Bà ở có thể làm khác đôi chút. Nên hỏi lại nơi tiếp nhận.",
            "It may differ a little where you are. It is best to ask the desk.",
        )
        return [Text(text, tone="note")]

    def locality(self, asked: Iterable[Aspect]) -> list[Block]:
        """Return whose rules were told, where provinces may have their own."""
        if not _LOCAL.intersection(asked):
            return []
        place = self.version.province_name
        if self.version.is_provincial:
            text = self._say(f"Theo quy định của {place}.", f"By the rules of {place}.")
        elif self.version.stands_in and place:
            text = self._say(
                f"Tôi chưa có quy định riêng của {place}. Đây là quy định chung cả nước. Cần hỏi "
                "lại nơi tiếp nhận.",
                f"I do not have the rules of {place}. These are the national ones; please ask the "
                "receiving desk.",
            )
        elif self.version.stands_in:
            text = self._say(
                "Đây là quy định chung cả nước. Từ 01/07/2026 mỗi tỉnh có thể quy định khác. "
                "Ông/Bà cho tôi biết tỉnh để trả lời sát hơn.",
                "These are the national rules. Since 01/07/2026 each province may differ; tell me "
                "your province for a closer answer.",
            )
        else:
            return []
        return [Text(text, tone="note")]

    def source(self, facts: Iterable[Fact]) -> Source:
        """Return where the answer comes from, since when it holds, when it was last checked."""
        facts = list(facts)
        named = self.basis(facts)
        more = self._say("; và văn bản liên quan", "; and related texts")
        listed = "; ".join(map(self.cited, named[:_MOST_SOURCES])) + (
            more if len(named) > _MOST_SOURCES else ""
        )
        began = [f.effective_from for f in facts if isinstance(f, FeeLine) and f.effective_from]
        since = max((self.contents.effective_from, *began))
        named_first = self._say(f"Nguồn: {listed}.", f"Source: {listed}.")
        return Source(
            text=f"{named_first} {self.holds(since)}",
            effective_from=show_date(since),
            checked_on=self.checked_on(facts),
        )

    def holds(self, since: date) -> str:
        """Return the words for since when this version, or a newer sum in it, holds."""
        on = show_date(since)
        if self.contents.began_unread and since == self.contents.effective_from:
            return self._say(f"Đang áp dụng vào ngày {on}.", f"In force on {on}.")
        return self._say(f"Áp dụng từ {on}.", f"In force since {on}.")

    def basis(self, facts: Iterable[Fact]) -> list[str]:
        """Return the instruments that facts rest on, the decision of this version first; in
        Vietnamese, as they are cited."""
        basis = [self.contents.decision]
        for fact in facts:
            basis += fact.legal_basis or self.contents.legal_basis
        return named_once(basis)

    def checked_on(self, facts: Iterable[Fact]) -> str:
        """Return the day on which the source of the oldest of these facts was last read."""
        checked = (fact.checked_on or self.contents.checked_on for fact in facts)
        dates = [day for day in checked if day is not None]
        return show_date(min(dates)) if dates else ""

    # --- words ------------------------------------------------------------------------------------

    def cited(self, basis: str) -> str:
        """Return how a document is cited in this language."""
        return in_english(basis) if self.language == "en" else basis

    def _say(self, vi: str, en: str) -> str:
        return en if self.language == "en" else vi

    def _say_all(self, vi: tuple[str, ...], en: tuple[str, ...]) -> tuple[str, ...]:
        return en if self.language == "en" else vi

    def _days(self, days: float, unit: Unit) -> str:
        number = self._number(days)
        if self.language == "en":
            what = "working day" if unit is Unit.WORKING else "day"
            return f"{number} {what}{'' if days == 1 else 's'}"
        return f"{number} {'ngày làm việc' if unit is Unit.WORKING else 'ngày'}"

    def _number(self, days: float) -> str:
        number = f"{days:g}"
        return number if self.language == "en" else number.replace(".", ",")

    def _notes(
        self, notes: Iterable[Words], tone: Literal["note", "warning"] = "note"
    ) -> list[Block]:
        return [Text(note.say(self.language), tone=tone) for note in notes]

    def _rules(self, names: Iterable[str]) -> list[Rule]:
        return [self.version.rules[name] for name in names]

    def _rule_notes(self, names: Iterable[str]) -> list[Block]:
        notes: list[Block] = []
        for rule in self._rules(names):
            notes += self._notes((rule.summary, *rule.points))
        return notes


def next_questions(procedure_id: str, asked: Sequence[Aspect], language: Language) -> Buttons:
    """Return buttons for what is mostly asked next of a procedure, or of a draft by its id."""
    others = [aspect for aspect in ASPECT_QUESTIONS if aspect not in asked]
    return Buttons(
        tuple(
            Button(ASPECT_QUESTIONS[aspect][language], f"ask:{procedure_id}:{aspect.value}")
            for aspect in others[:MOST_BUTTONS]
        )
    )


def named_once(basis: Iterable[str]) -> list[str]:
    """Return each instrument once; one named with its article stands for its bare name."""
    names = list(dict.fromkeys(basis))
    return [
        name
        for name in names
        if not any(other != name and other.startswith((f"{name},", f"{name} ")) for other in names)
    ]


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
