"""What messages say: folded right, one segment at worst, and nothing that must not be in them."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from smsutil.codecs import is_valid_gsm

from dossiers.lifecycle import Status
from notifier.segments import Encoding, fold_to_gsm, size
from notifier.templates import (
    DEFAULT_FILE,
    MESSAGES,
    WORST_CONTACT,
    WORST_VALUES,
    MessageClass,
    Policy,
    Template,
    Templates,
    complaints,
    load_templates,
    render,
)

TEMPLATES = load_templates()

VALID = {
    "key": "news",
    "version": 1,
    "class": "notice",
    "policy": "at_least_once",
    "limit": 1,
    "sms": "{sign}: Hồ sơ {code} có tin. {contact}",
}


def edited(key: str, **changes: object) -> str:
    """The file as an office has edited it: with another template under `key`."""
    entries = yaml.safe_load(DEFAULT_FILE.read_text(encoding="utf-8"))
    return yaml.safe_dump([{**e, **changes} if e["key"] == key else e for e in entries])


VOWELS = "aăâeêioôơuưy"
TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = [unicodedata.normalize("NFC", vowel + tone) for vowel in VOWELS for tone in TONES] + ["đ"]
VIETNAMESE = sorted(
    {c for letter in LETTERS for c in (letter, letter.upper())} - set("aeiouyAEIOUY")
)


def test_there_are_134_vietnamese_letters_beyond_the_latin_ones() -> None:
    assert len(VIETNAMESE) == 134


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("letter", VIETNAMESE)
def test_every_vietnamese_letter_becomes_its_plain_one(letter: str, form: str) -> None:
    base = unicodedata.normalize("NFD", letter.replace("đ", "d").replace("Đ", "D"))[0]
    folded = fold_to_gsm(unicodedata.normalize(form, letter))  # type: ignore[arg-type]
    assert (folded.text, folded.lost) == (base, 0)


@pytest.mark.parametrize(
    ("text", "folded", "lost"),
    [
        ("Nguyễn Văn An – “hồ sơ”…", 'Nguyen Van An - "ho so"...', 0),
        ("2\u00a0000\u00a0₫ & 5 m²", "2 000 d va 5 m?", 1),
        ("a\tb\r\nc", "a b c", 0),
        ("Ý kiến 👍", "Y kien ?", 1),
        ("\x1b\f\x00", "?", 1),
        ("€ [ok]", "€ [ok]", 0),
        ("", "", 0),
    ],
)
def test_folding(text: str, folded: str, lost: int) -> None:
    assert (fold_to_gsm(text).text, fold_to_gsm(text).lost) == (folded, lost)


@given(st.text(max_size=400))
def test_folded_text_is_always_plain_sms(text: str) -> None:
    folded = fold_to_gsm(text).text
    assert not folded or is_valid_gsm(folded)
    assert size(folded).encoding is Encoding.GSM
    assert fold_to_gsm(folded).text == folded


@pytest.mark.parametrize(
    ("text", "units", "segments"),
    [
        ("", 0, 0),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("^" * 80, 160, 1),
        ("^" * 81, 162, 2),
        ("ạ" * 70, 70, 1),
        ("ạ" * 71, 71, 2),
        ("ạ" * 135, 135, 3),
        ("😀" * 35, 70, 1),
        ("😀" * 36, 72, 2),
    ],
)
def test_segments_are_counted_as_they_are_billed(text: str, units: int, segments: int) -> None:
    assert (size(text).units, size(text).segments) == (units, segments)


def test_there_is_a_template_for_every_status_and_every_other_message() -> None:
    others = {"late_apology", "late_warning", "digest", "otp", "test"}
    others |= {
        f"{of}_{n}" for of in ("collect", "tax", "supplement") for n in ("reminder", "digest")
    }
    assert {t.key for t in TEMPLATES.all()} == {s.value for s in Status} | others == set(MESSAGES)


def test_news_and_reminders_of_one_dossier_have_a_form_on_zalo() -> None:
    for template in TEMPLATES.all():
        of_one = template.message_class is MessageClass.NOTICE and "digest" not in template.key
        assert ("code" in template.zns) is of_one, template.key


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda t: t.key)
def test_a_message_costs_one_segment_even_at_worst(template: Template) -> None:
    assert len(WORST_VALUES["code"]) == 26
    assert template.worst_case().encoding is Encoding.GSM
    assert template.worst_case().segments == (2 if template.key == "digest" else 1)


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda t: t.key)
def test_a_filled_template_conforms_to_itself_and_to_no_other(template: Template) -> None:
    for due in ("30/11/2026", ""):
        for contact in (WORST_CONTACT, ("LH 0207 3 822 123.",), ()):
            text = render(template, {**WORST_VALUES, "due": due}, contact).text
            assert [t.key for t in TEMPLATES.all() if t.conforms(text)] == [template.key]


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda t: t.key)
def test_a_message_names_its_sender_and_speaks_politely(template: Template) -> None:
    rendered = render(template, WORST_VALUES, WORST_CONTACT)
    assert rendered.text.startswith(WORST_VALUES["sign"] + ": ")
    assert rendered.screen == unicodedata.normalize("NFC", rendered.screen)
    if template.message_class is MessageClass.NOTICE:
        assert "Ông/Bà" in rendered.screen
    for wording in template.wordings:
        values = set(re.findall(r"{(\w+)}", wording))
        assert not values & {"name", "applicant", "phone", "id", "parcel", "address", "amount"}


def test_a_message_holds_its_values_and_where_to_ask() -> None:
    values = {"sign": "VPDKDD", "code": "H60.12.01-261102-0001", "due": "14/12/2026"}
    rendered = render(TEMPLATES["processing"], values, ("LH Chi nhánh 1, 0207 3 822 123.",))
    assert rendered.text == (
        "VPDKDD: Ho so H60.12.01-261102-0001 dang duoc giai quyet. Hen tra ket qua 14/12/2026. "
        "Ong/Ba chua can lam gi. LH Chi nhanh 1, 0207 3 822 123."
    )
    assert rendered.screen.startswith("VPDKDD: Hồ sơ H60.12.01-261102-0001 đang được giải quyết.")


def test_without_a_date_the_undated_wording_is_taken() -> None:
    values = {"sign": "VPDKDD", "code": "H60.12.01-261102-0001", "due": ""}
    assert "Hen tra" not in render(TEMPLATES["processing"], values, ()).text


def test_the_fullest_contact_that_costs_nothing_is_taken() -> None:
    short, long = "LH 0207 3 822 123.", "LH " + "x" * 80 + ", 0207 3 822 123."
    rendered = render(TEMPLATES["done"], WORST_VALUES, (long, short))
    assert rendered.text.endswith(short)
    assert rendered.size.segments == 1


def test_a_missing_value_is_an_error_and_no_hole_in_a_message() -> None:
    with pytest.raises(ValueError, match=r"thiếu giá trị \{code\}"):
        render(TEMPLATES["done"], {"sign": "VPDKDD"}, ())


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"sms": "{sign}: {applicant_name}"}, "không có giá trị tên là {applicant_name}"),
        ({"sms": "{sign}: " + "dài " * 60}, "dài nhất là 2 phần"),
        ({"english": "{sign}: " + "long " * 60}, "dài nhất là 3 phần"),
        ({"sms": "{sign}: có tin 👍"}, "không gửi được: 👍"),
        ({"sms": "{sign}: hẹn {due}"}, "không có ngày hẹn"),
        ({"english": "{sign}: due {due}"}, "không có ngày hẹn"),
        ({"class": "otp"}, "không bao giờ được gửi hai lần"),
        ({"mode": "unicode"}, "phần"),
        ({"limit": 0}, "limit"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_template_that_must_not_go_out_is_refused_when_it_is_read(
    tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    path = tmp_path / "sms.yml"
    path.write_text(yaml.safe_dump([{**VALID, **change}], allow_unicode=True), encoding="utf-8")
    with pytest.raises(ValidationError, match=complaint):
        load_templates(path)


def test_a_unicode_template_keeps_its_diacritics_and_pays_for_them() -> None:
    template = Template.model_validate({**VALID, "mode": "unicode", "limit": 2})
    rendered = render(template, WORST_VALUES, ())
    assert rendered.text == rendered.screen
    assert (rendered.size.encoding, rendered.lost) == (Encoding.UNICODE, 0)


def test_who_wants_english_gets_it_where_there_is_some() -> None:
    values = {"sign": "VPDKDD", "code": "H60.12.01-261102-0001", "due": "14/12/2026"}
    contact = ("LH Chi nhánh 1, 0207 3 822 123.",)
    assert render(TEMPLATES["processing"], values, contact, "en").text == (
        "VPDKDD: Dossier H60.12.01-261102-0001 is in process. Result due 14/12/2026. "
        "Nothing to do for now. Tel. Chi nhanh 1, 0207 3 822 123."
    )
    undated = render(TEMPLATES["processing"], {**values, "due": ""}, contact, "en").text
    assert "due" not in undated and "is in process" in undated
    vietnamese_only = Template.model_validate(VALID)
    assert render(vietnamese_only, values, contact, "en") == render(
        vietnamese_only, values, contact, "vi"
    )


@pytest.mark.parametrize("template", TEMPLATES.all(), ids=lambda t: t.key)
def test_every_message_to_an_applicant_has_an_english_form(template: Template) -> None:
    assert template.english or template.key == "test"
    texts = set(template.wordings)
    assert len(template.examples(WORST_VALUES, WORST_CONTACT)) == len(texts)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("- key: [", "không đúng định dạng YAML"),
        ("just words", "không phải là một danh sách"),
        (yaml.safe_dump([{**VALID, "sms": "{sign}: " + "x" * 160}]), "quá giới hạn 1"),
        (yaml.safe_dump([VALID, VALID]), "cùng một key"),
        (yaml.safe_dump([VALID]), "không có tin nào tên là news"),
        (yaml.safe_dump([{**VALID, "key": "done"}]), "thiếu mẫu registered, accepted"),
        (
            edited("done", sms="{sign}: {code} xong sau {days} ngày."),
            "không có giá trị {days}",
        ),
        (edited("digest", sms="{sign}: {code} và {count} hồ sơ."), "không có giá trị {code}"),
        (edited("otp", zns=["otp", "code"]), "không có giá trị {code}"),
        (edited("done", sms="{sign}: Hồ sơ {code} xong rồi. {contact}"), None),
    ],
)
def test_an_edited_file_is_judged_before_it_is_used(
    tmp_path: Path, written: str, complaint: str | None
) -> None:
    path = tmp_path / "sms.yml"
    path.write_text(written, encoding="utf-8")
    found = complaints(path)
    assert complaint in found[0] if complaint else found == []
    assert complaints(tmp_path / "none.yml")


def test_two_templates_of_one_key_are_refused() -> None:
    template = Template.model_validate(VALID)
    with pytest.raises(ValueError, match="cùng một key"):
        Templates([template, template])


def test_what_is_asked_of_people_is_told_at_least_once() -> None:
    for status in (Status.DONE, Status.SUPPLEMENT_NEEDED, Status.TAX_DUE, Status.STOPPED):
        assert TEMPLATES[status.value].policy is Policy.AT_LEAST_ONCE
    assert TEMPLATES["otp"].policy is Policy.AT_MOST_ONCE


def test_the_file_explains_itself() -> None:
    head = DEFAULT_FILE.read_text(encoding="utf-8").split("- key:")[0]
    for name in Template.model_fields:
        assert (Template.model_fields[name].alias or name) in head
