"""The shape of the catalogue's files, checked by pydantic.

One file a procedure in ``data/procedures/``: names, codes, a national `baseline` in full, and
`versions` (other dates, provinces) that hold only what differs. ``common/`` beside them holds rules
that many procedures share and the fees of provinces. Reading, merging and errors are `catalogue`'s.
"""

from __future__ import annotations

import re
from datetime import date, time
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from procedures.provinces import PROVINCES
from procedures.vocabulary import Actor, Confidence, Language, SpecialCase, Submit, Unit


def _known_province(slug: str) -> str:
    if slug not in PROVINCES:
        raise ValueError(f"unknown province {slug!r}; see procedures/provinces.py")
    return slug


Province = Annotated[str, AfterValidator(_known_province)]
_YEAR = re.compile(r"/(\d{4})/")
"""The year in a document's name, e.g. Nghị định 18/2026/NĐ-CP."""
Code = Annotated[str, Field(pattern=r"^\d\.\d{6}$")]
"""Code of a procedure on the national portal, e.g. 1.013831."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(_Model):
    """Words in both languages; a plain string in a file is Vietnamese alone."""

    vi: str = Field(min_length=1)
    en: str = ""

    @model_validator(mode="before")
    @classmethod
    def _from_string(cls, value: Any) -> Any:
        return {"vi": value} if isinstance(value, str) else value

    def say(self, language: Language) -> str:
        """Return the words in `language`; Vietnamese where there is no English."""
        return (self.en or self.vi) if language == "en" else self.vi


class Fact(_Model):
    """Something the law says. What is left out is taken from what the fact stands in."""

    legal_basis: tuple[str, ...] = ()
    """Instruments and articles it rests on."""
    checked_on: date | None = None
    """The day its source was last read."""
    confidence: Confidence | None = None


class Rule(Fact):
    """A rule that several procedures share, kept once in ``common/rules.yml``."""

    summary: Text
    points: tuple[Text, ...] = ()
    effective_from: date | None = None
    """The first day it held; left out where every version that names it is younger."""
    before: str = ""
    """The rule that stood in its place until that day."""

    @model_validator(mode="after")
    def _dated(self) -> Rule:
        if (self.effective_from is None) != (not self.before):
            raise ValueError("effective_from and before go together")
        return self


class TimeLimit(_Model):
    """How long one case takes."""

    case: Text | None = None
    """Which case; left out where there is only one."""
    days: float = Field(gt=0, le=400)
    """Limit in lowland communes, in `unit`s, from a complete dossier."""
    mountainous: float | None = Field(default=None, gt=0, le=400)
    """Limit in mountainous, island, remote and hard communes, in the same unit."""
    unit: Unit = Unit.WORKING
    first: float | None = Field(default=None, gt=0)
    """Where tax is due: working days to the first appointment, when the tax slip goes out."""
    second: float | None = Field(default=None, gt=0)
    """Working days from proof of payment to the second appointment."""
    follows: bool = False
    """Whether it counts from the end of the one before it, not from the dossier's filing."""
    cutoff: time | None = None
    """Same-day procedures: received after this, it is done the next working day."""

    @model_validator(mode="after")
    def _consistent(self) -> TimeLimit:
        if self.mountainous is not None and self.mountainous < self.days:
            raise ValueError("mountainous is a total and cannot be less than days")
        if (self.first is None) != (self.second is None):
            raise ValueError("first and second go together")
        if self.first is not None and self.first + (self.second or 0) != self.days:
            raise ValueError("first and second must add up to days")
        return self


class TimeSection(Fact):
    limits: dict[str, TimeLimit] = Field(min_length=1)
    """By a short key, so that a version changes only the days; the ordinary case comes first."""
    posting: bool = False
    """Whether public posting is part of it and does not count: no status shows when it was."""
    notes: tuple[Text, ...] = ()
    rules: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _begins(self) -> TimeSection:
        ordered = tuple(self.limits.values())
        if ordered[0].follows:
            raise ValueError("the first limit follows nothing")
        if any(limit.follows and limit.case is None for limit in ordered):
            raise ValueError("a limit that follows another says of what it is")
        return self


