"""The pages of procedures: every one of them, for every province; what is asked for wrongly; what
must not get out of where it stands; the sheet on paper."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typst
import yaml
import zxingcpp
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from pypdf import PdfReader

from core.clock import today
from core.settings import ROOT, Settings
from procedures.catalogue import load_catalogue
from procedures.guide import guide
from procedures.provinces import PROVINCES
from procedures.sums import SUMS
from procedures.vocabulary import Aspect
from web import procedures as pages
from web.app import create_app
from web.calculator import FORMS
from web.sheet import TEMPLATE, as_pdf, qr_svg, sheet_of
from web.structured import structured

CATALOGUE = load_catalogue(ROOT / "data" / "procedures")
ALL = CATALOGUE.ids()
HERE = "http://127.0.0.1:8080"
EVIL = '"><script>alert(1)</script>'
LED = [a for a in Aspect if a not in (Aspect.GENERAL, Aspect.DOCUMENTS, Aspect.STEPS, Aspect.LEGAL)]
"""The aspects whose direct answer stands on the page; the others are told by their lists."""
LETTERS = "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵdđ"


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app) as made:
        yield made


class Parsed(HTMLParser):
    """What a browser would make of a page: elements, scripts and the words between."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.words = ""
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._inside and self._inside[-1] == "script":
            attrs, text = self.scripts[-1]
            self.scripts[-1] = (attrs, text + data)
        else:
            self.words += " " + data

    @property
    def text(self) -> str:
        return " ".join(self.words.split())

    def meta(self, name: str) -> str | None:
        return next(
            (a.get("content") for t, a in self.tags if t == "meta" and a.get("name") == name), None
        )

    def link(self, rel: str) -> list[str | None]:
        return [a.get("href") for t, a in self.tags if t == "link" and a.get("rel") == rel]


# --- every page ----------------------------------------------------------------------------------


@pytest.mark.parametrize("procedure", ALL)
def test_every_procedure_can_be_read_for_every_province(client: TestClient, procedure: str) -> None:
    name = CATALOGUE.name(procedure)
    titles = set()
    for province in ("", *PROVINCES):
        answer = client.get(f"/thu-tuc/{procedure}", params={"tinh": province})
        assert answer.status_code == 200
        page = Parsed(answer.text)
        told = guide(CATALOGUE, procedure, as_of=today(), province=province or None)
        for words in (name, told.summary, told.whose, told.holds, *told.mistakes, *told.special):
            assert " ".join(words.split()) in page.text
        for paper in told.papers:
            assert paper.name in page.text
            assert paper.copies in page.text
        for aspect in LED:
            assert told.sections[aspect].lead in page.text
        for line in (*told.unconfirmed, *told.basis):
            assert line in page.text
        assert page.meta("description")
        titles.add(re.search(r"<title>(.*?)</title>", answer.text)[1])  # type: ignore[index]
        (canonical,) = page.link("canonical")
        own = f"?tinh={province}" if told.version.is_provincial else ""
        assert canonical == f"http://127.0.0.1:8080/thu-tuc/{procedure}{own}"
    own_rules = {h.province for h, _ in CATALOGUE.versions(procedure) if h.province}
    assert len(titles) == 1 + len(own_rules)


@pytest.mark.parametrize("procedure", ALL)
def test_every_procedure_can_be_read_in_english(client: TestClient, procedure: str) -> None:
    answer = client.get(f"/thu-tuc/{procedure}?lang=en&tinh=hai-phong")
    page = Parsed(answer.text)
    assert '<html lang="en">' in answer.text
    told = guide(CATALOGUE, procedure, as_of=today(), province="hai-phong", language="en")
    assert told.name in page.text
    for paper in told.papers:
        assert paper.name in page.text
        assert f"({paper.vietnamese})" in page.text, "the counter knows the Vietnamese name"
    assert "Legal basis (căn cứ pháp lý)" in page.text
    own = [url for url in page.link("alternate") if url]
    assert any("lang=en" in url for url in own)
    assert any("lang=en" not in url for url in own)


