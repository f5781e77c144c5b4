"""Name every state somebody can be in: one row each, and nobody in it yet.

A row says what is special; `demo.sandbox.people` makes as many people of it as are wanted.
"""

from dataclasses import dataclass
from enum import StrEnum

from carriers.models import CarrierKind
from kernel.wording import Bilingual
from members.models import Capacity, Standing
from members.numbers import Kind
from services.models import Activation

LEAP_DAY = "1992-02-29"
ADULT = 36  # years
LONG = "合成示範" * 10
LONG_LATIN = "Synthetica-Exemplaria " + "van der Sampleton-" * 5 + "Demo"


class Mail(StrEnum):
    """What is known of somebody's mailbox."""

    CONFIRMED = "confirmed"
    UNCONFIRMED = "unconfirmed"
    NONE = "none"


class Ward(StrEnum):
    """Whether somebody else acts."""

    CHILD = "child"  # with a parent
    ORPHAN = "orphan"  # under age, and nobody is on record
    ADULT = "adult"  # by a court's decision


@dataclass(frozen=True, kw_only=True)
class Note:
    """What an agency noted of one service."""

    service: str
    state: Activation
    disputed: bool = False


@dataclass(frozen=True, kw_only=True)
class State:
    """One state; what is not said is as with most people."""

    code: str
    words: Bilingual
    kind: Kind | None = Kind.NATIONAL
    name: str = ""  # empty: counted up
    born: str = ""  # a day; empty: `age` years ago
    age: int | None = ADULT  # None: not on record
    mail: Mail = Mail.CONFIRMED
    has_phone: bool = True
    has_address: bool = True
    locale: str = "zh-Hant-TW"
    standing: Standing = Standing.ACTIVE
    ward: Ward | None = None
    capacity: Capacity | None = None
    note: Note | None = None
    carrier: CarrierKind | None = None
    is_lost: bool = False
    is_checked: bool = True  # a counter saw a document


def _state(code: str, zh: str, en: str, **more: object) -> State:
    return State(code=code, words=Bilingual(zh, en), **more)  # type: ignore[arg-type]  # its own


SERVICES = {
    "library_card": Bilingual("圖書借閱證", "Library card"),
    "senior_card": Bilingual("敬老卡", "Senior card"),
    "disability_card": Bilingual("愛心卡", "Disability card"),
    "low_income": Bilingual("低收入戶資格", "Low-income status"),
}
SAYINGS = {
    "yes": (Bilingual("已開通", "activated"), Activation.ACTIVATED, False),
    "no": (Bilingual("未開通", "not activated"), Activation.NOT_ACTIVATED, False),
    "disputed": (Bilingual("有爭議", "disputed"), Activation.NOT_ACTIVATED, True),
}


def _notes() -> tuple[State, ...]:
    """Return each answer for each service; unknown is who has no note."""
    found = []
    for service, name in SERVICES.items():
        unknown = Bilingual(f"{name.zh}：不知道", f"{name.en}: unknown")
        found.append(State(code=f"{service}-unknown", words=unknown))
        for saying, (words, state, disputed) in SAYINGS.items():
            both = Bilingual(f"{name.zh}：{words.zh}", f"{name.en}: {words.en}")
            note = Note(service=service, state=state, disputed=disputed)
            found.append(State(code=f"{service}-{saying}", words=both, note=note))
    return tuple(found)


