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
_SURE = re.compile(
    r"\b(?:dat(?! (?:lich|phong|hang|coc|ve|ban|ten|tiec|mua|do an|xe))|so do|so hong|bia do|bia"
    r"|cuon so|so cu|so moi|lam so|doi so|tach so|co so|ra so|mat so|trong so|tren so|vao so"
    r"|giay chung nhan|thua|tho cu|ruong|vuon|ray|ranh|can ho|chung cu|nha|quy hoach|dia chinh"
    r"|trich luc|the chap|giai chap|thua ke|di san|di chuc|sang ten|chuyen nhuong|tranh chap"
    r"|muc dich|gop von|hop thua|tach thua|dinh chinh|cap doi|bien dong|khai hoang|giay tay"
    r"|chu dau tu|dau gia|hien dat|hop tac xa|len tho|lands?|plots?|parcels?|houses?|home|flat"
    r"|apartment|condo|property|title|certificate|(?:red|pink) book|book|mortgage|deed|estate"
    r"|boundary|will|garden|farmland|subdivide|auction)\b"
)


def speaks_of_land(plain: str) -> bool:
    """Tell whether a word in `plain` is of land, or of what is done with it."""
    return _SURE.search(plain) is not None
