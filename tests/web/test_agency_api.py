"""Agencies' own systems: applications from their sites, and the outcomes of their cases."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any, TypeAlias

import pytest
from cryptography import x509
from pydantic import SecretStr
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from clients import registry, resources
from clients.repeat_models import KeptAnswer
from idp.models import Subject
from kernel.settings import Mtls
from kernel.wording import Bilingual
from members import application_decisions, applications, refusal_slips, sealed_forms, terms
from members.application_models import Application, Channel, RefusalSlip, State
from services import activations
from services.models import ActivationEvent, ActivationNote
from tests import make, mtls, proofs
from tests.flows.browser import Browser
from tests.flows.provider import ISSUER, City, statements
from tests.members.applying import NATIONAL, OTHER_NATIONAL, a_form
from web.agency_api import MOST
from web.agency_document import NOTE, READ, SUBMIT
from web.agency_forms import ApplicationSent

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Told: TypeAlias = dict[str, Any]  # JSON
ADDRESS = f"{ISSUER}/api/agency"
KEY, BOUND = proofs.new_key(), proofs.new_key()
ALL = (SUBMIT, READ, NOTE)


@pytest.fixture
def office(city: City) -> City:
    """Let the program of a school use the interface, which a client of DoIT's serves."""
    city.register("bureau", sector="bureau.invalid")
    with city.database() as session:
        name = Bilingual("機關介接", "Interface for agencies")
        bureau = registry.get(session, "bureau")
        resources.add(session, bureau, ADDRESS, name=name, now=city.now)
    let_in(city, "school", auth_method="private_key_jwt", jwks=proofs.public_set(KEY))
    return city


def let_in(
    city: City,
    client_id: str,
    *,
    address: str = ADDRESS,
    scopes: tuple[str, ...] = ALL,
    **form: Any,  # forms are JSON
) -> None:
    words = Bilingual(f"{client_id} 的單位", f"Body of {client_id}")
    usual: Told = {"organisation": words._asdict(), "sector": f"{client_id}.invalid"}
    usual |= {"grant_types": ["client_credentials"], "redirect_uris": []}
    city.register(client_id, **{**usual, **form})
    with city.database() as session:
        client = registry.get(session, client_id)
        resources.approve(session, client, address, scopes, now=city.now)


def token(city: City, client_id: str = "school", **form: str) -> str:
    """Get a token as a program does, with a signed assertion."""
    proof = proofs.assertion(KEY, client_id, ISSUER, now=city.now)
    response = city.call(
        "/token",
        {
            "grant_type": "client_credentials",
            "client_assertion_type": proofs.ASSERTION,
            "client_assertion": proof,
            **form,
        },
    )
    assert response.status_code == 200, response.text
    return str(response.get_json()["access_token"])


def call(
    city: City,
    path: str,
    body: object = None,
    *,
    bearer: str | None = None,
    key: str = "first-key",
    **headers: str,
) -> TestResponse:
    said = {"Authorization": f"Bearer {bearer or token(city)}", "Idempotency-Key": key}
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return city.call(
        f"/api/agency{path}",
        None if body is None else raw,
        headers={**said, **headers},
        content_type="application/json",
    )


def filled(**changes: object) -> Told:
    """Return what an adult filled in on the school's site."""
    usual: Told = {
        "kind": "national",
        "number": NATIONAL,
        "name": "測試一號",
        "birth_date": "民國85年5月1日",
        "email": "one@mail.invalid",
        "phone": "0912-345-678",
        "address": "測試路 1 號",
        "district": "中正區",
        "terms": terms.OURS.version,
    }
    return {**usual, **changes}


def handed_in(city: City, **more: Any) -> Told:
    response = call(city, "/applications", filled(), **more)
    assert response.status_code == 201, response.text
    told: Told = response.get_json()
    return told


def problem(response: TestResponse) -> tuple[int, str]:
    assert response.mimetype == "application/problem+json", response.text
    told = response.get_json()
    return response.status_code, told["type"].removeprefix("urn:taipei-id:error:")


def count(city: City, model: type[Any]) -> int:  # any table's
    with city.database() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


# Applications


