"""How hurried thumbs write Vietnamese: abbreviations, teencode and keyboard slips, undone.

`plain_words` brings what different hands wrote to one form, for understanding only: it is never
shown. The table holds ways of writing; what a word means for a procedure is not known here.
"""

from __future__ import annotations

import re

from language.english import is_english
from language.folding import fold
from language.syllables import undo_keys

ABBREVIATIONS: dict[str, str] = {
    # Papers, offices, acts.
    "gcn": "giay chung nhan",
    "gcnqsd": "giay chung nhan quyen su dung",
    "gcnqsdd": "giay chung nhan quyen su dung dat",
    "gcnqsh": "giay chung nhan quyen so huu",
    "qsd": "quyen su dung",
    "qsdd": "quyen su dung dat",
    "qsh": "quyen so huu",
    "sdd": "su dung dat",
    "bds": "bat dong san",
    "hs": "ho so",
    "tthc": "thu tuc hanh chinh",
    "vpdk": "van phong dang ky",
    "vpdkdd": "van phong dang ky dat dai",
    "cnvpdk": "chi nhanh van phong dang ky",
    "vpcc": "van phong cong chung",
    "ubnd": "uy ban nhan dan",
    "tthcc": "trung tam hanh chinh cong",
    "ttpvhcc": "trung tam phuc vu hanh chinh cong",
    "ttptqd": "trung tam phat trien quy dat",
    "dvc": "dich vu cong",
    "dvctt": "dich vu cong truc tuyen",
    "cqt": "co quan thue",
    "cmt": "chung minh thu",
    "cmnd": "chung minh nhan dan",
    "cccd": "can cuoc cong dan",
    "shk": "so ho khau",
    "dkkh": "dang ky ket hon",
    "gks": "giay khai sinh",
    "hdmb": "hop dong mua ban",
    "hdcn": "hop dong chuyen nhuong",
    "hdtc": "hop dong tang cho",
    "cmd": "chuyen muc dich",
    "cmdsd": "chuyen muc dich su dung",
    "cmdsdd": "chuyen muc dich su dung dat",
    "tncn": "thu nhap ca nhan",
    "tsdd": "tien su dung dat",
    "lptb": "le phi truoc ba",
    "nvtc": "nghia vu tai chinh",
    "nh": "ngan hang",
    "tp": "thanh pho",
    "sdt": "so dien thoai",
    "dt": "dien thoai",
    "cty": "cong ty",
    "xd": "xay dung",
    "nv": "nhan vien",
    "cb": "can bo",
    # Everyday words.
    "k": "khong",
    "ko": "khong",
    "kg": "khong",
    "kh": "khong",
    "hok": "khong",
    "hk": "khong",
    "khg": "khong",
    "hong": "khong",
    "hem": "khong",
    "kp": "khong phai",
    "dc": "duoc",
    "dx": "duoc",
    "r": "roi",
    "rui": "roi",
    "j": "gi",
    "gj": "gi",
    "z": "vay",
    "zay": "vay",
    "bn": "bao nhieu",
    "bnh": "bao nhieu",
    "bnhieu": "bao nhieu",
    "bnhiu": "bao nhieu",
    "nhiu": "nhieu",
    "ntn": "nhu the nao",
    "lm": "lam",
    "mk": "minh",
    "mik": "minh",
    "mn": "moi nguoi",
    "ng": "nguoi",
    "nta": "nguoi ta",
    "vs": "voi",
    "vk": "vo",
    "ck": "chong",
    "ac": "anh chi",
    "tks": "cam on",
    "thks": "cam on",
    "thanks": "cam on",
    "cmon": "cam on",
    "cx": "cung",
    "cug": "cung",
    "nx": "nua",
    "bh": "bao gio",
    "bgio": "bao gio",
    "bjo": "bay gio",
    "tgian": "thoi gian",
    "tg": "thoi gian",
    "ib": "nhan tin",
    "sag": "sang",
    "nhug": "nhung",
    "trc": "truoc",
    "ms": "moi",
    "mun": "muon",
    "bik": "biet",
    "bit": "biet",
    "bjt": "biet",
    "bt": "biet",
    "iu": "yeu",
    "gdinh": "gia dinh",
    "dki": "dang ky",
    "dky": "dang ky",
    "dag": "dang",
    "oke": "ok",
    "okie": "ok",
    "okay": "ok",
    "uk": "u",
    "uhm": "u",
    "ukm": "u",
    "tr": "trieu",
    "trd": "trieu",
    "ti": "ty",
    "tui": "toi",
    "rua": "the",
}
"""Folded word → what it stands for, folded. Only what has one likely meaning in this house: ``dk``
(được, đăng ký) and ``tt`` (thủ tục, thông tin, trung tâm) are left for the words around them."""

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[a-z0-9]*[a-z][a-z0-9]*|\?")
_STRETCHED = re.compile(r"([a-z])\1{2,}")


def plain_words(text: str) -> list[str]:
    """Return the words of `text` folded, with keyboard slips undone and abbreviations written out.

    Numbers stay whole ("2,4"); of the punctuation only ``?`` is kept, which tells a question.
    English is only folded.
    """
    folded = fold(text)
    if is_english(text):
        return _TOKEN.findall(folded)
    words: list[str] = []
    for token in map(undo_keys, _TOKEN.findall(_STRETCHED.sub(r"\1", folded))):
        words.extend(ABBREVIATIONS.get(token, token).split())
    return words


def plain(text: str) -> str:
    """Return `plain_words` of `text` as one string."""
    return " ".join(plain_words(text))
