"""The catalogue's own check finds what is planted in it, and nothing in a sound one."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from procedures.catalogue import Catalogue, load_catalogue
from procedures.gaps import Finding, Kind, find_gaps

Edit = Callable[[Callable[[dict[str, Any]], None]], Path]
TODAY = date(2026, 11, 24)


def _found(path: Path, **options: Any) -> list[Finding]:
    return find_gaps(load_catalogue(path.parent), as_of=TODAY, **options)


def test_the_project_catalogue_lacks_only_what_it_says_it_lacks(catalogue: Catalogue) -> None:
    kinds = Counter(finding.kind for finding in find_gaps(catalogue, as_of=TODAY))
    assert set(kinds) == {Kind.UNCONFIRMED}
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


def test_overlapping_versions(edit: Edit) -> None:
    def overlap(data: dict[str, Any]) -> None:
        again = copy.deepcopy(data["versions"][1])
        again["effective_from"] = date(2026, 10, 1)
        data["versions"].append(again)

    (finding,) = [f for f in _found(edit(overlap)) if f.kind is Kind.OVERLAP]
    assert finding.procedure == "transfer"
    assert finding.where == "bac-ninh from 2026-10-01"
    assert "2026-07-01" in finding.what


def test_versions_that_follow_each_other_do_not_overlap(edit: Edit) -> None:
    def follow(data: dict[str, Any]) -> None:
        again = copy.deepcopy(data["versions"][1])
        again["effective_from"] = date(2026, 10, 1)
        data["versions"][1]["effective_to"] = date(2026, 9, 30)
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
    assert [f.where for f in found] == ["national from 2025-07-01: general"]


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