def test_the_list_has_every_procedure_once(client: TestClient) -> None:
    page = Parsed(client.get("/thu-tuc").text)
    linked = [a["href"] for tag, a in page.tags if tag == "a" and "/thu-tuc/" in (a["href"] or "")]
    assert sorted(linked) == sorted(f"/thu-tuc/{procedure}" for procedure in ALL)
    assert "Bán, cho, thừa kế" in page.text


def test_the_pages_are_reached_from_the_chat(client: TestClient) -> None:
    page = client.get("/").text
    header, footer = page.split("<main")[0], page.split("</main>")[1]
    assert 'href="/thu-tuc"' in header
    assert 'href="/thu-tuc"' in footer


def test_public_pages_may_be_kept_and_set_no_cookie(client: TestClient) -> None:
    for path in ("/thu-tuc", "/thu-tuc/gift", "/thu-tuc/gift/giay-to", "/thu-tuc/gift/tinh-tien"):
        answer = client.get(path)
        assert answer.headers["cache-control"] == "public, max-age=300"
        assert "set-cookie" not in answer.headers
        assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert client.get("/").headers["cache-control"] == "no-store"


# --- finding -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("tách thửa", "split_parcel"),
        ("tach thua", "split_parcel"),
        ("TÁCH THỬA", "split_parcel"),
        ("mat so do", "reissue_lost"),
        ("thừa kế", "inheritance"),
        ("lost certificate", "reissue_lost"),
        ("1.013978", "first_certificate"),
    ],
)
def test_a_search_finds_with_and_without_marks(client: TestClient, query: str, first: str) -> None:
    page = client.get("/thu-tuc", params={"q": query}).text
    found = re.findall(r'href="/thu-tuc/([a-z_]+)"', page)
    assert first in found[:3]
    assert len(found) < len(ALL) / 2
    assert 'content="noindex"' in page


def test_a_search_without_result_says_so_and_shows_all(client: TestClient) -> None:
    page = client.get("/thu-tuc", params={"q": "xyzzy qwerty"}).text
    assert "Không tìm thấy thủ tục nào" in page
    assert all(f'href="/thu-tuc/{procedure}"' in page for procedure in ALL)


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [("tranfer", "transfer"), ("tach-thua", "split_parcel"), ("inheritence", "inheritance")],
)
@pytest.mark.parametrize("part", ["", "/giay-to", "/giay-to.pdf", "/tinh-tien"])
def test_an_unknown_procedure_is_a_friendly_404(
    client: TestClient, unknown: str, meant: str, part: str
) -> None:
    answer = client.get(f"/thu-tuc/{unknown}{part}")
    assert answer.status_code == 404
    assert f'href="/thu-tuc/{meant}"' in answer.text
    assert 'href="/thu-tuc"' in answer.text


def test_an_address_of_nothing_suggests_nothing(client: TestClient) -> None:
    answer = client.get("/thu-tuc/wp-admin.php")
    assert answer.status_code == 404
    assert "Có phải Ông/Bà tìm" not in answer.text


def test_a_province_that_does_not_exist_is_told(client: TestClient) -> None:
    answer = client.get("/thu-tuc/transfer?tinh=Atlantis")
    assert answer.status_code == 200
    assert "Không có tỉnh nào tên “Atlantis”" in answer.text
    assert "quy định chung cả nước" in answer.text


