"""A procedure told whole: nothing that an answer tells is left out of its page."""

from __future__ import annotations

import re

import pytest

from language.blocks import Checklist, Source, as_text
from procedures.answers import Teller, answer
from procedures.catalogue import Catalogue
from procedures.guide import guide
from procedures.menu import groups_of, menu
from procedures.pages import CHECKLIST, page_path
from procedures.vocabulary import Aspect, Language
from tests.procedures.conftest import TODAY


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("province", [None, "hai-phong", "hue"])
def test_a_page_tells_every_word_of_every_answer(
    catalogue: Catalogue, province: str | None, language: Language
) -> None:
    """The lead, the lists and the notes of each aspect stand in its section."""
    for procedure in catalogue.ids():
        told = guide(catalogue, procedure, as_of=TODAY, province=province, language=language)
        whole = "\n".join(
            [
                *(s.lead + "\n" + as_text(s.blocks) for s in told.sections.values()),
                *told.mistakes,
                *told.special,
                told.whose,
            ]
        ).casefold()
        for aspect in told.sections:
            given = answer(
                catalogue, procedure, [aspect], as_of=TODAY, province=province, language=language
            )
            whose = Teller(told.version, language).locality([aspect])
            for block in given[1:-1]:
                listed = aspect is Aspect.DOCUMENTS and isinstance(block, Checklist)
                if isinstance(block, Source) or listed or block in whose:
                    continue  # told in other words: the basis, the papers, whose rules they are
                for line in as_text([block]).casefold().splitlines():
                    assert line in whole, (procedure, aspect, line)


def test_every_source_of_an_answer_is_in_the_basis(catalogue: Catalogue) -> None:
    for procedure in catalogue.ids():
        told = guide(catalogue, procedure, as_of=TODAY, province="hai-phong")
        for aspect in told.sections:
            blocks = answer(catalogue, procedure, [aspect], as_of=TODAY, province="hai-phong")
            (source,) = (block for block in blocks if isinstance(block, Source))
            told_of = re.split(r"\. (?:Đang áp|Áp) dụng", source.text.removeprefix("Nguồn: "))[0]
            named = told_of.split("; ")
            for name in named:
                stands = name in "; ".join(told.basis) or name == "và văn bản liên quan"
                assert stands, (procedure, aspect, name)


def test_what_is_not_sure_is_named(catalogue: Catalogue) -> None:
    old = guide(catalogue, "replace_certificate", as_of=TODAY.replace(year=2025, month=2))
    assert "Thời gian: chưa xác nhận, cần hỏi lại nơi tiếp nhận." in old.unconfirmed
    first = guide(catalogue, "first_certificate", as_of=TODAY.replace(year=2025, month=2))
    assert any("chưa chắc số mẫu 15a" in line for line in first.unconfirmed)
    now = guide(catalogue, "transfer", as_of=TODAY, province="hai-phong")
    assert "Phí công chứng hợp đồng: cần hỏi lại số tiền." in now.unconfirmed
    assert not any(line.startswith("Thời gian") for line in now.unconfirmed)


def test_whose_rules_they_are_is_said(catalogue: Catalogue) -> None:
    def whose(province: str | None) -> str:
        return guide(catalogue, "transfer", as_of=TODAY, province=province).whose

    assert whose("hai-phong") == "Theo quy định của Hải Phòng."
    assert "chưa có quy định riêng của Cà Mau" in whose("ca-mau")
    assert "mỗi tỉnh có thể quy định khác" in whose(None)


def test_an_english_page_names_papers_as_the_counter_does(catalogue: Catalogue) -> None:
    told = guide(catalogue, "transfer", as_of=TODAY, language="en")
    assert told.papers[0].name == "Application to register a change"
    assert told.papers[0].vietnamese == "Đơn đăng ký biến động đất đai"
    assert guide(catalogue, "transfer", as_of=TODAY).papers[0].vietnamese == ""


def test_the_menu_holds_every_procedure_once(catalogue: Catalogue) -> None:
    groups = groups_of(catalogue)
    listed = [procedure for group in groups for procedure in group.procedures]
    assert sorted(listed) == list(catalogue.ids())
    assert groups[-1].id == menu()[-1].id


def test_addresses() -> None:
    assert page_path() == "/thu-tuc"
    assert page_path("gift") == "/thu-tuc/gift"
    path = page_path("gift", CHECKLIST, province="hue", language="en")
    assert path == "/thu-tuc/gift/giay-to?tinh=hue&lang=en"