@pytest.mark.clause("2(8)1")
def test_an_application_from_an_agencys_site_waits_for_a_counter(office: City) -> None:
    told = handed_in(office)

    assert told.keys() == {"number", "secret", "status"}
    assert told["status"] == "counter_confirming"
    with office.database() as session:
        kept = applications.track(session, told["number"], told["secret"], now=office.now)
        assert kept is not None
        assert (kept.channel, kept.state) == (Channel.AGENCY, State.CONFIRMING)
        assert kept.agency_id == registry.get(session, "school").organisation_id


@one_database
@pytest.mark.clause("2(8)1")
def test_the_agencys_way_gives_the_same_result_as_the_counter(office: City) -> None:
    """AT2.8.1h: what is kept of a person is the same, whoever hands it in."""
    told = handed_in(office)

    with office.database() as session:
        kept = applications.track(session, told["number"], told["secret"], now=office.now)
        assert kept is not None
        assert sealed_forms.read(kept, keyring=make.KEYRING) == a_form()


@one_database
@pytest.mark.clause("2(8)1")
@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"birth_date": "2019-11-24"}, 422, "member.under_age_7"),
        ({"birth_date": "2012-01-01"}, 422, "member.guardian_required"),
        ({"birth_date": "2099-01-01"}, 422, "member.birthdate_impossible"),
        ({"number": "A100000002"}, 422, "idno.checksum"),
        ({"number": "?"}, 422, "idno.format"),
        ({"kind": "foreign"}, 422, "idno.kind_not_allowed"),
        ({"name": "\u200b"}, 422, "name.format"),
        ({"terms": ""}, 409, "case.terms_not_accepted"),
        ({"terms": "0"}, 409, "case.terms_version_changed"),
        ({"email": "x"}, 422, "mail.format"),
        ({"phone": "x"}, 422, "phone.format"),
    ],
)
def test_it_is_refused_for_the_same_reasons_and_the_person_has_a_slip(
    office: City, changes: Told, status: int, code: str
) -> None:
    response = call(office, "/applications", filled(**changes))

    assert problem(response) == (status, code)
    assert count(office, Application) == 0
    with office.database() as session:
        slip = refusal_slips.get(session, response.get_json()["case"], now=office.now)
        assert slip.code == code


@one_database
@pytest.mark.clause("10(1)")
def test_one_person_has_one_application(office: City) -> None:
    handed_in(office)

    again = call(office, "/applications", filled(), key="another-key")

    assert problem(again) == (409, "application.already_open")
    assert count(office, Application) == 1


@one_database
def test_a_guardian_a_permit_and_a_courts_word_come_with_it(office: City) -> None:
    guardian = {"number": OTHER_NATIONAL, "name": "測試家長", "relation": "parent"}
    child = filled(birth_date="2014-05-01", guardian=guardian)
    declared = {"capacity": "assisted", "decree": "測試字第1號", "declared_on": "2026-01-05"}
    resident = filled(
        kind="foreign", number="A800000014", permit={"until": "2027-06-30"}, declared=declared
    )

    assert call(office, "/applications", child).status_code == 201
    assert call(office, "/applications", resident, key="second-key").status_code == 201


# Sent twice


def test_what_is_sent_twice_is_done_once_and_answered_alike(office: City) -> None:
    assert handed_in(office) == handed_in(office)
    assert count(office, Application) == 1


@one_database
def test_the_answer_is_kept_sealed_and_for_a_day(office: City) -> None:
    told = handed_in(office)
    with office.database() as session:
        kept = session.scalars(select(KeptAnswer)).one()
        assert told["secret"].encode() not in (kept.answer_sealed or b"")
    office.wait(days=1)

    again = call(office, "/applications", filled())

    assert problem(again) == (409, "application.already_open")


@one_database
@pytest.mark.refusal("program.key_reused")
def test_a_key_is_not_good_for_something_else(office: City) -> None:
    handed_in(office)

    other = call(office, "/applications", filled(address="測試路 2 號"))

    assert problem(other) == (422, "program.key_reused")


@one_database
def test_after_a_refusal_the_key_is_still_good(office: City) -> None:
    assert call(office, "/applications", filled(terms="")).status_code == 409

    assert call(office, "/applications", filled()).status_code == 201


@one_database
def test_two_agencies_may_choose_the_same_key(office: City) -> None:
    let_in(office, "museum", auth_method="private_key_jwt", jwks=proofs.public_set(KEY))
    handed_in(office)

    other = call(
        office, "/applications", filled(number=OTHER_NATIONAL), bearer=token(office, "museum")
    )

    assert other.status_code == 201