def test_the_installation_s_province_is_the_default_and_can_be_left(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"province": "hai-phong"}))
    with TestClient(app) as client:
        assert "Theo quy định của Hải Phòng" in client.get("/thu-tuc/transfer").text
        national = client.get("/thu-tuc/transfer?tinh=ca-nuoc").text
        assert "Theo quy định của Hải Phòng" not in national
        assert "/thu-tuc/transfer/giay-to?tinh=ca-nuoc" in national
        assert Parsed(national).link("canonical") == [f"{HERE}/thu-tuc/transfer?tinh=ca-nuoc"]
        of_here = client.get("/thu-tuc/transfer?tinh=hai-phong").text
        assert Parsed(of_here).link("canonical") == [f"{HERE}/thu-tuc/transfer"]
        sitemap = client.get("/sitemap.xml").text
        assert f"<loc>{HERE}/thu-tuc/transfer?tinh=ca-nuoc</loc>" in sitemap
        assert f"<loc>{HERE}/thu-tuc/transfer</loc>" in sitemap
        assert f"{HERE}/thu-tuc/transfer?tinh=hai-phong" not in sitemap
        by_name = client.get("/thu-tuc/transfer", params={"tinh": "Lào Cai"}).text
        assert "Theo quy định của Lào Cai" in by_name


# --- what must not get out -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/thu-tuc?q={}",
        "/thu-tuc?tinh={}",
        "/thu-tuc/transfer?tinh={}",
        "/thu-tuc/transfer?lang={}",
        "/thu-tuc/{}",
        "/thu-tuc/transfer/giay-to?tinh={}",
        "/thu-tuc/transfer/tinh-tien?gia={}",
        "/thu-tuc/transfer/tinh-tien?gia=1+ty&bang_gia={}&tinh={}",
        "/thu-tuc/gift/tinh-tien?quan_he={}&gia=1",
    ],
)
def test_what_is_in_the_address_stays_words(client: TestClient, path: str) -> None:
    answer = client.get(path.replace("{}", "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E"))
    page = Parsed(answer.text)
    assert EVIL not in answer.text
    assert all(a.get("src") or a.get("type") == "application/ld+json" for a, _ in page.scripts)
    assert not any("alert" in text for _, text in page.scripts)
    assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]


@pytest.mark.parametrize("procedure", ALL)
def test_the_structured_data_parses(client: TestClient, procedure: str) -> None:
    page = Parsed(client.get(f"/thu-tuc/{procedure}?tinh=hai-phong").text)
    ((_, text),) = [s for s in page.scripts if s[0].get("type") == "application/ld+json"]
    service, how, trail = json.loads(text)["@graph"]
    told = guide(CATALOGUE, procedure, as_of=today(), province="hai-phong")
    assert service["@type"] == "GovernmentService"
    assert service["name"] == told.name
    assert service["url"] == page.link("canonical")[0]
    assert [supply["name"] for supply in how["supply"]] == [paper.name for paper in told.papers]
    assert len(how["step"]) == len(told.version.contents.steps.steps)
    assert trail["itemListElement"][1]["item"] == service["url"]


def test_the_structured_data_cannot_end_its_script(app: FastAPI) -> None:
    told = guide(CATALOGUE, "transfer", as_of=today())
    evil = "</script><!--<script>alert(1)</script> ]]> & '\u2028"
    object.__setattr__(told, "name", evil)
    data = structured(told, "http://x.example/thu-tuc/transfer", "http://x.example")
    template = app.state.site.templates.env.from_string(
        '<script type="application/ld+json">{{ structured | tojson }}</script><p>after</p>'
    )
    page = template.render(structured=data)
    assert page.count("</script>") == 1
    ((_, text),) = Parsed(page).scripts
    assert json.loads(text)["@graph"][0]["name"] == evil


# --- search engines ------------------------------------------------------------------------------


def test_robots_keep_out_of_what_is_private(client: TestClient) -> None:
    lines = client.get("/robots.txt").text.splitlines()
    assert lines[0] == "User-agent: *"
    for path in ("/ho-so", "/webhooks", "/chat", "/phone"):
        assert f"Disallow: {path}" in lines
    assert not any("/thu-tuc" in line for line in lines)
    assert "Sitemap: http://127.0.0.1:8080/sitemap.xml" in lines