class Paper(_Model):
    """A paper of the dossier."""

    paper: Text
    submit: Submit = Submit.ANY
    count: int = Field(default=1, ge=1)
    form: str = ""
    """Key of the form in this procedure's `forms`, where the paper is one."""
    when: Text | None = None
    """Who needs it; left out where everybody does."""


class DocumentsSection(Fact):
    papers: tuple[Paper, ...] = Field(min_length=1)
    notes: tuple[Text, ...] = ()
    mistakes: tuple[Text, ...] = ()
    """What people often get wrong, and what it costs them."""
    rules: tuple[str, ...] = ()


class FeeLine(Fact):
    """A sum to pay, or how it is reckoned. Rates that change carry dates."""

    label: Text
    amount: Text
    payer: Text | None = None
    effective_from: date | None = None
    effective_to: date | None = None

    def holds(self, as_of: date) -> bool:
        """Tell whether the line is in force on `as_of`."""
        return (self.effective_from is None or self.effective_from <= as_of) and (
            self.effective_to is None or as_of <= self.effective_to
        )


class FeeSection(Fact):
    summary: Text
    lines: tuple[FeeLine, ...] = ()
    notes: tuple[Text, ...] = ()
    local: str = ""
    """Which kind of provincial fees applies; a key of ``common/local_fees.yml``."""
    rules: tuple[str, ...] = ()


class SummarySection(Fact):
    """An aspect told by one sentence, points, and shared rules."""

    summary: Text | None = None
    """Left out where the first of `rules` says it."""
    points: tuple[Text, ...] = ()
    rules: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> SummarySection:
        if self.summary is None and not self.rules:
            raise ValueError("needs a summary or a rule")
        return self


class StepEntry(_Model):
    who: Actor
    do: Text


class StepsSection(Fact):
    steps: tuple[StepEntry, ...] = Field(min_length=1)
    notes: tuple[Text, ...] = ()


class ConditionsSection(Fact):
    who: Text
    """Who may ask for it."""
    points: tuple[Text, ...] = ()
    any_of: bool = False
    """Whether one of the points is enough."""
    refused_when: tuple[Text, ...] = ()
    rules: tuple[str, ...] = ()
    cases: dict[SpecialCase, str | None] = Field(default_factory=dict)
    """The shared rule that tells each special case; None where it does not arise. One that is
    left out has not been looked into, which the catalogue's check reports."""


class Form(Fact):
    """A form as the rules name it: `number` as printed on it."""

    name: Text
    number: str


class ResultSection(Fact):
    summary: Text
    signed_by: Text
    points: tuple[Text, ...] = ()


class GeneralSection(Fact):
    summary: Text
    special: tuple[Text, ...] = ()
    """Cases that go another way."""


class ProcedureCode(_Model):
    code: Code
    name: str = Field(min_length=1)
    """Name of the case as the portal shows it, shortened to what tells it apart."""
    keywords: tuple[str, ...] = ()
    """Words of an exported name that pick this procedure where several share the code."""


class Contents(Fact):
    """What a version says, in full: the baseline, or a version after merging."""

    effective_from: date
    effective_to: date | None = None
    began_unread: bool = False
    """Whether the day it began was not read: `effective_from` is the first on which it was seen
    to hold, and is not told as its beginning."""
    decision: str = Field(min_length=1)
    """The decision or decree that made this version."""
    codes: tuple[ProcedureCode, ...] = Field(min_length=1)
    forms: dict[str, Form] = Field(default_factory=dict)
    time: TimeSection
    documents: DocumentsSection
    fee: FeeSection
    where: SummarySection
    steps: StepsSection
    conditions: ConditionsSection
    result: ResultSection
    online: SummarySection
    general: GeneralSection

    @model_validator(mode="after")
    def _checked(self) -> Contents:
        if self.effective_to is not None and self.effective_to < self.effective_from:
            raise ValueError("effective_to is before effective_from")
        if not self.legal_basis:
            raise ValueError("legal_basis is missing")
        if self.checked_on is None:
            raise ValueError("checked_on is missing")
        if self.confidence is None:
            raise ValueError("confidence is missing")
        for entry in self.documents.papers:
            if entry.form and entry.form not in self.forms:
                raise ValueError(f"documents: form {entry.form!r} is not among forms")
        return self


