"""The catalogue's own check finds what is planted in it, and nothing in a sound one."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from procedures.catalogue import Catalogue, load_catalogue
from procedures.gaps import Cell, Finding, Kind, find_gaps, table
from procedures.vocabulary import SpecialCase

Edit = Callable[[Callable[[dict[str, Any]], None]], Path]
TODAY = date(2026, 11, 24)


def _found(path: Path, **options: Any) -> list[Finding]:
    return find_gaps(load_catalogue(path.parent), as_of=TODAY, **options)


def test_the_project_catalogue_lacks_only_what_it_says_it_lacks(catalogue: Catalogue) -> None:
    kinds = Counter(finding.kind for finding in find_gaps(catalogue, as_of=TODAY))
    assert set(kinds) == {Kind.UNCONFIRMED, Kind.NOT_TOLD}
    missing = [f for f in find_gaps(catalogue, as_of=TODAY) if f.kind is Kind.NOT_TOLD]
    assert [(f.procedure, f.what) for f in missing] == [("land_data", "mountains")]
    unsure = {
        (finding.procedure, finding.where)
        for finding in find_gaps(catalogue, as_of=TODAY)
        if "national" in finding.where
    }
    assert ("dispute", "national from 2025-07-01: fee") in unsure


def test_facts_grow_stale(catalogue: Catalogue) -> None:
    later = find_gaps(catalogue, as_of=date(2027, 6, 1))
    stale = [finding for finding in later if finding.kind is Kind.STALE]
    assert any(finding.procedure == "transfer" for finding in stale)
    assert "last read 2026-07-18" in {finding.what for finding in stale}
    assert not [f for f in find_gaps(catalogue, as_of=TODAY) if f.kind is Kind.STALE]
    strict = find_gaps(catalogue, as_of=TODAY, stale_after=30)
    assert any(finding.kind is Kind.STALE for finding in strict)


def _of_bac_ninh(data: dict[str, Any]) -> dict[str, Any]:
    return next(one for one in data["versions"] if one.get("province") == "bac-ninh")


def test_overlapping_versions(edit: Edit) -> None:
    def overlap(data: dict[str, Any]) -> None:
        again = copy.deepcopy(_of_bac_ninh(data))
        again["effective_from"] = date(2026, 10, 1)
        data["versions"].append(again)

    (finding,) = [f for f in _found(edit(overlap)) if f.kind is Kind.OVERLAP]
    assert finding.procedure == "transfer"
    assert finding.where == "bac-ninh from 2026-10-01"
    assert "2026-07-01" in finding.what


def test_versions_that_follow_each_other_do_not_overlap(edit: Edit) -> None:
    def follow(data: dict[str, Any]) -> None:
        again = copy.deepcopy(_of_bac_ninh(data))
        again["effective_from"] = date(2026, 10, 1)
        _of_bac_ninh(data)["effective_to"] = date(2026, 9, 30)
        data["versions"].append(again)

    assert not [f for f in _found(edit(follow)) if f.kind is Kind.OVERLAP]


def test_a_sum_without_a_law(edit: Edit) -> None:
    def strip(data: dict[str, Any]) -> None:
        fee = data["baseline"]["fee"]
        fee["legal_basis"] = []
        fee["lines"][0]["legal_basis"] = []

    found = [f for f in _found(edit(strip)) if f.kind is Kind.NO_BASIS]
    assert {f.what for f in found} == {"Lệ phí trước bạ"}


def test_words_without_english(edit: Edit) -> None:
    def strip(data: dict[str, Any]) -> None:
        data["baseline"]["general"]["summary"] = {"vi": "Làm khi mua bán."}

    found = [f for f in _found(edit(strip)) if f.kind is Kind.NO_ENGLISH]
    assert [f.where for f in found] == ["national from 2025-08-15: general"]


def test_a_faulty_file_is_a_finding_and_not_an_end(edit: Edit) -> None:
    def spoil(data: dict[str, Any]) -> None:
        del data["baseline"]["steps"]

    found = _found(edit(spoil))
    assert {f.kind for f in found} == {Kind.FAULTY}
    assert "baseline.steps: Field required" in found[0].what


def test_provinces_whose_rules_are_missing(catalogue: Catalogue) -> None:
    found = find_gaps(catalogue, as_of=TODAY, provinces=("hai-phong", "can-tho"))
    missing = {(f.procedure, f.where) for f in found if f.kind is Kind.NO_PROVINCE}
    assert ("transfer", "can-tho") in missing
    assert ("transfer", "hai-phong") not in missing
    assert ("mortgage", "can-tho") not in missing, "the nation alone decides on mortgages"


# --- the documents that facts rest on ------------------------------------------------------------


def _bases(path: Path, as_of: date = TODAY) -> list[tuple[str, str]]:
    kinds = (Kind.DEAD_BASIS, Kind.UNKNOWN_BASIS)
    found = find_gaps(load_catalogue(path.parent), as_of=as_of)
    return [(f.where, f.what) for f in found if f.kind in kinds and f.where.startswith("national")]


def test_a_fact_on_a_law_that_was_replaced(edit: Edit) -> None:
    def old_law(data: dict[str, Any]) -> None:
        data["baseline"]["result"]["legal_basis"] = ["Luật Thuế thu nhập cá nhân 04/2007/QH12"]

    assert _bases(edit(old_law)) == [
        (
            "national from 2025-08-15: result",
            "Luật Thuế thu nhập cá nhân 04/2007/QH12 held until 2026-06-30; "
            "now Luật Thuế thu nhập cá nhân 109/2025/QH15",
        )
    ]


def _early(path: Path) -> list[tuple[str, str]]:
    found = find_gaps(load_catalogue(path.parent), as_of=TODAY)
    return [(f.where, f.what) for f in found if f.kind is Kind.EARLY_BASIS]


def test_no_version_rests_on_a_document_younger_than_itself(catalogue: Catalogue) -> None:
    found = find_gaps(catalogue, as_of=TODAY)
    assert [f for f in found if f.kind is Kind.EARLY_BASIS] == []


def test_a_fact_on_a_law_that_did_not_hold_yet(edit: Edit) -> None:
    def new_law(data: dict[str, Any]) -> None:
        data["baseline"]["result"]["legal_basis"] = ["Nghị định 253/2026/NĐ-CP, Điều 19"]

    what = "Nghị định 253/2026/NĐ-CP holds from 2026-07-01; told from 2025-08-15"
    found = _early(edit(new_law))
    assert ("national from 2025-08-15: result", what) in found
    assert not [where for where, _ in found if "2026-07-01" in where], "it held by then"
    ended = [where for where, _ in found if where.startswith("national from 2024-08-01")]
    assert ended == ["national from 2024-08-01: result"], "what ended is asked about too"


def test_a_decree_whose_day_was_not_read_cannot_be_older_than_its_year(edit: Edit) -> None:
    def unread(data: dict[str, Any]) -> None:
        data["baseline"]["legal_basis"].append("Nghị định 18/2026/NĐ-CP")

    what = "Nghị định 18/2026/NĐ-CP cannot hold before 2026-01-01; told from 2025-08-15"
    assert ("national from 2025-08-15: legal_basis", what) in _early(edit(unread))


def test_a_decision_an_amendment_and_a_sum_have_their_days_too(edit: Edit) -> None:
    def early(data: dict[str, Any]) -> None:
        data["baseline"]["effective_from"] = date(2025, 8, 14)
        for line in data["baseline"]["fee"]["lines"]:
            line.pop("effective_from", None)

    found = _early(edit(early))
    place = "national from 2025-08-14: "
    assert {where.removeprefix(place) for where, _ in found if where.startswith(place)} == {
        "decision",
        "legal_basis",
        "fee",
    }
    amended = "Nghị định 175/2025/NĐ-CP holds from 2025-07-01; told from 2024-08-01"
    assert ("national from 2024-08-01: fee", amended) in found


def test_a_rule_rests_on_nothing_younger_than_itself(edit: Edit) -> None:
    """A shared rule is told by versions that began long before it did."""
    path = edit(lambda data: None)
    rules = path.parent / "common" / "rules.yml"
    data = yaml.safe_load(rules.read_text(encoding="utf-8"))
    data["rules"]["online"]["effective_from"] = date(2026, 7, 19)
    rules.write_text(yaml.safe_dump(data, allow_unicode=True))
    what = "Quyết định 29/2026/QĐ-TTg holds from 2026-07-20; told from 2026-07-19"
    assert ("national from 2025-08-15: rule online", what) in _early(path)
    assert not [where for where, _ in _early(path) if where.startswith("national from 2024")]


def test_a_rate_that_ended_with_its_law_is_not_reported(catalogue: Catalogue) -> None:
    """Sales before July 2026 rest on the old income tax law, and rightly so."""
    lines = catalogue.get("transfer", as_of=TODAY).contents.fee.lines
    assert any("04/2007" in basis for line in lines for basis in line.legal_basis)
    assert not [f for f in find_gaps(catalogue, as_of=TODAY) if f.kind is Kind.DEAD_BASIS]


def test_the_decree_of_2026_will_be_reported_once_it_ends(catalogue: Catalogue) -> None:
    """Nghị định 49/2026, Chương IV, ends before 1 March 2027; what cites it is to be read again."""
    last, after = (
        {f.what for f in find_gaps(catalogue, as_of=day) if f.kind is Kind.DEAD_BASIS}
        for day in (date(2027, 2, 28), date(2027, 3, 1))
    )
    assert last == set()
    assert any(what.startswith("Nghị định 49/2026/NĐ-CP held until 2027-02-28") for what in after)


def test_a_document_that_nobody_knows(edit: Edit) -> None:
    def unheard(data: dict[str, Any]) -> None:
        data["baseline"]["time"]["legal_basis"] = ["Nghị định 1510/2025/NĐ-CP"]

    assert _bases(edit(unheard)) == [
        ("national from 2025-08-15: time", "Nghị định 1510/2025/NĐ-CP")
    ]


# --- the table -----------------------------------------------------------------------------------


def test_the_table_tells_what_is_told_asked_absent_and_missing(
    catalogue: Catalogue, edit: Edit
) -> None:
    told = table(catalogue, as_of=TODAY)
    assert set(told) == set(catalogue.ids()) and len(told) >= 28
    assert {len(row) for row in told.values()} == {21}
    assert told["transfer"]["mortgaged"] is Cell.TOLD
    assert told["split_parcel"]["mortgaged"] is Cell.ASK
    assert told["first_certificate"]["mortgaged"] is Cell.NONE
    assert told["release_mortgage"]["mountains"] is Cell.NONE, "done the same day everywhere"
    assert told["dispute"]["fee"] is Cell.ASK
    assert told["transfer"]["two_dates"] is Cell.TOLD
    assert told["correct_certificate"]["two_dates"] is Cell.NONE, "no tax is due"

    def strip(data: dict[str, Any]) -> None:
        del data["baseline"]["conditions"]["cases"]["minors"]
        del data["baseline"]["documents"]["mistakes"]
        data["baseline"]["time"] = {"limits": {"usual": {"days": 8}}}

    path = edit(strip)
    row = table(load_catalogue(path.parent), as_of=TODAY)["transfer"]
    missing = {question for question, cell in row.items() if cell is Cell.MISSING}
    assert missing == {"minors", "mistakes", "mountains", "not_counted", "two_dates"}
    found = {f.what for f in _found(path) if f.kind is Kind.NOT_TOLD}
    assert found == missing


def test_a_special_case_names_a_rule_that_there_is(edit: Edit) -> None:
    def misname(data: dict[str, Any]) -> None:
        data["baseline"]["conditions"]["cases"]["heirs"] = "airs"

    problems = load_catalogue(edit(misname).parent).check()
    assert any("conditions.cases.heirs: no rule 'airs'" in problem for problem in problems)


def test_every_procedure_says_of_every_special_case_what_holds(catalogue: Catalogue) -> None:
    for procedure_id in catalogue.ids():
        cases = catalogue.get(procedure_id, as_of=TODAY).contents.conditions.cases
        assert set(cases) == set(SpecialCase), procedure_id