def test_every_address_of_the_sitemap_is_a_page_that_calls_itself_so(client: TestClient) -> None:
    root = ElementTree.fromstring(client.get("/sitemap.xml").text)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    places = [loc.text or "" for loc in root.findall("s:url/s:loc", names)]
    assert len(places) == len(set(places))
    paths = [place.removeprefix("http://127.0.0.1:8080") for place in places]
    assert {f"/thu-tuc/{procedure}" for procedure in ALL} <= set(paths)
    assert "/thu-tuc/transfer?tinh=hai-phong" in paths
    assert "/thu-tuc/transfer?tinh=hai-phong&lang=en" in paths
    # Each third one: they are hundreds, and all are made alike.
    for place, path in list(zip(places, paths, strict=True))[1::3]:
        answer = client.get(path)
        assert answer.status_code == 200
        assert Parsed(answer.text).link("canonical") == [place]


# --- the sheet -----------------------------------------------------------------------------------


def pdf_text(made: bytes) -> str:
    return " ".join(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(made)).pages).split())


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("procedure", ALL)
def test_the_pdf_has_every_paper_on_one_page(
    client: TestClient, procedure: str, language: Any
) -> None:
    answer = client.get(f"/thu-tuc/{procedure}/giay-to.pdf?tinh=hai-phong&lang={language}")
    assert answer.headers["content-type"] == "application/pdf"
    text = pdf_text(answer.content)
    packed = "".join(text.split())  # a line may break behind a slash
    told = guide(CATALOGUE, procedure, as_of=today(), province="hai-phong", language=language)
    for paper in told.papers:
        for words in (paper.name, paper.vietnamese, paper.form, paper.copies, paper.when):
            assert "".join(words.split()) in packed
    for words in (told.name, told.holds, told.version.contents.decision, "1900 0000"):
        assert words in text
    assert len(PdfReader(io.BytesIO(answer.content)).pages) == 1


@pytest.mark.parametrize("procedure", ALL)
def test_the_page_to_print_says_what_the_pdf_says(client: TestClient, procedure: str) -> None:
    page = Parsed(client.get(f"/thu-tuc/{procedure}/giay-to?tinh=hai-phong").text)
    told = guide(CATALOGUE, procedure, as_of=today(), province="hai-phong")
    for paper in told.papers:
        for words in (paper.name, paper.form, paper.copies, paper.when):
            assert words in page.text
    ticks = [a for tag, a in page.tags if tag == "input" and a.get("type") == "checkbox"]
    assert len(ticks) == len(told.papers)
    assert told.version.contents.decision in page.text


def sheet(**changes: Any) -> dict[str, Any]:
    told = guide(CATALOGUE, "transfer", as_of=today(), province="hai-phong")
    settings = Settings(_env_file=None)  # type: ignore[call-arg]
    address = "https://motcua.example/thu-tuc/transfer/giay-to?tinh=hai-phong"
    return {**sheet_of(told, settings, today(), address), **changes}


def drawn(data: dict[str, Any]) -> Image.Image:
    """The sheet as it looks on paper."""
    inputs = {"data": json.dumps(data), "qr": qr_svg(data["address"])}
    made = typst.compile(
        TEMPLATE, format="png", ppi=150, ignore_system_fonts=True, sys_inputs=inputs
    )
    assert isinstance(made, bytes)
    return Image.open(io.BytesIO(made))


def test_the_code_on_the_sheet_leads_to_the_page() -> None:
    data = sheet()
    (code,) = zxingcpp.read_barcodes(drawn(data).convert("RGB"))
    assert code.text == data["address"]


def test_every_vietnamese_letter_is_in_the_fonts() -> None:
    every = LETTERS + LETTERS.upper()
    reader = PdfReader(io.BytesIO(as_pdf(sheet(name=every, mistakes=[every]))))
    assert pdf_text(as_pdf(sheet(name=every, mistakes=[every]))).count(every) == 2
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in reader.pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all("Libertinus" in font for font in fonts), "one font for all: no letter fell back"