@one_database
@pytest.mark.refusal("program.key_missing")
@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with space", "ünknown-key"])
def test_without_a_proper_key_nothing_is_done(office: City, key: str) -> None:
    assert problem(call(office, "/applications", filled(), key=key)) == (400, "program.key_missing")


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_one_application_sent_twice_at_once_one_is_made(office: City) -> None:
    bearer, together = token(office), Barrier(2)

    def send(_turn: int) -> TestResponse:
        together.wait()
        return call(office, "/applications", filled(), bearer=bearer)

    with ThreadPoolExecutor(2) as both:
        answers = list(both.map(send, range(2)))

    first, second = sorted(answers, key=lambda each: each.status_code)
    assert first.status_code == 201
    assert second.data == first.data or problem(second) == (409, "program.key_in_use")
    assert handed_in(office) == first.get_json()
    assert count(office, Application) == 1


@one_database
def test_a_key_good_at_one_address_is_not_good_at_another(office: City) -> None:
    handed_in(office)

    other = call(office, "/services/lockers/notes", noted())

    assert problem(other) == (422, "program.key_reused")


@one_database
def test_a_note_with_a_key_is_written_once(served: City) -> None:
    first, second = (call(served, "/services/lockers/notes", noted()) for _ in range(2))

    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert count(served, ActivationEvent) == 1


# Following


@pytest.mark.clause("2(8)1")
def test_an_agency_follows_what_it_handed_in_and_reads_no_reason(office: City) -> None:
    number, clerk = handed_in(office)["number"], office.member_id()
    with office.database() as session:
        made = session.scalars(select(Application)).one()
        application_decisions.send_back(
            session,
            made.id,
            by=clerk,
            reason="地址要補里鄰",
            keyring=make.KEYRING,
            now=office.wait(hours=1),
        )

    response = call(office, f"/applications/{number}")

    assert response.get_json() == {
        "number": number,
        "status": "returned_for_correction",
        "submitted_at": (office.now - timedelta(hours=1)).isoformat(timespec="seconds"),
        "changed_at": office.now.isoformat(timespec="seconds"),
        "clause": "2(8)1",
    }
    assert "里鄰" not in response.text


@one_database
@pytest.mark.clause("10(3)")
def test_another_agencys_application_is_not_there(office: City) -> None:
    let_in(office, "museum", auth_method="private_key_jwt", jwks=proofs.public_set(KEY))
    number = handed_in(office)["number"]
    stranger = token(office, "museum")

    theirs = call(office, f"/applications/{number}", bearer=stranger)
    nobodys = call(office, "/applications/ABCD2345", bearer=stranger)

    assert problem(theirs) == problem(nobodys) == (404, "application.not_found")


@one_database
@pytest.mark.parametrize("number", ["%00", "%ED%A0%80", "x" * 300, "%20", "..%2f"])
def test_whatever_stands_for_a_number_is_looked_for(office: City, number: str) -> None:
    assert call(office, f"/applications/{number}").status_code == 404


@one_database
def test_the_terms_in_force_can_be_read(office: City) -> None:
    told = call(office, "/terms").get_json()

    assert told["version"] == terms.OURS.version
    assert told["text"]["zh-Hant-TW"] == terms.OURS.text.zh


# The outcome of a case


@pytest.fixture
def served(office: City) -> City:
    """Open a service of the school, which knows the member by a name of its own."""
    member_id = office.member_id()
    with office.database() as session:
        school = registry.get(session, "school")
        activations.open_service(
            session,
            school.organisation_id,
            "lockers",
            Bilingual("置物櫃", "Lockers"),
            sensitive=False,
            now=office.now,
        )
        session.add(Subject(member_id=member_id, sector="school.invalid", sub="the-name"))
    return office


def noted(**changes: object) -> Told:
    return {
        "sub": "the-name",
        "state": "activated",
        "as_of": "2026-11-20",
        "case": "LOCK-7",
        **changes,
    }


@pytest.mark.clause("7(9)")
def test_an_agency_notes_the_outcome_of_its_case_and_where_it_comes_from(served: City) -> None:
    member_id = served.member_id()

    response = call(served, "/services/lockers/notes", noted())

    assert response.get_json() == {
        "service": "lockers",
        "state": "activated",
        "as_of": "2026-11-20",
    }
    with served.database() as session:
        row = session.scalars(select(ActivationNote)).one()
        assert (row.member_id, row.channel.value) == (member_id, "interface")
        assert (row.actor, row.reference) == ("school", "LOCK-7")
        assert session.scalars(select(ActivationEvent.happening)).one().value == "noted"


