"""Finding procedures by words."""

from __future__ import annotations

from pathlib import Path

import pytest

from procedures.catalogue import Catalogue, load_catalogue
from procedures.search import search, suggest


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("sang tên", "transfer"),
        ("sang ten so do", "transfer"),
        ("SANG TÊN", "transfer"),
        ("thổ cư", "change_use"),
        ("tach thua dat", "split_parcel"),
        ("sổ đỏ bị mất", "reissue_lost"),
        ("split_parcel", "split_parcel"),
        ("sale of a house", "transfer"),
    ],
)
def test_words_find_with_marks_and_without(catalogue: Catalogue, query: str, first: str) -> None:
    assert search(catalogue, query)[0] == first


def test_a_code_finds_all_that_it_covers(catalogue: Catalogue) -> None:
    found = search(catalogue, "1.013831.H36")
    assert {"transfer", "gift", "inheritance"} <= set(found)


@pytest.mark.parametrize("query", ["", "   ", "?!", "xyzzy qwerty", "<script>", "đ" * 500])
def test_what_says_nothing_finds_nothing(catalogue: Catalogue, query: str) -> None:
    assert search(catalogue, query) == ()


def test_a_word_that_all_have_tells_less_than_one_that_few_have(catalogue: Catalogue) -> None:
    assert len(search(catalogue, "đất")) > 10
    assert search(catalogue, "đất thừa kế")[0] == "inheritance"
    assert len(search(catalogue, "đất thừa kế")) < 5


def test_a_slip_in_an_address_is_understood(catalogue: Catalogue) -> None:
    assert suggest(catalogue, "tranfer")[0] == "transfer"
    assert suggest(catalogue, "mat-so-do")[0] == "reissue_lost"
    assert suggest(catalogue, "wp-login.php") == ()


def test_a_faulty_file_does_not_hide_the_others(folder: Path) -> None:
    (folder / "broken.yml").write_text("id: [", encoding="utf-8")
    catalogue = load_catalogue(folder)
    (known,) = (procedure for procedure in catalogue.ids() if procedure != "broken")
    assert known in search(catalogue, catalogue.name(known))
