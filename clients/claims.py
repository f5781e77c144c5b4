"""Every claim that can exist, and who may ask for it for what: the closed list (2(5), 2(6)).

A datum outside the identification scope is not here, and so cannot be registered, approved or
released. It stands below the rooms that ask (`clients`) and decide (`consent`), see decision 0011.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from clients.models import OrganisationKind, PurposeKind
from kernel.errors import Refused
from kernel.wording import Bilingual

ALWAYS = "sub"  # the pairwise identifier: no sign-in without it, and it names nobody
VERIFIED = "verified_claims"  # other claims again, with how they were checked (IDA 1.0)
MARKETING = "marketing_allowed"  # the member's own answer, told as such (PDPA 20)

AGENCY, MERCHANT = OrganisationKind.AGENCY, OrganisationKind.MERCHANT
EVERYBODY = frozenset({AGENCY, MERCHANT})
AGENCIES = frozenset({AGENCY})
ANYTHING = frozenset(PurposeKind)
SERVICES = frozenset({PurposeKind.SERVICE})


class ClaimType(StrEnum):
    """What JSON a claim is."""

    STRING = "string"
    BOOLEAN = "boolean"
    DATE = "date"  # a string YYYY-MM-DD
    NUMBER = "number"
    OBJECT = "object"


class Source(StrEnum):
    """Where a claim comes from: the identification scope of 2(5), and what we make of it."""

    APPLICATION = "application"  # what the member stated and the city approved
    NOTE = "note"  # an agency's activation note, with its evidence (10-II)
    DERIVED = "derived"  # computed from another claim, to say less
    PER_CLIENT = "per_client"  # made for one client, and different for every other
    OFFER = "offer"  # yes or no to one offer, and never why (10(4))
    DECISION = "decision"  # what the member decided, yes or no (PDPA 20)
    CHECK = "check"  # how the city checked other claims


class Sensitivity(StrEnum):
    """How much a claim gives away."""

    ANONYMOUS = "anonymous"  # fits many people
    PERSONAL = "personal"  # tells who it is (PDPA 2(1))
    SENSITIVE = "sensitive"  # personal, and easy to do harm with


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One datum a client may be told, in words a member understands."""

    name: str
    label: Bilingual
    scope: str
    type: ClaimType = ClaimType.STRING
    sensitivity: Sensitivity = Sensitivity.PERSONAL
    source: Source = Source.APPLICATION
    askers: frozenset[OrganisationKind] = EVERYBODY
    purposes: frozenset[PurposeKind] = ANYTHING
    derived_from: tuple[str, ...] = ()
    less_than: str | None = None  # the fuller claim this one can stand in for

    @property
    def sensitive(self) -> bool:
        """Say whether pages warn before this is given."""
        return self.sensitivity is Sensitivity.SENSITIVE

    def may_be_asked(self, kind: OrganisationKind, purpose: PurposeKind) -> bool:
        """Say whether such a body may ask for this claim for such a purpose."""
        return kind in self.askers and purpose in self.purposes


def _plain(name: str, zh: str, en: str, scope: str = "profile") -> Claim:
    return Claim(name=name, label=Bilingual(zh, en), scope=scope)


def _fact(name: str, zh: str, en: str, scope: str, type_: ClaimType = ClaimType.BOOLEAN) -> Claim:
    label = Bilingual(zh, en)
    return Claim(name=name, label=label, scope=scope, type=type_, sensitivity=Sensitivity.ANONYMOUS)


def _guarded(
    name: str, zh: str, en: str, scope: str = "profile", type_: ClaimType = ClaimType.STRING
) -> Claim:
    """Return a sensitive claim, which only services of agencies may ask for."""
    return Claim(
        name=name,
        label=Bilingual(zh, en),
        scope=scope,
        type=type_,
        sensitivity=Sensitivity.SENSITIVE,
        askers=AGENCIES,
        purposes=SERVICES,
    )


def _derived(
    name: str, zh: str, en: str, *, of: str, scope: str, type_: ClaimType = ClaimType.BOOLEAN
) -> Claim:
    return Claim(
        name=name,
        label=Bilingual(zh, en),
        scope=scope,
        type=type_,
        sensitivity=Sensitivity.ANONYMOUS,
        source=Source.DERIVED,
        derived_from=(of,),
        less_than=of,
    )


def _age(years: int) -> Claim:
    name, zh, en = f"age_over_{years}", f"已滿 {years} 歲", f"{years} or older"
    return _derived(name, zh, en, of="birthdate", scope="profile")


def _note(name: str, zh: str, en: str) -> Claim:
    """Return what an agency noted of one service: for services of agencies only (10(4), 10-II)."""
    return Claim(
        name=name,
        label=Bilingual(zh, en),
        scope="",  # no scope bundles it: it is asked for by name
        type=ClaimType.OBJECT,
        sensitivity=Sensitivity.SENSITIVE,
        source=Source.NOTE,
        askers=AGENCIES,
        purposes=SERVICES,
    )


