"""Every claim that can exist: what it is called, how sensitive it is, which scope bundles it.

A claim outside the identification scope of regulation 2(5) is not here and so cannot be asked
for, approved or released.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from kernel.wording import Bilingual

ALWAYS = "sub"  # the pairwise identifier: no sign-in without it, and it names nobody


@dataclass(frozen=True)
class Claim:
    """One datum a client may be told, in words a member understands."""

    name: str
    label: Bilingual
    scope: str
    sensitive: bool = False


CLAIMS: tuple[Claim, ...] = (
    Claim(ALWAYS, Bilingual("專屬代號", "An identifier made for this site only"), "openid"),
    Claim("name", Bilingual("姓名", "Full name"), "profile"),
    Claim("family_name", Bilingual("姓", "Family name"), "profile"),
    Claim("given_name", Bilingual("名", "Given name"), "profile"),
    Claim("middle_name", Bilingual("中間名", "Middle name"), "profile"),
    Claim("nickname", Bilingual("暱稱", "Nickname"), "profile"),
    Claim("preferred_username", Bilingual("希望的稱呼", "Preferred name"), "profile"),
    Claim("profile", Bilingual("個人網頁", "Profile page"), "profile"),
    Claim("picture", Bilingual("照片", "Picture"), "profile", sensitive=True),
    Claim("website", Bilingual("網站", "Website"), "profile"),
    Claim("gender", Bilingual("性別", "Gender"), "profile", sensitive=True),
    Claim("birthdate", Bilingual("出生日期", "Date of birth"), "profile", sensitive=True),
    Claim("zoneinfo", Bilingual("時區", "Time zone"), "profile"),
    Claim("locale", Bilingual("慣用語言", "Language"), "profile"),
    Claim("updated_at", Bilingual("資料更新時間", "When the data last changed"), "profile"),
    Claim("email", Bilingual("電子郵件", "E-mail address"), "email"),
    Claim("email_verified", Bilingual("電子郵件是否確認", "E-mail confirmed or not"), "email"),
    Claim("phone_number", Bilingual("電話", "Telephone number"), "phone", sensitive=True),
    Claim("phone_number_verified", Bilingual("電話是否確認", "Number confirmed or not"), "phone"),
    Claim("address", Bilingual("地址", "Address"), "address", sensitive=True),
)  # fmt: skip

BY_NAME: Mapping[str, Claim] = MappingProxyType({claim.name: claim for claim in CLAIMS})
SCOPES: tuple[str, ...] = ("openid", "profile", "email", "phone", "address")


def claims_of_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Return the claims bundled by `scopes` (OIDC Core 5.4); an unknown scope bundles nothing."""
    wanted = set(scopes)
    return frozenset(claim.name for claim in CLAIMS if claim.scope in wanted)


def in_order(names: Iterable[str]) -> list[Claim]:
    """Return the claims called `names` in the catalogue's order, dropping unknown ones."""
    wanted = set(names)
    return [claim for claim in CLAIMS if claim.name in wanted]
