"""Answers from drafts: what the national portal published, told as blocks and marked unreviewed.

The portal's words are told as they stand; in English only those are put into English that it
chooses from a list (ways of filing, levels, who may apply, plain numbers of days), and it is said
that the rest is the portal's own text. Where they run too long for a chat they are cut, and it
is said that they were and where the whole stands; papers are never cut. What the portal does not
tell is said not to be told, never filled in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from core.clock import show_date
from language.blocks import Block, Checklist, Facts, Item, Source, Step, Steps, Table, Text
from procedures.answers import next_questions
from procedures.drafts import Draft, DraftPaper, DraftWay
from procedures.vocabulary import ASPECT_NAMES, Aspect, Language

_TITLE = 160
"""Characters of a title at the head of an answer; titles have up to 1,500."""
_STEP = 420
"""Characters told of one step."""
_POINT = 420
"""Characters told of one condition."""
_NOTE = 1500
"""Characters told of the note of a way of filing: it tells of the mountains, often last."""
_MOST_TIMES = 4
_MOST_POINTS = 12
_MOST_TEXTS = 8
"""Legal texts told; some procedures list thirty."""
_DEFAULT_CASE = "Mặc định"
"""The portal's own heading where there is but one case."""
_LEADING = re.compile(r"^\s*[-+*•]\s*")
_STEP_NUMBER = re.compile(r"^\s*(?:[-+*•]\s*)?Bước\s*(\d+)\s*(?:[:.)–-]+\s*|$)", re.IGNORECASE)
_SEE_NOTE = "Theo mô tả"
"""In place of a time: the note tells it."""
_SPURIOUS_UNIT = re.compile(rf"(?<=[.;:])\s*ngày$|(?<=^{_SEE_NOTE})\s+ngày$")
"""The portal puts its unit even after prose: "Không quá 10 ngày làm việc. ngày"."""
_ONLINE = "trực tuyến"
_DAYS = re.compile(r"(\d+(?:[.,]\d+)?) ngày( làm việc)?", re.IGNORECASE)
_ENGLISH = {
    "trực tiếp": "In person",
    _ONLINE: "Online",
    "dịch vụ bưu chính": "By post",
    "cấp tỉnh": "Province",
    "cấp xã": "Commune",
    "cấp bộ/ngành": "Ministry",
    "công dân việt nam": "Vietnamese citizens",
    "công dân việt nam mà không xác định được nơi thường trú hoặc nơi tạm trú": (
        "Vietnamese citizens without a known residence"
    ),
    "người việt nam định cư ở nước ngoài": "Vietnamese living abroad",
    "người nước ngoài": "foreigners",
    "người nước ngoài cư trú tại việt nam": "foreigners residing in Vietnam",
    "người nước ngoài đã cư trú tại việt nam": "foreigners who have resided in Vietnam",
    "cán bộ, công chức, viên chức": "officials and public employees",
    "doanh nghiệp": "enterprises",
    "doanh nghiệp việt nam": "Vietnamese enterprises",
    "doanh nghiệp có vốn đầu tư nước ngoài": "enterprises with foreign capital",
    "tổ chức (không bao gồm doanh nghiệp, htx)": (
        "organisations (other than enterprises and cooperatives)"
    ),
    "tổ chức nước ngoài": "foreign organisations",
    "hợp tác xã": "cooperatives",
}
"""What the portal chooses from a list, in small letters → English."""
_PORTALS_OWN = "What is in Vietnamese here is the portal's own text."
_LISTED = re.compile(
    rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(_ENGLISH, key=len, reverse=True)))})(?!\w)",
    re.IGNORECASE,
)


@dataclass
class _Part:
    lead: str
    blocks: list[Block] = field(default_factory=list)
    alone: str = ""
    """The lead where the blocks do not follow it; empty where it is the same."""


def answer_draft(
    draft: Draft,
    aspects: Sequence[Aspect | str] = (),
    *,
    edited: bool = False,
    language: Language = "vi",
) -> list[Block]:
    """Return the answer about a draft's aspects; none means the overview.

    `edited` says that somebody changed the draft by hand, so that its words are not all the
    portal's. Raises `ValueError` for an aspect that does not exist.
    """
    asked = tuple(dict.fromkeys(Aspect(aspect) for aspect in aspects)) or (Aspect.GENERAL,)
    teller = _Teller(draft, language)
    blocks: list[Block] = []
    for n, aspect in enumerate(asked):
        part = teller.part(aspect)
        head = short_title(draft.title) if n == 0 else ASPECT_NAMES[aspect][language]
        blocks.append(Text(f"{head}: {part.lead}", tone="lead"))
        blocks += part.blocks
    if teller.was_cut:
        blocks.append(teller.whole_elsewhere())
    blocks += teller.mark(edited)
    blocks.append(teller.source())
    blocks.append(next_questions(draft.id, asked, language))
    return blocks


