"""Build what a test is not about: everything has a default, and everything is synthetic."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from adapters.password.breach import CommonPasswords
from adapters.password.hashing import Cost, Hasher
from adapters.password.passwords import set_password
from clients import registry
from clients.models import Client
from kernel.keyring import Keyring
from members import register
from members.models import Member, Standing
from members.profile import Profile

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # noon in Taipei
KEYRING = Keyring("dGVzdHMtb25seS1uZXZlci1pbi1wcm9kdWN0aW9uLSE")
PASSWORD = "rain on the Tamsui 2026"
SECRET = "a-client-secret-that-only-the-tests-know-00"
QUICK = Cost(memory_kib=8, passes=1)  # a hash that costs nothing
HASHER = Hasher(parallel=64, cost=QUICK)
NO_BREACHES = CommonPasswords(())


def a_profile(**changes: Any) -> Profile:  # claims are JSON of several shapes
    """Return the data of a synthetic resident."""
    claims: dict[str, Any] = {
        "name": "陳美玉",
        "family_name": "陳",
        "given_name": "美玉",
        "birthdate": "1990-04-01",
        "email": "mei.chen@mail.invalid",
        "email_verified": True,
        "phone_number": "+886900000000",
        "phone_number_verified": True,
        "address": {"formatted": "臺北市某區某路 1 號", "locality": "臺北市", "country": "TW"},
    }
    return Profile(**{**claims, **changes})


def a_member(
    session: Session,
    login: str = "mei.chen",
    *,
    password: str | None = None,
    standing: Standing = Standing.ACTIVE,
    now: datetime = NOON,
    **claims: Any,  # claims are JSON of several shapes
) -> Member:
    """Put a member on record, with a password if one is given."""
    member = register.add(session, login, a_profile(**claims), keyring=KEYRING, now=now)
    member.standing = standing
    session.flush()
    if password is not None:
        set_password(session, member.id, password, hasher=HASHER, breaches=NO_BREACHES, now=now)
    return member


def words(zh: str = "說明", en: str = "words") -> dict[str, str]:
    """Return a bilingual text as registrations carry it."""
    return {"zh": zh, "en": en}


def a_claim_form(name: str = "name", *, required: bool = False) -> dict[str, Any]:
    """Return one claim of a purpose, as submitted."""
    return {"name": name, "required": required, "necessity": words("為了辦證", "for the card")}


def a_purpose_form(code: str = "library-card", **changes: Any) -> dict[str, Any]:
    """Return a purpose as submitted: the name is required, the birth date is optional."""
    form = {
        "code": code,
        "name": words("借閱證", "Library card"),
        "text": words("辦理借閱證", "To issue a library card"),
        "retention": words("借閱證有效期間", "As long as the card is valid"),
        "legal_basis": words("圖書館法", "Library Act"),
        "refusal_effect": words("不能線上辦證", "No card can be issued online"),
        "claims": [a_claim_form("name", required=True), a_claim_form("birthdate")],
    }
    return {**form, **changes}


def a_client_form(client_id: str = "library", **changes: Any) -> dict[str, Any]:
    """Return an agency's client as submitted for registration."""
    form = {
        "client_id": client_id,
        "kind": "agency",
        "organisation": words("臺北市立圖書館", "Taipei Public Library"),
        "name": words("圖書館", "Library"),
        "home_uri": "https://library.invalid/",
        "sector": "library.invalid",
        "redirect_uris": ["https://library.invalid/callback"],
        "post_logout_redirect_uris": ["https://library.invalid/goodbye"],
        "purposes": [a_purpose_form()],
    }
    if changes.get("kind") == "merchant":
        form["contract"] = a_contract_form(f"TP-{client_id}")
    return {**form, **changes}


def a_contract_form(number: str = "TP-2026-001", **changes: str) -> dict[str, str]:
    """Return a merchant's contract of the year 2026; the business number is a published vector."""
    form = {
        "number": number,
        "business_number": "04595252",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    return {**form, **changes}


def a_client(
    session: Session, client_id: str = "library", *, now: datetime = NOON, **changes: Any
) -> Client:
    """Register a client whose secret, if its method has one, is SECRET."""
    form = registry.parse(a_client_form(client_id, **changes))
    registry.add(session, form, now=now, secret=SECRET)
    return registry.get(session, client_id)


def a_shop_form(**changes: Any) -> dict[str, Any]:
    """Return what a merchant's client differs in: two offers, and a purpose that is none."""
    offers = [
        a_purpose_form(code, kind="offer", claims=[], name=words("敬老九折", "Ten per cent off"))
        for code in ("senior-10-percent", "second-cup")
    ]
    form = {
        "kind": "merchant",
        "body": "merchant",
        "organisation": words("好日子咖啡", "Good Day Café"),
        "name": words("好日子咖啡收銀台", "Good Day Café till"),
        "purposes": [*offers, a_purpose_form("membership", claims=[])],
    }
    return {**form, **changes}


def a_shop(session: Session, client_id: str = "cafe", **changes: Any) -> Client:
    """Register a merchant's client whose secret is SECRET."""
    return a_client(session, client_id, sector=f"{client_id}.invalid", **a_shop_form(**changes))