def test_no_text_is_read_as_markup() -> None:
    evil = '#panic("x") #read("/etc/passwd") $a^2$ *b* _c_ `d` @e <f> \\ // g [h] = i'
    data = sheet(name=evil, mistakes=[evil], official=evil)
    data["groups"][0]["papers"][0]["name"] = evil
    assert pdf_text(as_pdf(data)).count('#panic("x") #read("/etc/passwd") $a^2$ *b*') == 4


def test_what_does_not_fit_goes_on_to_a_second_page() -> None:
    data = sheet(mistakes=["Một dòng dài để thử xem giấy có đủ chỗ hay không."] * 60)
    assert len(PdfReader(io.BytesIO(as_pdf(data))).pages) == 2


def test_the_same_sheet_is_made_once() -> None:
    assert as_pdf(sheet()) is as_pdf(sheet())
    assert as_pdf(sheet(printed="In ngày khác.")) is not as_pdf(sheet())


def test_hours_are_printed_only_where_they_are_true(tmp_path: Path) -> None:
    told = guide(CATALOGUE, "transfer", as_of=today())

    def facts(*offices: dict[str, Any]) -> str:
        file = tmp_path / "offices.yml"
        file.write_text(yaml.safe_dump({"offices": list(offices)}), encoding="utf-8")
        settings = Settings(_env_file=None, offices_file=file)  # type: ignore[call-arg]
        return str(sheet_of(told, settings, today(), "http://x.example")["facts"])

    office = {"name": "Chi nhánh 9", "hours": "Thứ Hai đến Thứ Sáu, 7:30–11:30"}
    assert "7:30–11:30" in facts(office)
    assert "7:30–11:30" not in facts({**office, "sample": True})
    assert "7:30–11:30" not in facts(*[{**office, "name": f"Chi nhánh {n}"} for n in range(9)])


# --- the calculator ------------------------------------------------------------------------------


def test_there_is_a_form_for_every_sum_that_can_be_worked_out() -> None:
    assert set(FORMS) == set(SUMS)


@pytest.mark.parametrize("procedure", ALL)
def test_only_what_can_be_worked_out_has_a_calculator(client: TestClient, procedure: str) -> None:
    answer = client.get(f"/thu-tuc/{procedure}/tinh-tien")
    page = client.get(f"/thu-tuc/{procedure}").text
    assert (answer.status_code == 200) is (procedure in SUMS)
    assert (f"/thu-tuc/{procedure}/tinh-tien" in page) is (procedure in SUMS)


@pytest.mark.parametrize(
    ("procedure", "sent", "expected"),
    [
        ("transfer", {"gia": "1 tỷ 2"}, ("6.000.000 đồng", "24.000.000 đồng", "1.120.000 đồng")),
        ("transfer", {"gia": "1 tỷ", "quan_he": "parent_child"}, ("5.000.000 đồng", "0 đồng")),
        ("transfer", {"gia": "1 tỷ", "duy_nhat": "co"}, ("5.000.000 đồng", "nhà đất duy nhất")),
        ("transfer", {"gia": "1 tỷ", "bang_gia": "2 ty"}, ("10.000.000 đồng", "40.000.000 đồng")),
        ("gift", {"gia": "500tr", "quan_he": "other"}, ("48.000.000 đồng", "2.500.000 đồng")),
        ("gift", {"gia": "500tr", "quan_he": "step"}, ("48.000.000 đồng", "Cha dượng")),
        ("inheritance", {"gia": "500tr", "quan_he": "parent_child"}, ("khoảng 0 đồng",)),
        (
            "change_use",
            {
                "dien_tich": "100m2",
                "gia_dat_o": "3 triệu",
                "gia_dat_nay": "200k",
                "co_nha": "khong",
            },
            ("280.000.000 đồng", "Nghị định 103/2024/NĐ-CP"),
        ),
        (
            "change_use",
            {
                "dien_tich": "120",
                "gia_dat_o": "3tr",
                "gia_dat_nay": "200 nghìn",
                "co_nha": "co",
                "han_muc": "100m2",
            },
            ("112.000.000 đồng", "Nghị quyết 254/2025/QH15"),
        ),
    ],
)
def test_a_sum_is_worked_out_line_by_line(
    client: TestClient, procedure: str, sent: dict[str, str], expected: tuple[str, ...]
) -> None:
    answer = client.get(f"/thu-tuc/{procedure}/tinh-tien", params=sent)
    assert answer.status_code == 200
    page = Parsed(answer.text)
    for words in ("Tạm tính: khoảng", "Căn cứ:", "Chưa tính được:", "tỉnh quy định", *expected):
        assert words in page.text
    for name, value in sent.items():
        field = next(a for t, a in page.tags if t == "input" and a.get("name") == name)
        assert field.get("value") == value or "checked" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert page.meta("robots") == "noindex"