_SUBJECT = Claim(
    name=ALWAYS,
    label=Bilingual("專屬代號", "An identifier made for this site only"),
    scope="openid",
    source=Source.PER_CLIENT,
)
_PHONE = Claim(
    name="phone_number",
    label=Bilingual("電話", "Telephone number"),
    scope="phone",
    sensitivity=Sensitivity.SENSITIVE,
)
_RELAY = Claim(
    name="relay_email",
    label=Bilingual("轉寄信箱", "A forwarding address made for this site only"),
    scope="email",
    source=Source.PER_CLIENT,
    derived_from=("email",),
    less_than="email",
)

_OFFER = Claim(
    name="offer_eligible",
    label=Bilingual("符合這項優惠（只答是或否）", "Entitled to this offer (only yes or no)"),
    scope="",
    type=ClaimType.BOOLEAN,
    sensitivity=Sensitivity.ANONYMOUS,
    source=Source.OFFER,
    askers=frozenset({MERCHANT}),
    purposes=frozenset({PurposeKind.OFFER}),
)

_MARKETING = Claim(
    name=MARKETING,
    label=Bilingual("能不能向您行銷（只答是或否）", "May advertise to you (only yes or no)"),
    scope="",
    type=ClaimType.BOOLEAN,
    sensitivity=Sensitivity.ANONYMOUS,
    source=Source.DECISION,
    askers=frozenset({MERCHANT}),
)

_VERIFIED = Claim(
    name=VERIFIED,
    label=Bilingual("資料是怎麼查證的", "How your data were checked"),
    scope="",
    type=ClaimType.OBJECT,
    source=Source.CHECK,
    askers=AGENCIES,
    purposes=SERVICES,
)

CLAIMS: tuple[Claim, ...] = (
    _SUBJECT,
    _plain("name", "姓名", "Full name"),
    _plain("family_name", "姓", "Family name"),
    _plain("given_name", "名", "Given name"),
    _plain("middle_name", "中間名", "Middle name"),
    _plain("nickname", "暱稱", "Nickname"),
    _plain("preferred_username", "希望的稱呼", "Preferred name"),
    _plain("profile", "個人網頁", "Profile page"),
    _guarded("picture", "照片", "Picture"),
    _plain("website", "網站", "Website"),
    _guarded("gender", "性別", "Gender"),
    _guarded("birthdate", "出生日期", "Date of birth", type_=ClaimType.DATE),
    *(_age(years) for years in (7, 12, 18, 65)),
    _fact("zoneinfo", "時區", "Time zone", "profile", ClaimType.STRING),
    _fact("locale", "慣用語言", "Language", "profile", ClaimType.STRING),
    Claim(  # to the second: as good as a name to whoever compares
        name="updated_at",
        label=Bilingual("資料更新時間", "When the data last changed"),
        scope="profile",
        type=ClaimType.NUMBER,
    ),
    _plain("email", "電子郵件", "E-mail address", "email"),
    _fact("email_verified", "電子郵件是否確認", "E-mail confirmed or not", "email"),
    _RELAY,
    _PHONE,
    _fact("phone_number_verified", "電話是否確認", "Number confirmed or not", "phone"),
    _guarded("address", "地址", "Address", "address", ClaimType.OBJECT),
    _derived("resident_of_taipei", "住在臺北市", "Lives in Taipei", of="address", scope="address"),
    _derived(
        "district",
        "行政區",
        "District",
        of="address",
        scope="address",
        type_=ClaimType.STRING,
    ),
    _VERIFIED,
    _note("library_card", "圖書借閱證", "Library card"),
    _note("senior_card", "敬老卡", "Senior card"),
    _note("disability_card", "愛心卡", "Disability card"),
    _note("low_income", "低收入戶資格", "Low-income status"),
    _OFFER,
    _MARKETING,
)

BY_NAME: Mapping[str, Claim] = MappingProxyType({claim.name: claim for claim in CLAIMS})
NOTES = frozenset(claim.name for claim in CLAIMS if claim.source is Source.NOTE)


def lesser(name: str, among: AbstractSet[str]) -> tuple[Claim, ...]:
    """Return the claims of `among` that can stand in for `name`, in the catalogue's order."""
    return tuple(claim for claim in CLAIMS if claim.less_than == name and claim.name in among)


def require_askable(
    names: AbstractSet[str], *, kind: OrganisationKind, purpose: PurposeKind
) -> None:
    """Refuse what is outside the catalogue, or not for such a body or purpose.

    Raises Refused `flow.purpose_mismatch` (regulation 2(5), 10(3), 10(4)).
    """
    for name in sorted(names):
        claim = BY_NAME.get(name)
        if claim is None or not claim.may_be_asked(kind, purpose):
            raise Refused("flow.purpose_mismatch")
