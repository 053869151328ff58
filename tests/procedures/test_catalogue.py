"""Loading, merging and finding: which version holds where and when, and what a fault says."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import yaml

from procedures.answers import answer
from procedures.catalogue import (
    Catalogue,
    CatalogueError,
    NoVersion,
    UnknownProcedure,
    load_catalogue,
)
from procedures.vocabulary import Aspect, Confidence

Edit = Callable[[Callable[[dict[str, Any]], None]], Path]
TODAY = date(2026, 11, 24)

IDS = {
    "transfer",
    "gift",
    "inheritance",
    "capital_contribution",
    "first_certificate",
    "replace_certificate",
    "reissue_lost",
    "correct_certificate",
    "split_parcel",
    "merge_parcel",
    "change_use",
    "mortgage",
    "release_mortgage",
    "extend_term",
    "change_info",
    "asset_registration",
    "lease_land",
    "land_data",
    "dispute",
    "revoke",
    "auction_allocation",
    "household_members",
    "informal_transfer",
    "land_donation",
    "project_home",
    "debt_deletion",
    "residential_area",
    "added_area",
}


def test_the_catalogue_is_whole_and_sound(catalogue: Catalogue) -> None:
    assert set(catalogue.ids()) == IDS
    assert catalogue.check() == []


def test_names_in_both_languages(catalogue: Catalogue) -> None:
    assert catalogue.name("reissue_lost") == "Cấp lại sổ đỏ bị mất"
    assert catalogue.name("reissue_lost", "en") == "Re-issue of a lost certificate"
    assert catalogue.short("transfer") == "Sang tên"
    for procedure_id in catalogue.ids():
        file = catalogue.file(procedure_id)
        assert file.name.en and file.short.en
        assert len(file.short.vi) <= 20, "buttons of the narrowest channel hold 20 characters"
        assert len(file.aliases["vi"]) >= 5


# --- which version -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("as_of", "province", "days", "provincial"),
    [
        (date(2025, 6, 30), None, 23, False),
        (date(2025, 7, 1), None, 20, False),
        (TODAY, None, 20, False),
        (date(2026, 6, 30), "hai-phong", 20, False),
        (date(2026, 7, 1), "hai-phong", 10, True),
        (TODAY, "TP. Hải Phòng", 10, True),
        (TODAY, "thanh hoa", 13, True),
        (TODAY, "can-tho", 20, False),
    ],
)
def test_the_version_of_the_day_and_the_province(
    catalogue: Catalogue, as_of: date, province: str | None, days: float, provincial: bool
) -> None:
    version = catalogue.get("first_certificate", province, as_of=as_of)
    assert version.contents.time.limits["certificate"].days == days
    assert version.is_provincial is provincial


def test_a_province_takes_the_rest_from_the_nation(catalogue: Catalogue) -> None:
    local = catalogue.get("transfer", "hai-phong", as_of=TODAY).contents
    national = catalogue.get("transfer", as_of=TODAY).contents
    assert (local.forms["change"].number, national.forms["change"].number) == ("24", "18")
    assert local.forms["change"].name == national.forms["change"].name
    assert (local.documents, local.steps) == (national.documents, national.steps)
    assert local.time.rules == (*national.time.rules, "measuring")
    assert local.documents == national.documents
    assert "52/2026" in local.decision


def test_null_takes_a_limit_away(catalogue: Catalogue) -> None:
    local = catalogue.get("first_certificate", "bac-ninh", as_of=TODAY).contents
    assert list(local.time.limits) == ["certificate"]
    assert (local.time.limits["certificate"].days, local.time.rules) == (30, ())


def test_the_nation_stands_in_only_where_provinces_decide(catalogue: Catalogue) -> None:
    assert catalogue.get("transfer", "can-tho", as_of=TODAY).stands_in
    assert catalogue.get("transfer", as_of=TODAY).stands_in
    assert not catalogue.get("transfer", as_of=date(2026, 6, 30)).stands_in
    assert not catalogue.get("transfer", "hai-phong", as_of=TODAY).stands_in
    assert not catalogue.get("mortgage", "hai-phong", as_of=TODAY).stands_in


def test_what_an_old_version_does_not_know_is_unsure(catalogue: Catalogue) -> None:
    old = catalogue.get("first_certificate", as_of=date(2025, 1, 15))
    assert old.confidence(Aspect.TIME) is Confidence.HIGH
    assert old.confidence(Aspect.WHERE) is Confidence.HIGH
    assert old.confidence(Aspect.STEPS) is Confidence.LOW


def test_nothing_was_in_force_before_the_land_law(catalogue: Catalogue) -> None:
    with pytest.raises(NoVersion, match=r"transfer .* 2024-07-31"):
        catalogue.get("transfer", as_of=date(2024, 7, 31))


def test_unknown_names_are_refused(catalogue: Catalogue) -> None:
    with pytest.raises(UnknownProcedure):
        catalogue.get("fly", as_of=TODAY)
    with pytest.raises(ValueError, match="Atlantis"):
        catalogue.get("transfer", "Atlantis", as_of=TODAY)
    assert "transfer" in catalogue and "fly" not in catalogue


# --- codes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "name", "expected"),
    [
        ("1.013978", None, "first_certificate"),
        ("1.013978.H36", None, "first_certificate"),
        ("1.012796.000.00.00.H19", None, "correct_certificate"),
        (" 1.012786 ", None, "reissue_lost"),
        ("1.115615", None, "reissue_lost"),
        ("1.013831", None, None),
        ("1.013831", "Chuyển nhượng quyền sử dụng đất", "transfer"),
        ("1.013831", "THỪA KẾ QUYỀN SỬ DỤNG ĐẤT", "inheritance"),
        ("1.013831", "Tang cho QSDD (cho con)", "gift"),
        ("1.013831", "Góp vốn bằng quyền sử dụng đất", "capital_contribution"),
        ("1.013831", "Chuyển nhượng, thừa kế, tặng cho", None),
        ("1.115538", "Đăng ký thừa kế", "inheritance"),
        ("1.012784", "Tách thửa đất", "split_parcel"),
        ("1.012784", "Gộp thửa", "merge_parcel"),
        ("1.013949", "Chuyển mục đích sử dụng đất", "change_use"),
        ("1.999999", None, None),
        ("xyz", "Tách thửa", None),
        ("", None, None),
    ],
)
def test_a_code_means_one_procedure_or_none(
    catalogue: Catalogue, code: str, name: str | None, expected: str | None
) -> None:
    assert catalogue.find_code(code, name) == expected


def test_a_shared_code_gives_its_candidates(catalogue: Catalogue) -> None:
    assert {"transfer", "gift", "inheritance", "capital_contribution"} <= set(
        catalogue.find_codes("1.013831.H29")
    )
    assert catalogue.find_codes("1.012784") == ("merge_parcel", "split_parcel")
    assert catalogue.find_codes("nonsense") == ()


# --- faults --------------------------------------------------------------------------------------


def _set(*keys: str | int, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: Any) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (_set("name", to={"en": "Transfer"}), r"transfer\.yml: name\.vi: Field required"),
        (_set("id", to="sale"), r"transfer\.yml: id: 'sale' is not the file's name"),
        (
            _set("baseline", "time", "limits", "usual", "days", to="soon"),
            r"transfer\.yml: baseline\.time\.limits\.usual\.days: .*valid number",
        ),
        (
            _set("baseline", "time", "limits", "usual", "mountainous", to=3),
            r"baseline\.time\.limits\.usual: .*mountainous is a total",
        ),
        (_set("baseline", "legal_basis", to=[]), r"baseline: .*legal_basis is missing"),
        (_set("baseline", "checked_on", to=None), r"baseline: .*checked_on is missing"),
        (_set("baseline", "confidence", to="sure"), r"baseline\.confidence: .*'high'"),
        (_set("baseline", "where", to={}), r"baseline\.where: .*needs a summary or a rule"),
        (_set("baseline", "where", "rules", to=["moon"]), r"where\.rules: no rule 'moon'"),
        (_set("baseline", "fee", "local", to="moon"), r"fee\.local: no kind 'moon'"),
        (_set("baseline", "extra", to=1), r"baseline\.extra: Extra inputs"),
        (
            _set("baseline", "documents", "papers", 0, "form", to="moon"),
            r"form 'moon' is not among forms",
        ),
        (_set("related", to=["moon"]), r"related: no procedure 'moon'"),
        (
            _set("versions", 2, "province", to="atlantis"),
            r"versions\[2\] \(atlantis, 2026-07-01\)\.province: .*unknown province 'atlantis'",
        ),
        (
            _set("versions", 4, "time", "limits", "usual", "days", to=-1),
            r"versions\[4\] \(dong-nai, 2026-07-01\)\.time\.limits\.usual\.days",
        ),
    ],
)
def test_a_fault_names_file_and_field(edit: Edit, how: Any, said: str) -> None:
    problems = load_catalogue(edit(how).parent).check()
    assert any(re.search(said, problem) for problem in problems), problems


def test_a_file_that_is_not_yaml_names_its_line(folder: Path) -> None:
    (folder / "transfer.yml").write_text("id: transfer\nname: [\n")
    (problem,) = load_catalogue(folder).check()
    assert problem.startswith(f"{folder.name}/transfer.yml:3: not YAML")


def test_a_faulty_file_gives_no_half_answer(edit: Edit) -> None:
    catalogue = load_catalogue(edit(_set("baseline", "where", "rules", to=["moon"])).parent)
    with pytest.raises(CatalogueError, match="no rule 'moon'"):
        catalogue.get("transfer", as_of=TODAY)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="no procedures here"):
        load_catalogue(tmp_path)


def test_missing_common_rules_are_refused(folder: Path) -> None:
    (folder / "common" / "rules.yml").unlink()
    with pytest.raises(CatalogueError, match=r"common/rules\.yml: missing"):
        load_catalogue(folder)


# --- reading ahead -------------------------------------------------------------------------------


def test_what_was_read_ahead_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = load_catalogue()
    assert catalogue.warm("hai-phong", as_of=TODAY) == len(IDS)
    parsed = Mock(side_effect=AssertionError("a file was parsed"))
    merged = Mock(side_effect=AssertionError("a version was merged"))
    monkeypatch.setattr("procedures.catalogue._parsed", parsed)
    monkeypatch.setattr("procedures.catalogue._merge", merged)
    for procedure_id in IDS:
        for province in (None, "hai-phong"):
            for day in (TODAY, TODAY + timedelta(days=1)):
                assert answer(catalogue, procedure_id, ["time"], as_of=day, province=province)
    with pytest.raises(AssertionError, match="merged"):
        catalogue.get("transfer", "thanh-hoa", as_of=TODAY)


def test_a_faulty_file_is_passed_over_when_reading_ahead(folder: Path) -> None:
    (folder / "transfer.yml").write_text("id: transfer\nname: [\n")
    assert load_catalogue(folder).warm(None, as_of=TODAY) == len(load_catalogue(folder).ids()) - 1


def test_no_more_is_read_ahead_than_was_said() -> None:
    catalogue = load_catalogue()
    assert catalogue.warm(None, as_of=TODAY, most=2) == 2
    with pytest.raises(ValueError, match="Atlantis"):
        catalogue.warm("Atlantis", as_of=TODAY)


# --- reloading -----------------------------------------------------------------------------------


def _mountainous(catalogue: Catalogue) -> float | None:
    return catalogue.get("transfer", as_of=TODAY).contents.time.limits["usual"].mountainous


def test_a_changed_file_is_read_anew(edit: Edit) -> None:
    path = edit(lambda data: None)
    before = load_catalogue(path.parent)
    assert before.refreshed() is before
    edit(_set("baseline", "time", "limits", "usual", "mountainous", to=19.5))
    after = before.refreshed()
    assert (_mountainous(after), _mountainous(before)) == (19.5, 18)


def test_a_fault_in_an_edit_leaves_the_last_good_answer(edit: Edit) -> None:
    path = edit(lambda data: None)
    before = load_catalogue(path.parent)
    edit(_set("baseline", "time", to={}))
    after = before.refreshed()
    assert _mountainous(after) == 18
    assert after.refreshed() is after, "the fault is not looked at again until the file changes"
    edit(_set("baseline", "time", to={"limits": {"usual": {"days": 8, "mountainous": 21}}}))
    assert _mountainous(after.refreshed()) == 21


def test_a_fault_of_one_version_keeps_the_whole_file_as_it_was(edit: Edit) -> None:
    """Đồng Tháp's two dates add up to the national eight days; nine would contradict them."""
    path = edit(lambda data: None)
    before = load_catalogue(path.parent)
    edit(_set("baseline", "time", "limits", "usual", "days", to=9))
    after = before.refreshed()
    assert after.get("transfer", as_of=TODAY).contents.time.limits["usual"].days == 8


