from pathlib import Path

import pytest

from adapters.password import rules
from adapters.password.breach import open_breach_lists
from clients import registry
from clients.models import AuthMethod
from consent.catalogue import BY_NAME, CLAIMS, Source, claims_of_scopes
from demo import city
from demo.addresses import FIXED, Address, Addresses, AddressInvalid, read
from demo.city import Json
from members.logins import normalise
from members.models import Standing
from members.profile import Profile

RECORDS = city.clients(FIXED)
STANDARD = {claim.name for claim in CLAIMS if claim.source is Source.APPLICATION}
MOVED = Addresses(
    provider=Address("TAIPEI_ID_DEMO_PROVIDER", "localhost", 9600),
    library=Address("TAIPEI_ID_DEMO_LIBRARY", "127.0.0.1", 9601),
    merchant=Address("TAIPEI_ID_DEMO_MERCHANT", "localhost", 9602),
    agent=Address("TAIPEI_ID_DEMO_AGENT", "127.0.0.1", 9603),
)


SWAPPED = Addresses(
    provider=Address("TAIPEI_ID_DEMO_PROVIDER", "localhost", 8601),
    library=Address("TAIPEI_ID_DEMO_LIBRARY", "localhost", 8602),
    merchant=Address("TAIPEI_ID_DEMO_MERCHANT", "localhost", 8600),
    agent=FIXED.agent,
)


def by_id(client_id: str) -> Json:
    return city.client(client_id, FIXED)


def test_twenty_people_have_names_and_passwords_of_their_own() -> None:
    people = city.personas()

    assert len(people) == 20
    assert len({normalise(person.login_id) for person in people}) == 20
    assert len({person.password for person in people}) == 20
    assert all(person.special.zh and person.special.en for person in people)


def test_every_password_fulfils_the_rules() -> None:
    breaches = open_breach_lists(None)

    for person in city.personas():
        rules.require_acceptable(person.password, login=person.login_id, breaches=breaches)


def test_every_standing_is_one_of_ours_and_one_member_is_suspended_and_one_closed() -> None:
    standings = [Standing(person.standing) for person in city.personas()]

    assert standings.count(Standing.SUSPENDED) == 1
    assert standings.count(Standing.CLOSED) == 1


def test_two_people_have_every_standard_claim() -> None:
    complete = [
        person.login_id
        for person in city.personas()
        if Profile(**person.claims).claims().keys() == STANDARD
    ]

    assert complete == ["mei.chen", "david.sample"]


def test_nobody_can_be_telephoned_or_written_to() -> None:
    for person in city.personas():
        mail = person.claims.get("email", "@example.org")
        assert mail.rpartition("@")[2] in {"example.org", "example.com", "example.net"}
        assert person.claims.get("phone_number", "+886900000000")[4:].count("0") >= 6


def test_ages_run_from_seven_to_ninety_seven() -> None:
    born = sorted(int(person.claims.get("birthdate", "2000")[:4]) for person in city.personas())

    assert (born[0], born[-1]) == (1929, 2019)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["client_id"]))
def test_every_client_can_be_registered(record: Json) -> None:
    form = registry.parse(city.registration(record))

    has_secret = form.auth_method in {AuthMethod.BASIC, AuthMethod.POST}
    assert ("client_secret" in record) == has_secret
    assert ("private_jwk" in record) == (form.auth_method is AuthMethod.PRIVATE_KEY_JWT)
    assert {claim.name for purpose in form.purposes for claim in purpose.claims} <= BY_NAME.keys()


def test_the_private_key_stays_out_of_the_registration() -> None:
    form = city.registration(by_id("taipei-elearning"))

    assert "d" not in form["jwks"]["keys"][0]
    assert {"kid", "x", "y"} <= form["jwks"]["keys"][0].keys()


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["client_id"]))
def test_every_scope_asked_for_has_an_approved_claim(record: Json) -> None:
    approved = {claim["name"] for claim in record["registration"]["purposes"][0]["claims"]}

    for scope in set(record["scope"].split()) - {"openid"}:
        assert claims_of_scopes([scope]) & approved, scope


def test_there_are_agencies_a_merchant_and_a_public_client() -> None:
    kinds = {record["client_id"]: (record["kind"], record["auth_method"]) for record in RECORDS}

    assert kinds == {
        "taipei-library": ("agency", "client_secret_basic"),
        "taipei-sports": ("agency", "client_secret_post"),
        "taipei-elearning": ("agency", "private_key_jwt"),
        "city-app": ("agency", "none"),
        "goodday-cafe": ("merchant", "client_secret_basic"),
    }


def test_the_merchant_requires_yes_or_no_and_nothing_personal() -> None:
    claims = by_id("goodday-cafe")["registration"]["purposes"][0]["claims"]

    assert [each["name"] for each in claims if each["required"]] == ["offer_eligible"]


def test_one_agency_may_ask_for_every_standard_claim() -> None:
    claims = by_id("taipei-sports")["registration"]["purposes"][0]["claims"]

    assert {claim["name"] for claim in claims} >= STANDARD


def test_no_two_clients_share_a_sector() -> None:
    assert len({record["registration"]["sector"] for record in RECORDS}) == len(RECORDS)


def test_secrets_say_that_they_are_none() -> None:
    secrets = [record["client_secret"] for record in RECORDS if "client_secret" in record]

    assert all("not-a-secret" in secret and len(secret) >= 32 for secret in secrets)


def test_redirect_addresses_move_with_the_sites() -> None:
    assert city.client("taipei-library", MOVED)["redirect_uris"] == [
        "http://127.0.0.1:9601/callback"
    ]
    assert city.client("goodday-cafe", MOVED)["registration"]["home_uri"] == (
        "http://localhost:9602/"
    )


def test_addresses_come_from_the_environment() -> None:
    used = read({"TAIPEI_ID_DEMO_PROVIDER": "localhost:9600"})

    assert used.provider.origin == "http://localhost:9600"
    assert used.library == FIXED.library


@pytest.mark.parametrize("value", ["0.0.0.0:8600", "example.org:80", "localhost", "localhost:0x1"])
def test_an_unusable_address_names_its_variable(value: str) -> None:
    with pytest.raises(AddressInvalid, match="TAIPEI_ID_DEMO_PROVIDER"):
        read({"TAIPEI_ID_DEMO_PROVIDER": value})


def test_two_programs_cannot_share_a_port() -> None:
    with pytest.raises(AddressInvalid, match="TAIPEI_ID_DEMO_LIBRARY"):
        read({"TAIPEI_ID_DEMO_LIBRARY": "localhost:8600"})


def test_the_files_are_where_outside_tools_look() -> None:
    assert Path("demo/personas.json").samefile(city.PERSONAS)
    assert Path("demo/clients.json").samefile(city.CLIENTS)


def test_programs_may_take_one_anothers_fixed_addresses() -> None:
    placed = SWAPPED.place(
        "http://localhost:8600/a http://localhost:8601/b http://localhost:8602/c"
    )

    assert placed == "http://localhost:8601/a http://localhost:8602/b http://localhost:8600/c"
