"""eKYC-IDA: verified claims, held to the metadata and to the request."""

import json
from typing import Any

import pytest

from kernel import clock
from members import identity_checks, register
from members.models import CheckKind
from tests import make
from tests.conformance.suite import STANDARD, Client, Suite
from tests.live.server import DISCOVERY, KEYRING, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
P = "ekyc-server-"
FRAMEWORK = "tw_taipei_id"
OFFICE = "松山區健康服務中心"
NAMES = ("name", "family_name", "given_name", "birthdate", "address")
PLACES = ("id_token", "userinfo")


class Ekyc(Suite):
    """One run of a module: a member whose data a counter checked, a client that may ask."""

    def __init__(self, provider: Provider, visitor: Visitor) -> None:
        super().__init__(provider, visitor, mode="query")
        forms = [make.a_claim_form(name) for name in sorted(STANDARD)]
        forms.append(make.a_claim_form("verified_claims", required=True))
        self.client = Client(provider, purposes=[make.a_purpose_form(claims=forms)])
        self.metadata = provider.call(DISCOVERY).json()
        with provider.database() as session:
            member = register.find_by_login(session, self.person.login)
            assert member is not None
            self.held = register.claims_of(member, keyring=KEYRING)
            identity_checks.record(
                session,
                member.id,
                kind=CheckKind.DOCUMENT,
                of_type="idcard",
                method="vpip",
                office=OFFICE,
                names=NAMES,
                held=self.held,
                keyring=KEYRING,
                now=clock.now(),
            )

    def told(self, wanted: Any, *places: str) -> dict[str, Any]:  # JSON
        """Ask for verified claims in these places; return what stands there, by place."""
        asked = {place: {"verified_claims": wanted} for place in places or PLACES}
        tokens = self.sign_in(scope="openid", claims=json.dumps(asked))
        found = {
            "id_token": tokens["claims"],
            "userinfo": self.userinfo(tokens["access_token"]).json(),
        }
        told = {place: each.get("verified_claims") for place, each in found.items()}
        for each in told.values():
            self.require_sound(each)
        return told

    def require_sound(self, told: Any) -> None:
        """Hold what came to the metadata (IDA 5, 7)."""
        metadata = self.metadata
        for each in told if isinstance(told, list) else [told] if told else []:
            verification, claims = each["verification"], each["claims"]
            assert verification["trust_framework"] in metadata["trust_frameworks_supported"]
            assert claims
            assert set(claims) <= set(metadata["claims_in_verified_claims_supported"])
            for piece in verification.get("evidence", []):
                assert piece["type"] in metadata["evidence_supported"]
                document = piece.get("document_details", {"type": "idcard"})
                assert document["type"] in metadata["documents_supported"]
                methods = {each["check_method"] for each in piece.get("check_details", [])}
                assert methods <= set(metadata["documents_check_methods_supported"])


@pytest.fixture
def ekyc(provider: Provider, visitor: Visitor) -> Ekyc:
    return Ekyc(provider, visitor)


def asking(claims: dict[str, Any], **verification: Any) -> dict[str, Any]:
    return {"verification": {"trust_framework": None, **verification}, "claims": claims}


def answer(ekyc: Ekyc, *names: str, **verification: Any) -> dict[str, Any]:
    return {
        "verification": {"trust_framework": FRAMEWORK, **verification},
        "claims": {name: ekyc.held[name] for name in names},
    }


def everywhere(value: Any) -> dict[str, Any]:
    return dict.fromkeys(PLACES, value)


@pytest.mark.module(P + "happypath")
def test_happypath(ekyc: Ekyc) -> None:
    assert ekyc.metadata["claims_parameter_supported"] is True
    assert ekyc.metadata["verified_claims_supported"] is True

    assert ekyc.told(asking({"given_name": None})) == everywhere(answer(ekyc, "given_name"))


@pytest.mark.module(P + "happypath-emptyobject")
def test_happypath_emptyobject(ekyc: Ekyc) -> None:
    assert ekyc.told(asking({"given_name": {}})) == everywhere(answer(ekyc, "given_name"))


@pytest.mark.module(P + "happypath-essentialfalse")
def test_happypath_essentialfalse(ekyc: Ekyc) -> None:
    told = ekyc.told(asking({"given_name": {"essential": False}}))

    assert told == everywhere(answer(ekyc, "given_name"))


@pytest.mark.module(P + "unknown-claim-omitted")
def test_unknown_claim_omitted(ekyc: Ekyc) -> None:
    told = ekyc.told(asking({"given_name": None, "shoe_size": None}))

    assert told == everywhere(answer(ekyc, "given_name"))


@pytest.mark.module(P + "unknown-essential-claim-omitted")
def test_unknown_essential_claim_omitted(ekyc: Ekyc) -> None:
    told = ekyc.told(asking({"given_name": None, "shoe_size": {"essential": True}}))

    assert told == everywhere(answer(ekyc, "given_name"))


@pytest.mark.module(P + "unknown-claim-specialchars-omitted")
def test_unknown_claim_specialchars_omitted(ekyc: Ekyc) -> None:
    odd = "<b>%00 \"' /../ 市 \u200b"

    assert ekyc.told(asking({odd: None})) == everywhere(None)


@pytest.mark.module(P + "one-claim-with-random-value-omitted")
def test_one_claim_with_random_value_omitted(ekyc: Ekyc) -> None:
    assert ekyc.told(asking({"given_name": {"value": "f7a1c9"}})) == everywhere(None)


@pytest.mark.module(P + "request-only-in-idtoken")
def test_request_only_in_idtoken(ekyc: Ekyc) -> None:
    told = ekyc.told(asking({"name": None}), "id_token")

    assert told == {"id_token": answer(ekyc, "name"), "userinfo": None}


@pytest.mark.module(P + "request-only-in-userinfo")
def test_request_only_in_userinfo(ekyc: Ekyc) -> None:
    told = ekyc.told(asking({"name": None}), "userinfo")

    assert told == {"id_token": None, "userinfo": answer(ekyc, "name")}


@pytest.mark.module(P + "testuserprovidedrequest")
def test_testuserprovidedrequest(ekyc: Ekyc) -> None:
    evidence = [
        {
            "type": {"value": "document"},
            "check_details": [{"check_method": None, "organization": None}],
            "document_details": {"type": None},
        }
    ]

    told = ekyc.told(asking({"name": None, "birthdate": None}, evidence=evidence))

    piece = {
        "type": "document",
        "check_details": [{"check_method": "vpip", "organization": OFFICE}],
        "document_details": {"type": "idcard"},
    }
    assert told == everywhere(answer(ekyc, "name", "birthdate", evidence=[piece]))


@pytest.mark.module(P + "testbasedonuserinfo-defaults")
def test_testbasedonuserinfo_defaults(ekyc: Ekyc) -> None:
    told = ekyc.told(asking(dict.fromkeys(NAMES), time=None))

    day = clock.taipei_day(clock.now()).isoformat()
    assert told == everywhere(answer(ekyc, *NAMES, time=f"{day}T00:00:00+08:00"))


@pytest.mark.module(P + "test-userinfo-notfoundinop")
def test_test_userinfo_notfoundinop(ekyc: Ekyc) -> None:
    strange = asking({"name": None, "place_of_birth": None}, verification_process=None)

    assert ekyc.told([strange, asking({"name": None}, trust_framework={"value": "eidas"})]) == (
        everywhere(answer(ekyc, "name"))
    )
