"""Words that tell a message on land from one on anything else, whatever is asked about it.

Folded, abbreviations written out. Unseen business of other offices is asked in the same words as
land ("cấp lại … ở đâu"); what it lacks are these.
"""

from __future__ import annotations

import re

OBJECTS = re.compile(
    r"\b(?:giay chung nhan quyen su dung dat|giay chung nhan|quyen su dung dat|so do|so hong"
    r"|dat nong nghiep|dat vuon|dat dai|dat o|nha dat|can ho chung cu|can ho|chung cu|nha o"
    r"|(?:manh|mieng|lo|thua) dat|dat|nha|so)\b"
)
"""Objects of land, longer ones first: what can be taken out and leave a sentence."""
OTHER_WORDS = re.compile(
    r"\b(?:ruong|vuon|ray|ao|tho cu|ranh|hecta|lo|nen|manh|mieng|bia|dia chinh|quy hoach|thoa"
    r"|bat dong san|muc dich|dien tich|giai chap|thua|tach|hop thua|dau gia|dinh chinh|cay|san"
    r"|xay|tang|lau|land|so dia|nong nghiep|tai dinh cu|giai phong|trich luc|khai hoang|bo coi)\b"
)
"""Where one of these remains, a sentence may still be about land."""
_THINGS = re.compile(
    r"\b(?:dat(?! (?:lich|phong|hang|coc|ve|ban|ten|tiec|mua|do an|xe|hoa|set|nan))"
    r"|so do|so hong|bia do|bia|cuon so|so cu|so moi|lam so|doi so|tach so|co so|ra so|mat so"
    r"|trong so|tren so|vao so|thua (?!ke|phat)|tho cu|ruong|vuon|ray|ranh|can ho|chung cu|nha"
    r"|quy hoach|dia chinh|lands?|plots?|parcels?|houses?|home|flat|apartment|condo|property"
    r"|(?:land|title|house) certificate|(?:red|pink) book|deed|boundary|garden|farmland)\b"
)
_ACTS = re.compile(
    r"\b(?:giay chung nhan|trich luc|the chap|giai chap|thua ke|di san|di chuc|sang ten"
    r"|chuyen nhuong|tranh chap|muc dich|gop von|hop thua|tach thua|dinh chinh|cap doi|bien dong"
    r"|khai hoang|giay tay|chu dau tu|dau gia|len tho|title|certificate|mortgage|estate|will"
    r"|book|subdivide|auction)\b"
)
"""What is done with land, and with other things too."""


def sign_of_land(plain: str) -> str:
    """Return whether `plain` names a thing of land, only an act that land has too, or neither."""
    if _THINGS.search(plain):
        return "land"
    return "an act" if _ACTS.search(plain) else "no land"
