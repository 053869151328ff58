"""The words of conversation: how people go on, put right, go back, choose, thank and ask again.

Folded, with abbreviations written out (`language.abbreviations`). Each list says what it is for;
what is made of them is decided in `understanding`. What names a procedure is in `naming`.
"""

from __future__ import annotations

import re


def word_set(text: str) -> frozenset[str]:
    """Return the words of `text`, for vocabularies that are written as prose."""
    return frozenset(text.split())


# --- going on and going back ---------------------------------------------------------------------

CONTRAST = ("con", "the con", "vay con", "roi con", "con neu", "what about", "how about", "and")
"""Openings that ask the same of something else, or something else of the same."""
FOLLOWING = (
    "the", "vay", "roi", "neu", "nho", "lo", "thi", "ma", "u", "a", "uh", "so", "then", "if",
)  # fmt: skip
"""Openings that go on with what was being spoken of."""
RETURN = (
    "quay lai", "quay ve", "tro lai", "tro ve", "luc nay", "hoi nay", "ban nay", "khi nay",
    "luc dau", "ban dau", "nhu tren", "noi tiep", "hoi tiep", "noi not", "hoi not", "tiep tuc",
    "tiep chuyen", "tiep vu", "luc truoc", "hoi truoc", "back to", "going back", "return to",
    "earlier question",
)  # fmt: skip
"""Words that lead back to something spoken of before."""
REVERSED = ("nguoc lai", "the other way", "opposite", "reverse")
"""Words that turn what was spoken of into its opposite: to split, to merge."""
AGAIN = (
    "khong hieu", "chua hieu", "khong ro", "chua ro", "kho hieu", "noi lai", "nhac lai",
    "giai thich", "noi ro", "noi don gian", "noi de hieu", "la sao", "nghia la gi", "nghia la sao",
    "don t understand", "do not understand", "didn t understand", "explain", "say that again",
    "say it again", "repeat", "what do you mean", "more simply",
)  # fmt: skip
"""Words of somebody who did not understand the answer."""
FURTHER = (
    "them", "bo sung", "con thieu", "thieu gi", "nop not", "khi lay", "luc lay", "di lay",
    "den lay", "khi nhan", "luc nhan", "di nhan", "toi lay", "anything else", "more", "collect",
    "pick it up", "pick up",
)  # fmt: skip
"""What a dossier may still need is asked of that dossier."""

# --- supposing -----------------------------------------------------------------------------------

SUPPOSING = (
    "neu", "nho", "lo", "ngo nho", "gia su", "what if", "if", "the neu", "con neu", "vay neu",
    "roi neu", "ma neu", "lo ma", "nho ma",
)  # fmt: skip
"""Openings that ask what holds in another case: the aspect is conditions."""
LACKING = ("khong co", "chua co", "khong", "chua", "thieu", "mat", "khong con", "het")
"""Words of what is missing: with "thì sao" they suppose a case."""
NO_PAPERS = re.compile(
    r"\b(?:khong|chua|chang|cha|deu khong) (?:(?:he|con|duoc) )?(?:co|con|giu|luu)"
    r"(?: \w+){0,2}? (?:giay|giay to|to giay)\b(?! chung nhan)"
    r"|\b(?:no|without|any|don t have) (?:\w+ )?papers?\b"
)
"""Says that there are no papers to show, where it asks for nothing."""
WHAT_THEN = re.compile(r"\b(?:thi (?:tinh )?sao|thi the nao|co sao khong|what then)(?: \w+){0,2}$")
"""Asks what becomes of a supposed case; a courtesy may follow."""
THEN_MAY = re.compile(r"\bthi (?:co )?(?:duoc|sao|on|bi gi) (?:khong|chua|hong|ko)(?: \w+){0,2}$")
"""Asks whether it may be, and leaves unsaid what: "ở trong quy hoạch thì có được không"."""
WHATEVER = re.compile(r"\b(?:thi sao|thi the nao|the nao|ra sao|sao|what about|how about)\b ?\??")
"""Asks nothing of its own after a contrast."""

# --- putting right -------------------------------------------------------------------------------