PEOPLE = (
    _state("national", "國民，資料齊全", "A national, everything on record"),
    _state(
        "ui-new",
        "外籍人士，新式統一證號",
        "A foreigner, number of the new make",
        kind=Kind.UI_NEW,
        name="Anna Synthetica",
        locale="en",
    ),
    _state(
        "ui-old",
        "外籍人士，舊式統一證號",
        "A foreigner, number of the old make",
        kind=Kind.UI_OLD,
        name="Otto Exemplum",
        locale="en",
    ),
    _state("no-number", "沒有登記證號", "No identity number on record", kind=None),
    _state("unchecked", "沒有查證紀錄", "No document was seen", is_checked=False),
)
AGES = (
    _state("under-7", "六歲，有父母", "Six years old, with a parent", age=6, ward=Ward.CHILD),
    _state("child", "十歲，有父母", "Ten years old, with a parent", age=10, ward=Ward.CHILD),
    _state("youth", "十六歲，有父母", "Sixteen, with a parent", age=16, ward=Ward.CHILD),
    _state(
        "no-guardian",
        "十五歲，沒有登記法定代理人",
        "Fifteen, nobody acts on record",
        age=15,
        ward=Ward.ORPHAN,
    ),
    _state("just-18", "剛滿十八歲", "Just eighteen", age=18),
    _state("senior", "七十歲", "Seventy", age=70),
    _state("very-old", "一百零三歲", "A hundred and three", age=103),
    _state("leap-day", "二月二十九日出生", "Born on 29 February", born=LEAP_DAY),
    _state("no-birthdate", "沒有出生日期", "No date of birth on record", age=None),
    _state(
        "guarded",
        "受監護宣告的成人，有監護人",
        "An adult under guardianship",
        ward=Ward.ADULT,
        capacity=Capacity.GUARDED,
    ),
    _state(
        "assisted",
        "受輔助宣告的成人，有輔助人",
        "An adult under assistance",
        ward=Ward.ADULT,
        capacity=Capacity.ASSISTED,
    ),
)
STANDINGS = (
    _state("suspended", "帳號依決定停用", "Suspended by an order", standing=Standing.SUSPENDED),
    _state("paused", "自己暫停了帳號", "Paused by the member", standing=Standing.PAUSED),
    _state("closed", "帳號已註銷", "Closed", standing=Standing.CLOSED),
)
CONTACTS = (
    _state("mail-unconfirmed", "電子郵件還沒確認", "E-mail not confirmed", mail=Mail.UNCONFIRMED),
    _state("no-mail", "沒有電子郵件", "No e-mail address", mail=Mail.NONE),
    _state("no-phone", "沒有電話", "No telephone number", has_phone=False),
    _state("no-address", "沒有地址", "No address", has_address=False),
    _state(
        "least",
        "只有姓名",
        "Nothing but a name",
        age=None,
        mail=Mail.NONE,
        has_phone=False,
        has_address=False,
    ),
)
NAMES = (
    _state("long-name", "很長的中文姓名", "A long Chinese name", name=LONG),
    _state(
        "long-latin", "很長的羅馬拼音姓名", "A long romanised name", name=LONG_LATIN, locale="en"
    ),
    _state(
        "extension-b",
        "姓名有擴充 B 區的字",
        "A name with characters of CJK extension B",
        name="示範𠮷𡈽",
    ),
    _state("indigenous", "原住民族傳統姓名", "An indigenous name", name="示範‧撒姆普"),
    _state(
        "indigenous-latin",
        "傳統姓名並列羅馬拼音",
        "An indigenous name, romanised beside",
        name="示範‧撒姆普 Shifan Sampu",
    ),
    _state(
        "romanised", "只有羅馬拼音", "A romanised name only", name="SHIFAN, HO-CHENG", locale="en"
    ),
    _state(
        "accents", "有附加符號的姓名", "A name with accents", name="Zoë Éxémplö-Ñuñez", locale="en"
    ),
    _state(
        "apostrophe",
        "有撇號和引號的姓名",
        "A name with quotation marks",
        name='O\'Sample "Demo" <b>',
        locale="en",
    ),
    _state("one-word", "只有一個字的姓名", "A name of one character", name="範"),
)
CARRIERS = (
    _state("passkey", "有通行密鑰", "Has a passkey", carrier=CarrierKind.PASSKEY),
    _state("card", "有卡片", "Has a card", carrier=CarrierKind.CARD),
    _state(
        "lost-passkey",
        "通行密鑰報失",
        "Passkey reported lost",
        carrier=CarrierKind.PASSKEY,
        is_lost=True,
    ),
    _state("lost-card", "卡片報失", "Card reported lost", carrier=CarrierKind.CARD, is_lost=True),
    _state("no-carrier", "只有密碼", "Nothing but a password"),
)
STATES: tuple[State, ...] = (
    *PEOPLE,
    *AGES,
    *STANDINGS,
    *CONTACTS,
    *NAMES,
    *CARRIERS,
    *_notes(),
)
GUARDIAN = State(code="guardian", words=Bilingual("替別人辦事的人", "Acts for somebody else"))