def test_a_new_file_is_a_new_procedure(edit: Edit) -> None:
    path = edit(lambda data: None)
    before = load_catalogue(path.parent)
    copied = path.read_text(encoding="utf-8").replace("id: transfer", "id: barter")
    (path.parent / "barter.yml").write_text(copied)
    assert before.refreshed().ids() == ("barter", "transfer")


def test_a_fault_in_the_common_rules_keeps_the_catalogue(folder: Path) -> None:
    before = load_catalogue(folder)
    (folder / "common" / "rules.yml").write_text("rules: 7\n")
    assert before.refreshed() is before
    assert _mountainous(before.refreshed()) == 18


def test_thousands_of_procedures_load_without_being_parsed(folder: Path) -> None:
    """Loading reads bytes; only what is asked for is parsed."""
    text = (folder / "transfer.yml").read_text(encoding="utf-8")
    for n in range(200):
        word = "x" + "".join(chr(ord("a") + int(digit)) for digit in str(n))
        (folder / f"{word}.yml").write_text(text.replace("id: transfer", f"id: {word}"))
    catalogue = load_catalogue(folder)
    assert len(catalogue.ids()) == 201
    catalogue.get("transfer", as_of=TODAY)
    parsed = [entry for entry in catalogue._entries.values() if "file" in vars(entry)]
    assert len(parsed) == 1