@pytest.mark.parametrize(
    ("procedure", "sent", "wrong"),
    [
        ("transfer", {"gia": ""}, {"gia": "Xin ghi số tiền"}),
        ("transfer", {"gia": "2"}, {"gia": "Chưa rõ đơn vị"}),
        ("transfer", {"gia": "nhiều lắm"}, {"gia": "Không đọc được"}),
        ("transfer", {"gia": "9" * 50 + " tỷ"}, {"gia": "Không đọc được"}),
        ("transfer", {"gia": "1 tỷ", "bang_gia": "abc"}, {"bang_gia": "Không đọc được"}),
        ("transfer", {"gia": "1 tỷ", "quan_he": "enemy"}, {"quan_he": "Xin chọn"}),
        ("gift", {"gia": "1 tỷ"}, {"quan_he": "Xin chọn"}),
        (
            "change_use",
            {"dien_tich": "2 sào", "gia_dat_o": "3", "gia_dat_nay": "", "co_nha": "co"},
            {
                "dien_tich": "mỗi vùng một khác",
                "gia_dat_o": "Chưa rõ đơn vị",
                "gia_dat_nay": "Xin ghi giá",
                "han_muc": "Xin ghi diện tích",
            },
        ),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: TestClient, procedure: str, sent: dict[str, str], wrong: dict[str, str]
) -> None:
    answer = client.get(f"/thu-tuc/{procedure}/tinh-tien", params=sent)
    assert answer.status_code == 422
    said = dict(re.findall(r'id="(\w+)-error">Lỗi: ([^<]+)<', answer.text))
    assert set(said) == set(wrong)
    assert all(words in said[name] for name, words in wrong.items())
    assert "Tạm tính" not in answer.text
    assert "<title>Lỗi" in answer.text


def test_errors_are_english_for_the_english(client: TestClient) -> None:
    answer = client.get("/thu-tuc/transfer/tinh-tien?gia=2&lang=en")
    assert "Error: The unit is not clear" in Parsed(answer.text).text


def test_every_form_is_answered_whatever_is_sent(client: TestClient) -> None:
    odd = ["", "0", "-5", "1e9", "∞", "１２３", "1" * 500, "\x00", "0 m2", "1/2 tỷ", "tỷ", "NaN"]
    for procedure, form in FORMS.items():
        for text in odd:
            answer = client.get(
                f"/thu-tuc/{procedure}/tinh-tien", params={field.name: text for field in form}
            )
            assert answer.status_code in (200, 422), (procedure, text)


def test_a_reader_s_links_keep_language_and_province() -> None:
    read = pages.Reader("en", "hai-phong", "hai-phong", "")
    assert read.link("gift", "/giay-to") == "/thu-tuc/gift/giay-to?tinh=hai-phong&lang=en"
    assert read.link("gift", language="vi") == "/thu-tuc/gift?tinh=hai-phong"