CORRECTION = (
    "a khong", "a nham", "nham", "nham roi", "y toi la", "y em la", "y minh la", "y con la",
    "y la", "a quen", "chinh xac la", "dung ra la", "i mean", "i meant", "no i mean", "noi nham",
    "viet nham", "ghi nham", "go nham", "bam nham", "noi lon", "go lon", "bam lon", "viet lon",
    "lon roi", "ua lon", "lon", "ua nham", "chu khong phai", "moi dung", "dinh hoi", "that ra",
    "thuc ra", "noi dung hon",
    "let me correct", "sorry", "actually", "rather", "not that", "wrong one", "a lon",
)  # fmt: skip
"""Words by which somebody puts right what they said."""

NOT_BUT = re.compile(r"\b(?:khong|dau) phai(?: \w+){1,4}? (?:ma|chi|chu)\b")
"""Says what it is not and then what it is: "không phải hủy, chỉ sửa lại"."""

# --- choosing ------------------------------------------------------------------------------------

POINTING = ("cai", "viec", "chuyen", "vu", "phan", "muc", "thu tuc", "the one", "the")
"""Words that point at one of several things that were spoken of: "cái thừa kế"."""
ORDINALS: dict[str, int] = {
    "1": 0, "mot": 0, "nhat": 0, "dau": 0, "dau tien": 0, "first": 0, "one": 0, "tren": 0,
    "2": 1, "hai": 1, "second": 1, "two": 1,
    "3": 2, "ba": 2, "third": 2, "three": 2,
    "4": 3, "bon": 3, "tu": 3, "fourth": 3, "four": 3,
    "cuoi": -1, "cuoi cung": -1, "last": -1, "duoi": -1, "sau": -1, "truoc": 0,
}  # fmt: skip
"""How a place in a list is named."""
ORDINAL = re.compile(
    r"\b(?:cai|viec|chuyen|muc|y|thu tuc|phuong an|lua chon|so|cau|truong hop|van de|vu|the"
    r"|option|number) (?:thu |so )?"
    r"(1|2|3|4|nhat|hai|ba|bon|tu|dau tien|dau|cuoi cung|cuoi|sau"
    r"|truoc(?= (?:thi|can|ton|mat|nop|may|bao|phai|het)\b|$)"
    r"|one|two|three|four)\b"
    r"|\bthu (1|2|3|4|nhat|hai|ba|bon|tu)\b"
    r"|\b(dau tien|cuoi cung)\b"
    r"|\b(?:cai|viec|muc|dong) o? ?(tren|duoi)(?: cung)?$"
    r"|\bthe (first|second|third|fourth|last)\b"
)
BARE_NUMBER = re.compile(
    r"^(?:so |chon |chon so |cai |option |number )?([1-4]|mot|hai|ba|bon|one|two|three|four)"
    r"(?: nhe| a| nha| di| please)?$"
)
OTHER_ONE = re.compile(r"\b(?:cai|viec|chuyen|phan|vu) (?:con lai|kia|khac)\b|\bthe other\b")
FILLERS = word_set(
    """
    con the vay thi sao ra a nhe nha di y roi nao cho toi em minh and cai chon viec chuyen
    vu cua la do day nay da vang u lay muon hoi xin one please option thu tuc please
    """
)
"""Words that ask for nothing beside "cái thứ hai"."""

ADDING = re.compile(
    r"\bvua\b.*\bvua\b|\broi\b.*\bluon\b|\b(?:dong thoi|ket hop|ca hai|mot luot|mot lan"
    r"|cung luc|both)\b"
    r"|\b(?:2|hai) (?:viec|chuyen|thu tuc|van de|cau|thu|cai)\b"
    r"|\b(?:cai|viec|thu tuc) nao (?:truoc|sau|nhanh|re|lau|it|ton|loi)\b"
    r"|\bkhac (?:gi|nhau|cho nao|the nao)\b|\bwhich (?:one )?(?:first|is faster|is cheaper)\b"
)
"""Says that two things are wanted in one go, or compares them."""
JOINED = re.compile(r"\b(?:va|voi|and)\b")
"""Joins two acts, where a message is short enough to be of nothing else."""

# --- values --------------------------------------------------------------------------------------

_UNIT = r"(?:ty|trieu|nghin|ngan|met|m2|m|hecta|ha|sao|mau|phan tram|billion|million)\b"
AMOUNT = re.compile(rf"\d\s?{_UNIT}")
"""A number with its unit: a value of one's own case, whatever was asked before."""
VALUE = re.compile(rf"\d|\b{_UNIT}")
"""What is a value only where one was asked for."""
SERIAL = re.compile(r"(?<![\d.,/\-])(\d{1,8})(?![\d.,/\-]|\s*(?:m2|ty|trieu|ngay|thang|nam))")
"""A number that may be the end of a dossier code."""