def short_title(title: str) -> str:
    """Return a title cut to what a line of an answer bears."""
    return _cut(title.rstrip(" .:;"), _TITLE)


class _Teller:
    """Tells one draft in one language; remembers whether anything was cut."""

    def __init__(self, draft: Draft, language: Language) -> None:
        self.draft = draft
        self.language: Language = language
        self.was_cut = False

    def part(self, aspect: Aspect) -> _Part:
        """Return what is said of `aspect`."""
        parts: dict[Aspect, Callable[[], _Part]] = {
            Aspect.DOCUMENTS: self._documents,
            Aspect.TIME: self._time,
            Aspect.FEE: self._fee,
            Aspect.WHERE: self._where,
            Aspect.STEPS: self._steps,
            Aspect.CONDITIONS: self._conditions,
            Aspect.FORM: self._form,
            Aspect.LEGAL: self._legal,
            Aspect.RESULT: self._result,
            Aspect.ONLINE: self._online,
            Aspect.GENERAL: self._general,
        }
        return parts[aspect]()

    # --- aspects ---------------------------------------------------------------------------------

    def _documents(self) -> _Part:
        groups = [group for group in self.draft.papers if group.papers]
        if not groups:
            return _Part(self._not_told("giấy tờ phải nộp", "which papers to bring"))
        count = sum(len(group.papers) for group in groups)
        if len(groups) == 1 and not groups[0].case:
            lead = self._say(f"Cổng ghi {count} loại giấy tờ.", f"the portal lists {count} papers.")
        else:
            lead = self._say(
                "giấy tờ tùy trường hợp của Ông/Bà, như dưới đây.",
                "the papers depend on your case, as below.",
            )
        return _Part(
            lead,
            [
                Checklist(
                    tuple(self._item(paper) for paper in group.papers),
                    title=group.case or self._say("Giấy tờ:", "Papers:"),
                )
                for group in groups
            ],
        )

    def _item(self, paper: DraftPaper) -> Item:
        told = [
            self._say(f"{n} {vi}", f"{n} {en if n == 1 else plural}")
            for n, vi, en, plural in (
                (paper.originals, "bản chính", "original", "originals"),
                (paper.copies, "bản sao", "copy", "copies"),
            )
            if n
        ]
        detail = ", ".join(told)
        if paper.files:
            files = self._say("tệp mẫu: ", "form: ") + ", ".join(paper.files)
            detail = f"{detail}; {files}" if detail else files
        return Item(_LEADING.sub("", paper.name).rstrip(";"), detail=detail)

    def _time(self) -> _Part:
        timed = [way for way in self.draft.ways if way.time or way.note]
        if not timed:
            return _Part(self._not_told("thời hạn giải quyết", "how long it takes"))
        times = list(dict.fromkeys(self._days(way) for way in timed if way.time))
        if any(_time(way) == _SEE_NOTE for way in timed):
            times = []  # the notes tell
        alone = self._say("tùy trường hợp và cách nộp.", "it depends on the case.")
        lead = self._time_lead(times)
        return _Part(lead or self._below(alone), [self._way_table(timed)], lead or alone)

    def _time_lead(self, times: list[str]) -> str:
        """Return the times in a line, or nothing where they are too long for one."""
        if len(times) == 1 and len(times[0]) <= _POINT:
            return times[0].rstrip(".") + "."
        if 0 < len(times) <= _MOST_TIMES and max(map(len, times)) <= 40:
            joined = ", ".join(times[:-1]) + self._say(" hoặc ", " or ") + times[-1]
            return joined + self._say(
                ", tùy trường hợp và cách nộp.", ", depending on the case and on how you file."
            )
        return ""

    def _way_table(self, ways: Iterable[DraftWay]) -> Table:
        """One row for each time and note, with all ways of filing that share it."""
        rows: dict[tuple[str, str], list[str]] = {}
        for way in ways:
            sharing = rows.setdefault((self._days(way), way.note), [])
            if (named := self._listed(way.way)) not in sharing:
                sharing.append(named)
        columns = self._say("Cách nộp|Thời hạn|Ghi chú", "How you file|Time|Note").split("|")
        table = [
            (", ".join(sharing), time or "–", self._cut(note, _NOTE) or "–")
            for (time, note), sharing in rows.items()
        ]
        if all(note == "–" for _, _, note in table):
            return Table(tuple(columns[:2]), tuple(row[:2] for row in table))
        return Table(tuple(columns), tuple(table))

    def _fee(self) -> _Part:
        fees = list(
            dict.fromkeys((self._listed(way.way), way.fee) for way in self.draft.ways if way.fee)
        )
        if not fees:
            return _Part(
                self._say(
                    "Cổng không ghi phí, lệ phí. Ông/Bà hỏi nơi tiếp nhận số tiền phải nộp.",
                    "the portal gives no fees. Please ask the receiving desk.",
                )
            )
        amounts = {fee for _, fee in fees}
        if len(amounts) == 1:
            return _Part(fees[0][1].rstrip(".") + ".")
        columns = self._say("Cách nộp|Phí, lệ phí", "How you file|Fee").split("|")
        alone = self._say("tùy cách nộp.", "it depends on how you file.")
        return _Part(self._below(alone), [Table(tuple(columns), tuple(fees))], alone)

    def _where(self) -> _Part:
        blocks: list[Block] = [Facts(facts)] if (facts := tuple(self._agencies())) else []
        lines = [_LEADING.sub("", line).strip('" ') for line in self.draft.address.split("\n")]
        lines = [line for line in lines if line]
        if not lines and self.draft.executor:
            executor = self._cut(self.draft.executor, _POINT).rstrip(".")
            told = self._say(
                f"Cổng không ghi địa chỉ tiếp nhận; cơ quan thực hiện: {executor}.",
                f"the portal gives no address; it is carried out by: {executor}.",
            )
            return _Part(told, blocks)
        if not lines:
            return _Part(self._not_told("địa chỉ tiếp nhận hồ sơ", "where to hand it in"), blocks)
        if len(lines) == 1:
            return _Part(lines[0].rstrip(".;") + ".", blocks)
        lead = self._say("các nơi tiếp nhận dưới đây.", "the places below.")
        alone = self._cut(" ".join(lines), _POINT)
        return _Part(lead, [Checklist(tuple(Item(line) for line in lines)), *blocks], alone)

    def _agencies(self) -> Iterable[tuple[str, str]]:
        for vi, en, value in (
            ("Cơ quan thực hiện", "Carried out by", self.draft.executor),
            ("Cơ quan có thẩm quyền", "Decided by", self.draft.authority),
            ("Cơ quan được ủy quyền", "Delegated to", self.draft.delegated),
            ("Cơ quan phối hợp", "Together with", self.draft.partners),
        ):
            if value:
                yield self._say(vi, en), self._cut(value, _POINT)

    def _steps(self) -> _Part:
        if not self.draft.steps:
            return _Part(self._not_told("các bước", "the steps"))
        blocks: list[Block] = []
        told: list[Step] = []
        heading = ""

        def close() -> None:
            if told:
                blocks.append(Steps(tuple(told), title=heading))
                told.clear()

        for step in self.draft.steps:
            if step.title and not step.text and not _STEP_NUMBER.match(step.title):
                close()
                heading = "" if step.title == _DEFAULT_CASE else _LEADING.sub("", step.title)
                continue
            told.append(Step(self._step(step.title, step.text, len(told) + 1)))
        close()
        first = next(block.steps[0].text for block in blocks if isinstance(block, Steps))
        lead = self._say("trước hết: ", "first: ") + _cut(first.split("\n")[0], _TITLE)
        return _Part(lead, blocks)

    def _step(self, title: str, text: str, number: int) -> str:
        whole = "\n".join(part for part in (title, text) if part)
        match = _STEP_NUMBER.match(whole)
        if match and int(match[1]) == number:
            whole = whole[match.end() :]  # the list numbers it
        return self._cut(whole.strip(), _STEP)

    def _conditions(self) -> _Part:
        who = self._listed(self.draft.applicants)
        lead = (
            self._say(f"dành cho: {who}.", f"for: {who}.")
            if who
            else self._not_told("ai được đề nghị", "who may apply")
        )
        points = [line for line in self.draft.conditions.split("\n") if line.strip()]
        if not points:
            none = self._say(
                "Cổng không ghi yêu cầu, điều kiện riêng.", "The portal lists no conditions."
            )
            return _Part(lead, [Text(none)])
        if len(points) > _MOST_POINTS:
            self.was_cut = True
        items = tuple(
            Item(self._cut(_LEADING.sub("", point).strip(), _POINT))
            for point in points[:_MOST_POINTS]
        )
        return _Part(lead, [Checklist(items, title=self._say("Điều kiện:", "Conditions:"))])

    def _form(self) -> _Part:
        forms = [(p.name, p.files) for group in self.draft.papers for p in group.papers if p.files]
        if not forms:
            return _Part(
                self._say(
                    "Cổng không kèm mẫu nào. Ông/Bà hỏi mẫu tại nơi tiếp nhận.",
                    "the portal has no form attached. Please ask the receiving desk.",
                )
            )
        lead = self._say(
            f"Cổng kèm {len(forms)} tệp mẫu, tải trên trang của thủ tục {self.draft.code}.",
            f"{len(forms)} forms, on the portal's page of procedure {self.draft.code}.",
        )
        items = dict.fromkeys(
            Item(_LEADING.sub("", name).rstrip(";"), detail=", ".join(files))
            for name, files in forms
        )
        return _Part(lead, [Checklist(tuple(items))])

    def _legal(self) -> _Part:
        full = self._say(f"Tên đầy đủ: {self.draft.title}", f"Full name: {self.draft.title}")
        blocks: list[Block] = [Text(full)]
        texts = self.draft.legal
        if len(texts) > _MOST_TEXTS:
            self.was_cut = True
        rows = tuple(
            (text.number or "–", self._cut(text.name, _POINT)) for text in texts[:_MOST_TEXTS]
        )
        if rows:
            blocks.append(Facts(rows))
        published = self._published()
        return _Part(f"{published}.", blocks)

    def _result(self) -> _Part:
        names = [result.name.rstrip(".;") for result in self.draft.results]
        if not names:
            return _Part(self._not_told("kết quả", "what you get"))
        if len(names) == 1:
            return _Part(self._cut(names[0], _POINT) + ".")
        lead = self._say("một trong các kết quả dưới đây.", "one of the results below.")
        alone = self._cut("; ".join(names), _POINT) + "."
        return _Part(lead, [Checklist(tuple(Item(name) for name in names))], alone)

    def _online(self) -> _Part:
        ways = [way for way in self.draft.ways if way.way.lower() == _ONLINE]
        if not ways:
            others = ", ".join(
                dict.fromkeys(self._listed(way.way).lower() for way in self.draft.ways)
            )
            named = self._say(f" Cổng ghi: nộp {others}.", f" It lists: {others}.")
            return _Part(
                self._say("Cổng không ghi nộp trực tuyến.", "not listed as online.")
                + (named if others else "")
            )
        lead = self._say(
            f"nộp trực tuyến được, trên Cổng Dịch vụ công quốc gia, mã {self.draft.code}.",
            f"yes, on the National Public Service Portal, code {self.draft.code}.",
        )
        return _Part(lead, [self._way_table(ways)])

    def _general(self) -> _Part:
        rows = []
        for aspect in (Aspect.TIME, Aspect.FEE, Aspect.WHERE, Aspect.RESULT):
            part = self.part(aspect)
            lead = part.alone or part.lead
            rows.append((ASPECT_NAMES[aspect][self.language], lead[:1].upper() + lead[1:]))
        # What was cut in the blocks of those aspects is not told here.
        self.was_cut = any(" …" in lead for _, lead in rows)
        if self.draft.level:
            rows.append((self._say("Cấp thực hiện", "Level"), self._listed(self.draft.level)))
        whose = self.draft.place or self._say("cả nước", "the whole country")
        lead = self._say(
            f"thủ tục {self.draft.code} của {whose}.", f"procedure {self.draft.code} of {whose}."
        )
        return _Part(lead, [Facts(tuple(rows))])

    # --- how sure, and where from -----------------------------------------------------------------

    def mark(self, edited: bool) -> list[Block]:
        """Return the plain word that nobody at the office stands for this yet."""
        reviewed = self.draft.reviewed_on
        if reviewed is not None:
            text = self._say(
                "Thông tin này lấy từ Cổng Dịch vụ công quốc gia, nơi tiếp nhận đã rà lại ngày "
                f"{show_date(reviewed)}.",
                "This is from the National Public Service Portal; the office reviewed it on "
                f"{show_date(reviewed)}. {_PORTALS_OWN}",
            )
            return [Text(text, tone="note")]
        if edited:
            text = self._say(
                "Thông tin này lấy từ Cổng Dịch vụ công quốc gia, có chỗ đã sửa lại, nơi tiếp nhận "
                "chưa rà lại.",
                "This is from the National Public Service Portal, in part corrected; the office "
                f"has not reviewed it. {_PORTALS_OWN}",
            )
        else:
            text = self._say(
                "Thông tin này lấy nguyên từ Cổng Dịch vụ công quốc gia, nơi tiếp nhận chưa rà "
                "lại.",
                "This is taken as it stands from the National Public Service Portal; the office "
                f"has not reviewed it. {_PORTALS_OWN}",
            )
        return [Text(text, tone="warning")]

    def whole_elsewhere(self) -> Text:
        """Return the word that something was cut, and where it stands whole."""
        text = self._say(
            "Có chỗ đã rút gọn (…). Toàn văn ở thủ tục "
            f"{self.draft.code} trên Cổng Dịch vụ công quốc gia.",
            "Some of it is shortened (…). The whole is on the National Public Service Portal under "
            f"{self.draft.code}.",
        )
        return Text(text, tone="note")

    def source(self) -> Source:
        """Return where the answer comes from: portal, code, decision with its date, day taken."""
        told = self._say(
            f"Nguồn: theo Cổng Dịch vụ công quốc gia, mã thủ tục {self.draft.code}",
            f"Source: the National Public Service Portal, code {self.draft.code}",
        )
        whose = self.draft.place or self._say("cả nước", "the whole country")
        taken = self.draft.taken_on
        if taken is not None:
            day = self._say(f"Trang lấy ngày {show_date(taken)}", f"Taken on {show_date(taken)}")
        else:
            on = show_date(self.draft.imported_on)
            day = self._say(f"Trang đưa vào ngày {on}", f"Brought in on {on}")
        return Source(
            text=f"{told} ({whose}); {self._published()}. {day}.",
            effective_from=show_date(self.draft.decided_on) if self.draft.decided_on else "",
            checked_on=show_date(self.draft.reviewed_on) if self.draft.reviewed_on else "",
        )

    def _published(self) -> str:
        decision = self.draft.decision
        if not decision:
            return self._say("Cổng không ghi số quyết định", "the portal names no decision")
        kind = (
            self._say("Quyết định", "Decision")
            if "QĐ" in decision
            else self._say("văn bản", "text")
        )
        by = self._say(f"công bố tại {kind} số {decision}", f"published by {kind} no. {decision}")
        if self.draft.decided_on is not None:
            on = show_date(self.draft.decided_on)
            return by + self._say(f" ngày {on}", f" of {on}")
        return by + self._say(" (Cổng không ghi ngày)", " (the portal gives no date)")

    # --- words ------------------------------------------------------------------------------------

    def _listed(self, text: str) -> str:
        """Return what the portal chose from a list in the answer's language."""
        if self.language == "vi":
            return text
        return _LISTED.sub(lambda match: _ENGLISH[match[0].lower()], text)

    def _days(self, way: DraftWay) -> str:
        """Return the time of a way of filing; a plain number of days in the answer's language."""
        told = _time(way)
        if told == _SEE_NOTE:
            return self._say(told, "As the note says")
        days = _DAYS.fullmatch(told) if self.language == "en" else None
        if days is None:
            return told
        number = days[1].replace(",", ".")
        what = "working day" if days[2] else "day"
        return f"{number} {what}{'' if float(number) == 1 else 's'}"

    def _say(self, vi: str, en: str) -> str:
        return en if self.language == "en" else vi

    def _below(self, lead: str) -> str:
        return lead.removesuffix(".") + self._say(", như dưới đây.", ", as below.")

    def _not_told(self, vi: str, en: str) -> str:
        return self._say(
            f"Cổng không ghi {vi}. Ông/Bà hỏi nơi tiếp nhận.",
            f"the portal does not say {en}. Please ask the receiving desk.",
        )

    def _cut(self, text: str, most: int) -> str:
        kept = _cut(text, most)
        self.was_cut = self.was_cut or kept != text
        return kept


def _time(way: DraftWay) -> str:
    return _SPURIOUS_UNIT.sub("", way.time)


def _cut(text: str, most: int) -> str:
    """Return `text`, cut at the end of a sentence or line, or else of a word, with an ellipsis."""
    if len(text) <= most:
        return text
    room = text[: most - 2]
    ends = [room.rfind(mark) + 1 for mark in (". ", ";\n", ".\n", "; ", ":\n", "\n")]
    at = max(ends)
    if at < most // 2:
        at = room.rfind(" ")
    return room[: at if at > 0 else len(room)].rstrip() + " …"