# --- rules that took another's place -------------------------------------------------------------


def _rules(folder: Path, **changes: dict[str, Any] | None) -> Path:
    path = folder / "common" / "rules.yml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    for name, fields in changes.items():
        data["rules"][name].update(fields or {})
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False))
    return folder


def test_a_shared_rule_is_that_of_the_day(catalogue: Catalogue) -> None:
    """Logging in with VNeID came on 20/07/2026; the decree on copies on 01/07/2025."""
    before, since = (
        catalogue.get("transfer", as_of=day).rules["online"].summary.vi
        for day in (date(2026, 7, 19), date(2026, 7, 20))
    )
    assert "VNeID" not in before and "VNeID" in since
    old = catalogue.get("transfer", as_of=date(2025, 6, 30)).rules
    assert old["online"] is catalogue.rules["online_2024"], "two steps back"
    assert old["heirs_of_applicant"].confidence is Confidence.LOW


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"online": {"before": "moon"}}, r"online\.before: no rule 'moon'"),
        ({"online": {"before": ""}}, r"effective_from and before go together"),
        ({"online": {"before": "online"}}, r"'online' did not begin earlier"),
        ({"online_2025": {"before": "online"}}, r"'online' did not begin earlier"),
    ],
)
def test_going_back_from_rule_to_rule_ends(folder: Path, changes: Any, said: str) -> None:
    with pytest.raises(CatalogueError, match=said):
        load_catalogue(_rules(folder, **changes))