@one_database
@pytest.mark.clause("7(9)")
@pytest.mark.refusal("update.channel_not_approved")
@pytest.mark.parametrize("case", ["", "  "])
def test_without_a_case_nothing_is_written(served: City, case: str) -> None:
    response = call(served, "/services/lockers/notes", noted(case=case))

    assert problem(response) == (403, "update.channel_not_approved")
    assert response.get_json()["clause"] == "7(9)"
    assert count(served, ActivationNote) == 0


@one_database
@pytest.mark.clause("7(9)")
def test_an_interface_that_was_not_approved_writes_nothing(served: City) -> None:
    with served.database() as session:
        school = registry.get(session, "school")
        resources.withdraw(session, school, ADDRESS, [NOTE])

    response = call(served, "/services/lockers/notes", noted())

    assert problem(response) == (403, "update.channel_not_approved")


@one_database
@pytest.mark.clause("2(8)6")
@pytest.mark.parametrize(
    ("code", "changes", "expected"),
    [
        ("lockers", {"sub": "somebody"}, (404, "member.not_found")),
        ("pools", {}, (404, "service.not_found")),
        ("%00", {}, (404, "http.404")),
        ("lockers", {"as_of": "2026-11-24"}, (422, "service.note_unfounded")),
        ("lockers", {"state": "suspended"}, (422, "program.body_invalid")),
    ],
)
def test_what_cannot_be_noted_is_refused(
    served: City, code: str, changes: Told, expected: tuple[int, str]
) -> None:
    assert problem(call(served, f"/services/{code}/notes", noted(**changes))) == expected


@one_database
@pytest.mark.clause("2(8)6")
def test_another_agencys_service_is_not_noted(served: City) -> None:
    let_in(served, "museum", auth_method="private_key_jwt", jwks=proofs.public_set(KEY))

    response = call(served, "/services/lockers/notes", noted(), bearer=token(served, "museum"))

    assert problem(response) == (403, "service.not_yours")


@one_database
def test_a_name_the_agency_met_at_a_sign_in_finds_the_member(served: City) -> None:
    served.register("branch", sector="school.invalid")
    sub = served.opened(Browser(served).tokens("branch", share=())["id_token"])["sub"]
    with served.database() as session:
        session.execute(update(Subject).where(Subject.sub == "the-name").values(sub=sub))

    assert call(served, "/services/lockers/notes", noted(sub=sub)).status_code == 200


# Who may call


@one_database
@pytest.mark.refusal("program.token_invalid")
def test_without_a_token_for_this_interface_nobody_is_let_in(office: City) -> None:
    member = Browser(office).tokens()["access_token"]

    for bearer in ("nothing", member):
        response = call(office, "/terms", bearer=bearer)
        assert problem(response) == (401, "program.token_invalid")
        assert response.headers["WWW-Authenticate"].startswith("Bearer ")
    assert office.call("/api/agency/terms").status_code == 401


@one_database
def test_a_token_for_another_interface_is_worth_nothing_here(office: City) -> None:
    other = "https://other.invalid/api"
    with office.database() as session:
        bureau, school = registry.get(session, "bureau"), registry.get(session, "school")
        name = Bilingual("別的", "Other")
        resources.add(session, bureau, other, name=name, now=office.now)
        resources.approve(session, school, other, [SUBMIT], now=office.now)

    response = call(office, "/terms", bearer=token(office, resource=other))

    assert problem(response) == (401, "program.token_invalid")


@one_database
@pytest.mark.refusal("program.scope_missing")
def test_a_token_does_what_it_was_asked_for(office: City) -> None:
    reader = token(office, scope=READ)

    assert problem(call(office, "/terms", bearer=reader)) == (403, "program.scope_missing")


@one_database
def test_what_was_approved_and_is_withdrawn_ends_at_once(office: City) -> None:
    bearer = token(office)
    with office.database() as session:
        school = registry.get(session, "school")
        resources.withdraw(session, school, ADDRESS, ALL)

    assert problem(call(office, "/terms", bearer=bearer)) == (401, "program.token_invalid")


