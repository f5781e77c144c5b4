"""Verified claims go the way of all claims: asked, approved, consented, and written down."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine
from kernel.errors import Refused
from members import identity_checks, register
from members.models import CheckKind
from members.profile import seal_profile
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
OFFICE = "松山區健康服務中心"
WANTED = {"verification": {"trust_framework": None}, "claims": {"name": None, "birthdate": None}}


def register_client(city: City, *names: str, client_id: str = "tax") -> None:
    claims = [make.a_claim_form(name) for name in names]
    city.register(
        client_id, sector=f"{client_id}.invalid", purposes=[make.a_purpose_form(claims=claims)]
    )


def check(city: City, *names: str) -> None:
    with city.database() as session:
        member = register.get(session, city.member_id())
        identity_checks.record(
            session,
            member.id,
            kind=CheckKind.DOCUMENT,
            of_type="idcard",
            method="vpip",
            office=OFFICE,
            names=names,
            held=register.claims_of(member, keyring=make.KEYRING),
            keyring=make.KEYRING,
            now=city.now,
        )


def received(city: City, *share: str, wanted: Any = WANTED) -> dict[str, Any]:
    """Return what userinfo says after the member shared these."""
    asking = json.dumps({"userinfo": {"verified_claims": wanted}})
    browser = Browser(city)
    page = browser.log_in(browser.authorize("tax", scope="openid", claims=asking))
    back = browser.consent(page, *share)
    tokens = city.exchange(answer(back)["code"], "tax").get_json()
    claims: dict[str, Any] = city.userinfo(tokens["access_token"]).get_json()
    return claims


def test_what_was_checked_approved_and_shared_is_told_as_verified(city: City) -> None:
    register_client(city, "name", "birthdate", "verified_claims")
    check(city, "name", "birthdate")

    claims = received(city, "name", "verified_claims")

    assert claims.keys() == {"sub", "verified_claims"}
    assert claims["verified_claims"] == {
        "verification": {"trust_framework": "tw_taipei_id"},
        "claims": {"name": "陳美玉"},
    }


@pytest.mark.clause("10(3)")
@pytest.mark.parametrize(
    ("approved", "share"),
    [
        (("name", "birthdate"), ("name", "birthdate")),
        (("name", "verified_claims"), ("name",)),
        (("name", "verified_claims"), ("verified_claims",)),
        (("birthdate", "verified_claims"), ("birthdate", "verified_claims")),
    ],
)
def test_without_approval_consent_or_a_check_nothing_is_verified(
    city: City, approved: tuple[str, ...], share: tuple[str, ...]
) -> None:
    register_client(city, *approved)
    check(city, "name")

    assert "verified_claims" not in received(city, *share)


def test_the_page_names_it_and_shows_what_was_seen(city: City) -> None:
    register_client(city, "name", "verified_claims")
    check(city, "name")
    asking = json.dumps({"userinfo": {"verified_claims": WANTED}})
    browser = Browser(city)

    page = browser.log_in(browser.authorize("tax", scope="openid", claims=asking))

    assert "資料是怎麼查證的" in page.text
    assert f"國民身分證，{OFFICE}，民國115年11月23日" in page.text


def test_the_footprint_names_each_claim(city: City) -> None:
    register_client(city, "name", "verified_claims")
    check(city, "name")

    received(city, "name", "verified_claims")

    with city.database() as session:
        released = select(LedgerLine.claims).where(LedgerLine.kind == Kind.RELEASED.value)
        assert session.scalars(released).all() == [["name", "verified_claims"]]


def test_after_the_data_changed_nothing_is_verified(city: City) -> None:
    register_client(city, "name", "verified_claims")
    check(city, "name")
    with city.database() as session:
        member = register.get(session, city.member_id())
        changed = make.a_profile(name="陳美惠")
        member.data_key_sealed, member.profile_sealed = seal_profile(
            changed, make.KEYRING, member_id=member.id
        )

    assert "verified_claims" not in received(city, "name", "verified_claims")


def test_a_malformed_request_is_told_to_the_client(city: City) -> None:
    asking = json.dumps({"userinfo": {"verified_claims": {"claims": {"name": None}}}})

    told = answer(Browser(city).get("/authorize", authorization(claims=asking)))

    assert told["error"] == "invalid_request"


def test_a_merchant_cannot_ask_how_data_were_checked(city: City) -> None:
    claims = [make.a_claim_form("verified_claims")]

    with pytest.raises(Refused, match=r"^flow\.purpose_mismatch$"):
        city.register(
            "shop",
            sector="s.invalid",
            **{**make.a_shop_form(), "purposes": [make.a_purpose_form(claims=claims)]},
        )
