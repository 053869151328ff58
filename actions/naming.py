"""The bare words by which procedures are named in the middle of a conversation.

"Không phải tách, gộp cơ": where one word decides, the model, which weighs whole messages, hears
both. These words are looked at only where a conversation is under way and its own logic asks which
of two is meant: what is taken back, what a correction or a contrast names, which of the offered
one is picked. A first question they answer only where it says nothing but an act (`act_alone`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from actions.phrases import word_set

# Folded, abbreviations written out (`language.abbreviations`). Of two that begin at one place the
# longer is meant: "xóa thế chấp" before "thế chấp".
_KIN = (
    r"(?:con(?: trai| gai| ruot| re| dau)?|chau(?: noi| ngoai)?|em(?: trai| gai)?|anh|chi|vo|chong"
    r"|bo|me|ba|ma|no|han|luon|khong|nhau|may dua|thang \w+|cai \w+|dua \w+)"
)
_ONE = r"(?: \w+){0,2}"
NAMES: dict[str, tuple[str, ...]] = {
    "transfer": (
        r"(?<!nguoi )(?<!ben )(?:ban|mua)\b(?! (?:do|ve|an|sao|chinh|khoan))(?: (?:dat|nha|lai"
        r"|dut))?",
        "chuyen nhuong", r"sang ten\b(?! xe)", r"sell(?:ing)?", r"sold", r"buy(?:ing)?", "bought",
        r"transfer(?:ring)?",
    ),
    "gift": (
        "tang cho", "tang", "cho tang", "(?<!co )cho khong", r"bieu(?! mau)",
        rf"(?<!ban )(?<!ban lai )(?<!nhuong )(?<!thue )(?:cho|de lai cho) {_KIN}\b",
        r"giv(?:e|ing)(?: it| them)? to", "gift(?:ing)?",
    ),
    "inheritance": (
        "thua ke", "di chuc", "di san", "khai nhan", r"inherit(?:ance|ed|ing)?", "will", "died",
        "passed away", "deceased",
    ),
    "capital_contribution": ("gop von", rf"gop{_ONE} vao cong ty", "capital contribution"),
    "first_certificate": (
        "chua (?:co|duoc cap|ra) (?:so|bia|giay chung nhan)", "(?:lam|cap|xin) so(?: do)? lan dau",
        "cap (?:moi )?lan dau", "lan dau", "first certificate",
    ),
    "replace_certificate": (
        "cap doi", rf"doi (?:so|bia|giay chung nhan){_ONE} (?:moi|mau moi)", "doi so", "doi bia",
        "rach(?: nat)?", "nat", "nhoe", "o(?:i)? vang", "(?:bi )?uot",
        "khong doc (?:duoc|ra)", "hu hong", "u nat", "mo het", "phai mau",
        "torn", "damaged", r"replac(?:e|ing)",
    ),
    "reissue_lost": (
        "cap lai", rf"mat (?:so|bia|giay|luon|roi|tieu|han|tich|sach|nua){_ONE}", "bi mat",
        r"(?:so|bia|giay)(?: do| hong| nha)? mat", "that lac", "danh mat",
        r"lam mat(?! (?:may|bao|nhieu|khoang))", r"roi mat(?! (?:may|bao|nhieu|khoang))",
        r"tim (?:mai |hoai )?(?:khong|chang|chua) (?:ra|thay|duoc)", r"khong tim (?:ra|thay)",
        "bi trom", "chay", "lost", "burnt", "stolen",
    ),
    "correct_certificate": (
        "dinh chinh", r"(?:in|ghi|viet|go) (?:bi )?sai", "bi sai", "sai sot", "sua sai", "sai",
        r"correct(?:ing|ion)?\b(?! (?:that|this|myself|me|what))", "misprint(?:ed)?",
    ),
    "split_parcel": (
        r"tach(?: thua| so| dat| ra)?", "chia doi", r"chia ra", r"chia dat", "chia thua",
        "chia (?:hai|ba|2|3) (?:thua|phan|lo)", r"(?<!dat )cat(?: dat| ra| bot)?",
        r"split(?:ting)?",
        r"divid(?:e|ing)",
    ),
    "merge_parcel": (
        r"gop(?: thua| lai| chung| dat)?\b(?! von)", "hop thua", "nhap(?: thua| lai| chung| vao)?",
        r"merg(?:e|ing)", r"combin(?:e|ing)",
    ),
    "change_use": (
        "chuyen muc dich", r"len (?:tho cu|dat o)", rf"chuyen{_ONE} (?:tho cu|dat o)",
        r"chuyen doi muc dich", r"chang(?:e|ing)(?: the)? (?:land )?use", "rezon(?:e|ing)",
    ),
    "mortgage": ("the chap", r"vay(?: von| ngan hang| tien)", "cam so", "mortgag(?:e|ing)"),
    "release_mortgage": (
        "(?:xoa|go|huy|giai)(?: dang ky)? (?:the )?chap", "giai chap", "xoa no ngan hang",
        r"tra (?:het|xong) (?:no|tien|ngan hang|khoan vay)",
        r"(?:cancel|releas|clear|delet|remov)(?:e|l?ing)(?: the| my)? mortgage",
        "loan is paid", "paid off",
    ),
    "extend_term": ("gia han", "het han", "het thoi han", "them thoi han", r"extend(?:ing)?",
                    "extension", r"renew(?:ing|al)?"),
    "change_info": (
        r"(?:doi|thay doi) (?:ten|ho ten|thong tin|dia chi|can cuoc|chung minh|so dinh danh|cccd)",
        r"(?:doi|cap) (?:the )?can cuoc",
        r"(?:new|changed)(?: my)? (?:name|address|id)(?: card| number)?",
    ),
    "asset_registration": (
        "(?:dang ky|bo sung|them) (?:tai san|nha|cong trinh|can nha|nha xuong|cai nha)",
        "chung nhan so huu nha",
    ),
    "lease_land": (r"(?:xin |di )?thue (?:them )?(?:dat|khu|lo|manh)", r"leas(?:e|ing)"),
    "land_data": (
        "trich luc", "trich do", "ban do dia chinh", "xem quy hoach", "tra quy hoach",
        "cung cap thong tin", "cung cap du lieu", "land data", "cadastral",
    ),
    "added_area": (
        "(?:dat )?(?:doi|thua) (?:ra|du)", "du dien tich", "dien tich tang",
        "tang (?:them )?dien tich",
        "lon hon (?:trong )?so", "extra area",
    ),
    "dispute": ("tranh chap", r"lan (?:dat|ranh|chiem|sang)", "lan", "dispute",
    "encroach(?:ed|ing)?"),
    "revoke": ("thu hoi so", "thu hoi giay", "huy so", "huy giay chung nhan", "revok(?:e|ing)"),
    "auction_allocation": ("dau gia", "auction"),
    "household_members": (
        r"(?:them|ghi them|bo sung) ten", r"dung ten chung", r"ho gia dinh",
        r"add(?:ing)?(?: \w+){0,2} name",
    ),
    # A flat by itself is a thing, not a procedure; of English words only the developer tells.
    "project_home": ("can ho", "chung cu", "chu dau tu", "developer"),
}  # fmt: skip
"""Procedure → patterns of the words that name it in passing."""

OPPOSITES = {
    "split_parcel": "merge_parcel",
    "merge_parcel": "split_parcel",
    "mortgage": "release_mortgage",
    "release_mortgage": "mortgage",
}
"""What "ngược lại" leads to."""

_TABLE = tuple(
    (procedure, re.compile(rf"\b(?:{pattern})\b"))
    for procedure, patterns in NAMES.items()
    for pattern in patterns
)
_ADDRESS = re.compile(
    r"\b(?:da |vang )?cho (?:con|chau|em|toi|minh|ba|bac|chu|co|anh|chi|ong|cau|me|bo|di|tao|to)"
    r"(?: \w+)? ?(?=(?:xin|hoi|biet|xem|gap|muon|nho|cai|to|mau|ho)\b)"
)
"""Who asks to be told something: no gift to a child."""
_DENIAL = re.compile(
    r"\b(?:chu |ma )?(?:(?:khong|chang|chua|dau|dung|deu) (?:phai|pai|fai|co|he|dinh|muon|can"
    r"|bi|la)"
    r"|khong|chang|dau phai|no longer|isn t|not)(?: la| bi| co| dinh| muon)?"
    r"(?: (?:so|bia|giay|dat|nha|vu|chuyen|viec|cai|in|the|to|a|an|my|that))* ?$"
)
"""What stands right before a name that is ruled out."""


_UNDONE = {
    "reissue_lost": re.compile(
        r"\b(?<!khong )(?<!chua )(?<!chang )(?:tim|kiem) (?:thay|duoc|ra)(?: lai)?(?: duoc)? roi\b"
        r"|\b(?:i|we) found it\b"
    ),
}
"""Says that what a procedure is for is no longer so: "tìm thấy rồi"."""
_FIRM_DENIAL = re.compile(r"(?:phai|pai|fai|la)(?: \w+)* ?$")
"""Denies one thing: "không phải rách, mất luôn" denies no loss."""
_BESIDE = ("", "hay", "hoac", "va", "or")

ACTS: dict[str, tuple[str, ...]] = {
    "sang ten|chuyen nhuong": ("transfer",),
    "tang cho": ("gift",),
    "(?:khai nhan )?(?:thua ke|di san)": ("inheritance",),
    "(?:dang ky )?the chap": ("mortgage",),
    "xoa (?:dang ky )?the chap|giai chap": ("release_mortgage",),
    "cap lai": ("reissue_lost", "replace_certificate"),
    "cap doi": ("replace_certificate",),
    "dinh chinh": ("correct_certificate",),
    "tach thua": ("split_parcel",),
    "(?:hop|gop) thua": ("merge_parcel",),
    "chuyen muc dich(?: su dung)?": ("change_use",),
    "gia han": ("extend_term",),
    "(?:dang ky )?gop von": ("capital_contribution",),
    "trich luc": ("land_data",),
    "(?:hoa giai |giai quyet )?tranh chap": ("dispute",),
}
"""Acts that a land office does with land, and others with other things → the procedures that may
be meant: "cấp lại" is said of a certificate that is lost, and of one that is torn."""
_ALONE = tuple((re.compile(rf"\b(?:{act})\b"), may_be) for act, may_be in ACTS.items())
_ASKING = word_set(
    """
    thu tuc quy trinh tu ho so don giay to gi nhung nao cai can phai co duoc khong mang theo
    chuan bi nop o dau cho co quan toi den mat bao lau may ngay bua hom thi xong ket qua het ton
    nhieu tien phi le thue khoan dong la lam di xin cho hoi minh toi a ah vay v ha voi ve huong
    dan the ra sao nhu cac buoc muon biet va gom khoang hien nay bay gio
    """
)
"""What can stand around an act and add no thing of which it is done, nor to whom."""
_SPOKEN_TO = re.compile(r"(?<!\bcho) (?:anh|chi|em|chu|bac|ban|ad)(?: oi| a)?$")


@dataclass(frozen=True)
class Named:
    """What a message names in so many words."""

    meant: tuple[str, ...] = ()
    """In their order, each once."""
    ruled_out: tuple[str, ...] = ()
    """Named only to be denied: "không phải tách"."""


def without_address(plain_text: str) -> str:
    """Return plain text without "cho con hỏi" and its like."""
    return " ".join(_ADDRESS.sub(" ", plain_text).split())


def act_alone(plain_text: str) -> tuple[str, ...]:
    """Return the procedures that may be meant by the act that plain text asks about, likeliest
    first, where it says nothing else: at a land office's counter "sang tên mất bao lâu" is of land,
    "sang tên xe mất bao lâu" is not."""
    text = _SPOKEN_TO.sub("", without_address(plain_text))
    for act, may_be in _ALONE:
        rest, acts = act.subn(" ", text)
        if acts == 1 and _ASKING.issuperset(rest.split()):
            return may_be
    return ()


def names_in(plain_text: str) -> Named:
    """Return the procedures that plain text names and those that it rules out."""
    text = without_address(plain_text)
    found: list[tuple[int, int, str]] = []
    for procedure, pattern in _TABLE:
        found += [(m.start(), -m.end(), procedure) for m in pattern.finditer(text)]
    meant: dict[str, None] = {}
    ruled_out = {name: None for name, undone in _UNDONE.items() if undone.search(text)}
    past = 0
    denied = loose = False
    for start, minus_end, procedure in sorted(found):
        if start < past:
            continue  # within a longer name
        between = text[past:start]
        # "Không bán mua gì": what stands beside a denied name is denied with it.
        denial = _DENIAL.search(between)
        loose = denied and loose and between.strip() in _BESIDE
        denied = denial is not None or loose
        loose = loose or (denial is not None and not _FIRM_DENIAL.search(denial.group()))
        (ruled_out if denied else meant)[procedure] = None
        past = -minus_end
    meant = {name: None for name in meant if name not in _UNDONE or name not in ruled_out}
    return Named(tuple(p for p in meant), tuple(p for p in ruled_out if p not in meant))