class VersionHead(_Model):
    """What tells versions apart; the rest of a version is merged over the baseline."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    province: Province | None = None
    effective_from: date
    effective_to: date | None = None


class ProcedureFile(_Model):
    """A file of ``data/procedures/``."""

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    name: Text
    """The name citizens know it by; at the head of every answer."""
    short: Text
    """For buttons."""
    official_name: str
    """As the law names it."""
    aliases: dict[Language, tuple[str, ...]]
    """Other names people use, for understanding."""
    related: tuple[str, ...] = ()
    """Procedures often meant instead, or done next."""
    set_by_province: bool = True
    """Whether provinces may set times, forms and steps (Nghị định 49/2026/NĐ-CP, from 2026)."""
    baseline: dict[str, Any]
    versions: tuple[dict[str, Any], ...] = ()


class LocalFees(Fact):
    """What one province's people's council charges, by kind of registration."""

    name: str
    """The resolution."""
    kinds: dict[str, tuple[FeeLine, ...]] = Field(default_factory=dict)
    notes: tuple[Text, ...] = ()


class CommonRules(_Model):
    """``common/rules.yml``."""

    rules: dict[str, Rule]

    @model_validator(mode="after")
    def _followed(self) -> CommonRules:
        for name, rule in self.rules.items():
            if rule.effective_from is None:
                continue
            earlier = self.rules.get(rule.before)
            if earlier is None:
                raise ValueError(f"{name}.before: no rule {rule.before!r}")
            began = earlier.effective_from
            if began is not None and began >= rule.effective_from:  # so that going back ends
                raise ValueError(f"{name}.before: {rule.before!r} did not begin earlier")
        return self

    def on(self, day: date) -> dict[str, Rule]:
        """Return what each name meant on `day`: where a rule was not in force yet, the one
        before it."""
        return {name: self._holding(rule, day) for name, rule in self.rules.items()}

    def _holding(self, rule: Rule, day: date) -> Rule:
        while rule.effective_from is not None and day < rule.effective_from:
            rule = self.rules[rule.before]
        return rule


class CommonFees(_Model):
    """``common/local_fees.yml``."""

    kinds: dict[str, Text]
    """What each kind is called."""
    provinces: dict[Province, LocalFees]


class Instrument(_Model):
    """A law, decree or decision, and from when until when it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    since: date | None = Field(default=None, alias="from")
    """The first day it held; None where that was not read."""
    until: date | None = Field(default=None, alias="to")
    """The last day it held; None while it does."""
    by: str = ""
    """What took its place."""
    partly: str = ""
    """What of it holds no more, where the rest does."""
    confidence: Confidence

    def earliest(self, name: str) -> date | None:
        """Return the first day it can have held: where that was not read, the first of the year
        in its `name`; None where there is none."""
        if self.since is not None:
            return self.since
        year = _YEAR.search(name)
        return date(int(year[1]), 1, 1) if year else None

    @model_validator(mode="after")
    def _consistent(self) -> Instrument:
        if self.until is not None and not self.by:
            raise ValueError("a document that ended names what took its place")
        if self.until is not None and self.since is not None and self.until < self.since:
            raise ValueError("a document cannot end before it begins")
        return self


class CommonInstruments(_Model):
    """``common/instruments.yml``."""

    instruments: dict[str, Instrument]

    def find(self, cited: str) -> tuple[str, Instrument] | None:
        """Return the document that a fact cites, by the longest beginning that is one's name."""
        named = [
            name
            for name in self.instruments
            if cited == name or cited.startswith((f"{name},", f"{name} ("))
        ]
        best = max(named, key=len, default=None)
        return (best, self.instruments[best]) if best is not None else None

    def amending(self, cited: str) -> list[tuple[str, Instrument]]:
        """Return the documents that a fact cites in brackets: those which changed the one cited."""
        _, _, bracketed = cited.partition("(")
        return [(name, known) for name, known in self.instruments.items() if name in bracketed]