# --- bare questions ------------------------------------------------------------------------------

BARE = word_set(
    """
    a ai bao bay be biet bua buoi cac cai can chac chang chi chon chua chung co con cu cua
    cung da dan dau day dem den di diem dieu don dong du dua duoc gi giay gium giup gom ha
    hay he hen het hi ho hoi hom it kem khi khoan khong kieu la lai lam lau le luat luc luon
    ma mang mat mau may mien mot muc muon mang nao nay nen ngay nghen nhan nhanh nhat nhe
    nhi nha nhieu nhu nhung noi nop nua o oi online phai phi quy ra roi sao sau se so tai
    thang the theo thi thoi thu thue tien tiep ton tong tra tren trong tuan u vang vao vay
    ve vi viec voi xong xin y dinh can cu mien giam phan tram dat coc ha hen luon gui xa
    phuong huyen tinh uy ban qua mang dang ky doi em anh chi bac chu co ad ban cam on cam
    toi minh chau con chuan bi theo mo nhung khoang nhiu thuc hien bieu form mau v z dz nap
    rang rua ri cay man chu chung bua hom han gian phap ly bien lai goc sao chinh photo nhan
    ket qua ben minh duong loi cap noi cho khi nguoi thanh toan rieng ca gap nhanh cham
    trong vong khac tom tat chot cao re lay no cong dia to
    """
)
"""Words of a question that says nothing of what it is about: "nộp ở đâu vậy", "mất mấy ngày"."""
NOT_BARE = re.compile(r"\bmay gio\b|\bla may\b|\bhay may\b|\bmay ha\b")
"""Of bare words too, but on the office's hours or on who answers: "máy" is no "mấy"."""
BARE_ENGLISH = word_set(
    """
    a about all also and any are be bring can cost costs could day days do documents does
    fee fees form forms get go hand have how i in is it long many me much my need of ok
    online or papers pay please price take tax taxes that the then there this time to what
    when where which will with would you submit done ready it's its office should bring need
    needed requirements requirement conditions steps step next else
    """
)
FURY = re.compile(
    r"\b(?:qua te|te qua|hach dich|quan lieu|hanh (?:dan|la)|vo trach nhiem|buc (?:xuc|minh)"
    r"|nhung nhieu|coi thuong|chan qua|unacceptable|terrible)\b"
)
"""Words of nothing but anger."""
INSULT = re.compile(
    r"\b(?:(?:do|bot|may|dua|lu|thang|con) (?:bot )?(?:ngu|dien|khung|dot)|ngu (?:qua|the|vay"
    r"|nhu|ghe)"
    r"|vo dung|oc cho|mat day|dcm|dkm|vcl|vkl|stupid|idiot|moron)\b"
)
"""Insults."""
ANGER = re.compile(
    r"\b(?:qua te|te qua|lam an (?:kieu gi|nhu|gi)|kieu gi|hach dich|quan lieu|hanh (?:dan|la)"
    r"|vo trach nhiem|cham chap|buc (?:xuc|minh)|nhung nhieu|coi thuong|chan qua|thai do"
    r"|tre hen|lan nay den lan khac|unacceptable|useless|terrible)\b"
)
"""Words of somebody who is angry with the office."""
_HOW_IS = r" (?:the nao|ra sao|sao|nhu nao|nhu the nao|rang|thi sao|gom gi)\b"
NOUN_HOW: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("fee", re.compile(rf"\b(?:thue|phi|tien nong|tien)(?: (?:ma|ton|cua no|tinh))?{_HOW_IS}")),
    ("documents", re.compile(rf"\b(?:giay to|ho so)(?: can thiet)?{_HOW_IS}")),
    ("time", re.compile(rf"\b(?:thoi gian|thoi han)(?: giai quyet)?{_HOW_IS}")),
    ("conditions", re.compile(rf"\bdieu kien{_HOW_IS}")),
)
"""Asks for an aspect by its noun, though it says "how": "thuế thế nào"."""
ASPECT_WORDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("documents", re.compile(r"\b(?:giay to|giay gi|giay chi|ho so|documents?|papers?)\b")),
    (
        "fee",
        re.compile(r"\b(?:le phi|phi|thue|chi phi|bao nhieu tien|fees?|tax(?:es)?|cost|costs)\b"),
    ),
    ("time", re.compile(r"\b(?:thoi gian|thoi han|bao lau|may (?:ngay|hom|bua|thang)|how long)\b")),
    ("where", re.compile(r"\b(?:o dau|cho nao|noi nop|cho nop|dia diem|o mo|where)\b")),
    ("form", re.compile(r"\b(?:mau don|don mau|bieu mau|to mau|form)\b")),
    ("conditions", re.compile(r"\b(?:dieu kien|requirements?|conditions)\b")),
    ("legal", re.compile(r"\b(?:can cu|luat nao|nghi dinh nao|phap ly|legal basis)\b")),
    ("result", re.compile(r"\bket qua\b")),
    ("online", re.compile(r"\b(?:qua mang|tren mang|online|truc tuyen)\b")),
    (
        "steps",
        re.compile(r"\b(?:cach lam|cac buoc|buoc nao|trinh tu|quy trinh|huong dan|lam sao)\b"),
    ),
)
"""Words that ask for an aspect where nothing else is said."""
ASKED_AS_WELL: dict[str, re.Pattern[str]] = {
    "documents": re.compile(
        r"\b(?:(?<!khong co )(?<!chua co )(?<!chang co )giay to(?: gi| nao|$)|giay (?:gi|chi|nao)"
        r"|ho so|gom(?: nhung| co)? (?:gi|chi)"
        r"|(?:can|mang|nop|kem|dem|cam|chuan bi)(?: theo| kem| them)?(?: nhung)? (?:gi|chi)"
        r"|can(?: \w+){0,2} giay to|documents?|papers?|paperwork|bring)\b"
    ),
    "fee": re.compile(
        r"\b(?:le phi|phi|chi phi|(?:mat|ton|het|dong|nop|tra) tien|tien nong|ton kem|thue"
        r"|(?:mat|ton|het|dong|nop|tra|tien|phan)(?: \w+){0,3} (?:bao nhieu|may|nhieu|khoan|sao)"
        r"|bao nhieu (?:tien|phan tram|mot met)|ton khong"
        r"|fees?|tax(?:es)?|costs?|pay|charges?|how much)\b"
    ),
    "time": re.compile(
        r"\b(?:thoi gian|thoi han|bao lau|(?:may|bao nhieu) (?:ngay|hom|bua|thang|tuan|buoi|lau)"
        r"|khi nao|chung nao|bua nao|ngay nao|bao gio (?:thi|co|xong|nhan|lay|duoc|ra|moi|tra)"
        r"|how (?:long|soon|many (?:days|weeks)))\b"
    ),
    "where": re.compile(
        r"\b(?:(?:o|toi|den|ra|di|nop|gui) dau|cho nao|noi nao|noi nop|co quan nao|cua nao"
        r"|dia diem|o mo|where|which (?:office|authority))\b"
    ),
    "conditions": re.compile(
        r"\b(?:dieu kien|duoc (?:khong|chua|hong|hay)|co duoc|bat buoc"
        r"|requirements?|conditions?|can (?:we|i|they|he|she|it)|may i|allowed|entitled|possible)\b"
    ),
    "steps": re.compile(
        r"\b(?:cach lam|cac buoc|buoc (?:nao|gi)|trinh tu|quy trinh|huong dan|lam sao|the nao"
        r"|lam gi|bat dau|thu tu|tuan tu|tien hanh|how (?:do|can|should)|steps?)\b"
    ),
    "form": re.compile(r"\b(?:mau (?:don|so|nao|gi)|don mau|bieu mau|to mau|xin mau|forms?)\b"),
    "legal": re.compile(
        r"\b(?:can cu|(?:luat|nghi dinh|thong tu|van ban|quyet dinh|quy dinh|dieu|dieu luat|khoan)"
        r" (?:nao|may|gi|so may)|phap ly|(?:which|what) (?:law|decree|article|rule)s?"
        r"|legal basis)\b"
    ),
    "result": re.compile(r"\b(?:ket qua|(?:so|cuon|quyen) moi|result)\b"),
}
"""Words with which a longer message asks for one thing more. They ask for nothing by themselves:
where one is said, less of the model's certainty is enough."""
MEASURE = re.compile(
    r"\b(?:dien tich|han muc|mat tien|be ngang|chieu (?:ngang|rong|dai))(?: [a-z]+){0,9}?"
    r" (?:bao nhieu|may met)\b|\b(?:bao nhieu|may) (?:m|m2|met(?: vuong)?)(?: [a-z]+){0,3} duoc\b"
)
"""Asks how large it must be, though "bao nhiêu" mostly asks for money."""
OWN = re.compile(
    r"\b(?:cua (?:toi|em|minh|con|chau|tui|bac|nha)|da nop|toi nop|em nop|nop hom|nop tuan"
    r"|nop thang"
    r"|toi dau|den dau|my)\b"
)
"""Tells that one's own dossier is spoken of, not what makes up a dossier."""
DONE = re.compile(r"\b(?:khong can|khoi|thoi khong|khong hoi|no need|never mind)\b")
"""Wants no more."""
OF_CODE = (
    "ma so", "ma ho so", "nho ma", "biet ma", "quen ma", "co ma", "mat ma", "giay hen",
    "bien nhan", "phieu hen", "phieu", "code", "receipt",
)  # fmt: skip
"""What is spoken of where a code was asked for."""
ON_NET = re.compile(
    r"\b(?:mang|online|on line|onl|web|website|internet|dich vu cong|vneid|dien tu|dien thoai|app"
    r"|tai nha|truc tuyen|zalo|buu dien)\b"
)
"""Words of doing it without going there."""
PERSON = re.compile(
    r"\b(?:gap|noi chuyen|tu van|huong dan|trao doi|lien he)(?: \w+){0,3} (?:can bo|nhan vien"
    r"|nguoi that"
    r"|truc tiep|chuyen vien|lanh dao|nguoi tu van)\b"
    r"|\b(?:so dien thoai|so may|duong day nong|hotline)\b.*\b(?:lanh dao|can bo|nhan vien"
    r"|phan anh)\b"
    r"|\bco ai (?:\w+ ){0,3}(?:tu van|huong dan|giup|tra loi)\b"
    r"|\b(?:speak|talk)(?:ing)? (?:to|with) (?:a |an |the |some)?\w* ?(?:officer|person|human"
    r"|one|staff|agent)\b"
)
"""Asks for somebody of flesh and blood."""
COMMANDING = re.compile(
    r"\b(?:so dien thoai|sdt|can cuoc|cccd|dia chi|phone numbers?|id numbers?)\b.*"
    r"\b(?:nhung nguoi|moi nguoi|tat ca|nguoi khac|everyone|all|other people)\b|"
    r"\b(?:ignore|disregard|forget|override)\b.*\b(?:instructions?|prompts?|rules?)\b"
    r"|\b(?:system prompt|jailbreak|developer mode|pretend (?:to be|you are)|you are now)\b"
    r"|\b(?:bo qua|quen|phot lo)\b.*\b(?:huong dan|chi dan|chi thi|lenh|quy tac|cau lenh)\b.*"
    r"\b(?:truoc|tren|he thong)\b|\b(?:tu gio|bay gio) (?:ban|may) (?:la|se la|hay dong vai)\b"
    r"|\bdong vai\b"
)
"""Commands the programme, as if it could be talked into something."""
LEAVE = re.compile(r"^(?:thoi |vay |da |ok |vang )*chao(?: \w+){0,3}$")
"""Said in the middle of a conversation, it takes leave."""
QUESTION = re.compile(
    r"\b(?:can|gom|phai|nop|nhung|lam sao|the nao|bao|dau|may|what|which|where|how)\b"
)
"""Words of a question: what has one says more than that something is missing."""
HOW = re.compile(
    r"\b(?:lam sao|the nao|nhu nao|kieu gi|thu tuc (?:gi|chi)|ra sao|sao|cach|quy trinh"
    r"|trinh tu|buoc|bat dau|lam gi"
    r"|huong dan|rang|how)\b"
)
"""Words that ask for the way."""
SAME_OF_IT = re.compile(r"\bthi (?:lam )?(?:sao|the nao|ra sao)(?: \w+){0,2}$")
"""Asks the same of what the message names, whatever opens it."""
NEW_QUESTION = re.compile(
    QUESTION.pattern + r"|\b(?:gi|chi|thue|phi|tien|lau|mau|duoc khong|can cu|tax|fee|form|cost)\b"
)
"""Asks for something of its own."""
SUM_WISH = re.compile(
    r"\btinh (?:\w+ )?(?:giup|gium|ho|thu|dum|cho)\b|\b(?:giup|gium|ho|cho)(?: \w+){0,2} tinh\b"
    r"|\btinh ra\b|\bcalculate\b|\bwork out\b|\bhow much exactly\b"
)
"""Asks to have a sum worked out."""