@one_database
def test_a_token_that_is_held_to_a_key_wants_its_proof(office: City) -> None:
    proof = proofs.proof(BOUND, "POST", f"{ISSUER}/token", now=office.now)
    assertion = proofs.assertion(KEY, "school", ISSUER, now=office.now)
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": proofs.ASSERTION,
        "client_assertion": assertion,
    }
    given = office.call("/token", form, headers={"DPoP": proof}).get_json()
    bearer = given["access_token"]
    shown = proofs.proof(BOUND, "GET", f"{ADDRESS}/terms", now=office.now, token=bearer)
    headers = {"Authorization": f"DPoP {bearer}", "DPoP": shown}

    assert given["token_type"] == "DPoP"
    assert office.call("/api/agency/terms", headers=headers).status_code == 200
    again = office.call("/api/agency/terms", headers=headers)
    assert problem(again) == (401, "program.token_invalid")
    assert again.headers["WWW-Authenticate"].startswith("DPoP ")
    assert problem(call(office, "/terms", bearer=bearer)) == (401, "program.token_invalid")


@one_database
def test_a_client_with_a_certificate_needs_it_for_its_token_too(
    office: City, tmp_path: Path
) -> None:
    own = mtls.issued(x509.DNSName("api.bank.invalid")).sign()
    office.configure(
        mtls=Mtls(front=mtls.FRONT, authorities=mtls.write_authorities(tmp_path)),
        certificate_front_secret=SecretStr(mtls.SHARED),
    )
    let_in(
        office,
        "bank",
        auth_method="tls_client_auth",
        certificate={"san_dns": "api.bank.invalid"},
        certificate_bound=True,
    )

    def at_front(path: str, form: Told | None = None, **headers: str) -> TestResponse:
        return office.app.test_client(use_cookies=False).open(
            path,
            base_url=mtls.FRONT,
            method="GET" if form is None else "POST",
            data=form,
            headers={**mtls.headers(own), **headers},
        )

    form = {"grant_type": "client_credentials", "client_id": "bank"}
    bearer = at_front("/token", form).get_json()["access_token"]

    assert at_front("/api/agency/terms", Authorization=f"Bearer {bearer}").status_code == 200
    assert problem(call(office, "/terms", bearer=bearer)) == (401, "program.token_invalid")


@one_database
@pytest.mark.refusal("program.too_many")
def test_whoever_calls_too_often_waits(office: City) -> None:
    bearer = token(office)
    for _ in range(MOST[SUBMIT]):
        assert call(office, "/terms", bearer=bearer).status_code == 200

    refused = call(office, "/terms", bearer=bearer)
    assert problem(refused) == (429, "program.too_many")
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert call(office, "/applications/ABCD2345", bearer=bearer).status_code == 404
    office.wait(minutes=3)
    assert call(office, "/terms").status_code == 200


@one_database
@pytest.mark.refusal("program.body_invalid")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"\xff",
        b"[" * 9000,
        {"kind": "national"},
        filled(kind="alien"),
        filled(number=7),
        filled(name="\0"),
        filled(address="x" * 201),
        filled(permit={"until": 0}),
        filled(services=["LOCKERS"]),
        filled(password="mine"),
        filled(language="fr"),
    ],
)
def test_a_body_of_another_shape_is_explained_without_repeating_it(
    office: City, body: object
) -> None:
    response = call(office, "/applications", body)

    assert problem(response) == (422, "program.body_invalid")
    assert NATIONAL not in response.text
    assert count(office, RefusalSlip) == 0


@one_database
def test_what_is_not_said_to_be_json_is_not_read(office: City) -> None:
    headers = {"Authorization": f"Bearer {token(office)}", "Idempotency-Key": "first-key"}

    response = office.call("/api/agency/applications", {"kind": "national"}, headers=headers)

    assert response.get_json()["detail"] == "the body must be application/json"


@one_database
def test_a_call_costs_the_same_statements_in_every_city(office: City) -> None:
    number = handed_in(office)["number"]
    bearer = token(office)

    def cost() -> int:
        with statements(office.sessions.kw["bind"]) as seen:
            assert call(office, f"/applications/{number}", bearer=bearer).status_code == 200
        return len(seen)

    cost()
    before = cost()
    for other in (OTHER_NATIONAL, "W198765435"):
        call(office, "/applications", filled(number=other), bearer=bearer, key=f"key-{other}")

    assert cost() == before


def test_no_shape_knows_a_password() -> None:
    assert "password" not in json.dumps(ApplicationSent.model_json_schema())
