"""Whoever reads English reads of laws in English; what one looks a law up by stays as it is."""

from __future__ import annotations

import re

import pytest

from language.blocks import Source, as_text
from procedures.answers import answer
from procedures.catalogue import Catalogue
from procedures.citations import in_english
from procedures.vocabulary import Aspect
from tests.procedures.conftest import TODAY

_VIETNAMESE = re.compile(
    r"\b(?:Luật|Nghị|Quyết|Thông tư|Điều|Phụ lục|Phần|của|tỉnh|thành phố|nhân dân|sửa đổi|và|đến"
    r")\b",
    re.IGNORECASE,
)


@pytest.mark.parametrize(
    ("cited", "told"),
    [
        (
            "Luật Đất đai 31/2024/QH15, Điều 27, 45 và 133",
            "Land Law 31/2024/QH15, Articles 27, 45 and 133",
        ),
        ("Nghị định 101/2024/NĐ-CP, Điều 19", "Decree 101/2024/NĐ-CP, Article 19"),
        (
            "Nghị định 151/2025/NĐ-CP, Phụ lục I, Phần V.A.II",
            "Decree 151/2025/NĐ-CP, Annex I, Part V.A.II",
        ),
        (
            "Luật Đất đai 31/2024/QH15, Điều 131, 137 đến 142 và 148 đến 151",
            "Land Law 31/2024/QH15, Articles 131, 137 to 142 and 148 to 151",
        ),
        (
            "Nghị định 10/2022/NĐ-CP (sửa đổi bởi Nghị định 175/2025/NĐ-CP)",
            "Decree 10/2022/NĐ-CP (amended by Decree 175/2025/NĐ-CP)",
        ),
        (
            "Quyết định 52/2026/QĐ-UBND của Ủy ban nhân dân thành phố Hải Phòng",
            "Decision 52/2026/QĐ-UBND of the People's Committee of Hải Phòng",
        ),
        (
            "Nghị quyết 02/2023 và Nghị quyết 124/2016 của Hội đồng nhân dân Thành phố Hồ Chí Minh",
            "Resolution 02/2023 and Resolution 124/2016 of the People's Council of Hồ Chí Minh",
        ),
    ],
)
def test_a_document_is_named_in_english(cited: str, told: str) -> None:
    assert in_english(cited) == told


def test_nothing_that_the_catalogue_cites_stays_half_vietnamese(catalogue: Catalogue) -> None:
    cited = {local.name for local in catalogue.fees.provinces.values()}
    cited |= {basis for rule in catalogue.rules.values() for basis in rule.legal_basis}
    for procedure in catalogue.ids():
        for _, contents in catalogue.versions(procedure):
            cited |= {contents.decision, *contents.legal_basis}
            cited |= {basis for line in contents.fee.lines for basis in line.legal_basis}
            for aspect in Aspect:
                section = getattr(contents, aspect.value, None)
                cited |= set(getattr(section, "legal_basis", ()))
    left = {one: in_english(one) for one in cited if _VIETNAMESE.search(in_english(one))}
    assert len(cited) > 60 and left == {}


def test_an_english_answer_names_its_source_in_english(catalogue: Catalogue) -> None:
    for aspect in (Aspect.LEGAL, Aspect.FEE, Aspect.TIME):
        blocks = answer(
            catalogue, "transfer", [aspect], as_of=TODAY, province="hai-phong", language="en"
        )
        (source,) = (block for block in blocks if isinstance(block, Source))
        assert "Decision 52/2026/QĐ-UBND of the People's Committee of Hải Phòng" in source.text
        assert not _VIETNAMESE.search(source.text)
    legal = as_text(answer(catalogue, "transfer", ["legal"], as_of=TODAY, language="en"))
    assert "Land Law 31/2024/QH15, Articles 27, 45 and 133" in legal
