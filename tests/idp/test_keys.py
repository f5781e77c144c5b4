"""The provider's own keys: made, announced, used, retired, and never pyjwkest's to compute."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc.jwk import KeySet
from joserfc.jwt import decode
from jwkest.ecc import NISTEllipticCurve
from jwkest.jws import JWS
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.test import EnvironBuilder, run_wsgi_app

from idp import keys
from idp.keys import Keys
from idp.models import KeyState, PublishedKey, SigningKey
from idp.signing import ALGORITHMS, LocalSigner, SignatureInvalid
from kernel.db import Sessions, open_engine
from kernel.db import sessions as sessions_on
from kernel.keyring import SealBroken
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City
from tests.make import KEYRING, NOON
from web.wellknown import KeySet as KeySetApplication

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
LATER = NOON + timedelta(seconds=2)


def as_clients_see(signer: LocalSigner) -> KeySet:
    published: Any = json.loads(json.dumps(signer.jwks))  # any JSON there is
    return KeySet.import_key_set(published)


def states(session: Session, alg: str = "ES256") -> list[str]:
    return sorted(key.state.value for key in keys.listed(session) if key.alg == alg)


@pytest.mark.pyop_row(11)
def test_each_algorithm_has_a_key_in_use_and_one_announced(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    keys.ensure(session, KEYRING, now=NOON)

    assert [states(session, alg) for alg in ALGORITHMS] == [["active", "next"]] * 4


@pytest.mark.pyop_row(11)
def test_a_rotation_uses_the_announced_key_and_keeps_the_old_one_for_verifying(
    session: Session,
) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    before = Keys(KEYRING).signer(session, now=NOON)
    old = before.sign({"sub": "s"}, alg="ES256")
    announced = {key.kid for key in keys.listed(session) if key.state is KeyState.NEXT}

    keys.rotate(session, KEYRING, "ES256", now=NOON)

    after = Keys(KEYRING).signer(session, now=NOON)
    new = after.sign({"sub": "s"}, alg="ES256")
    assert states(session) == ["active", "next", "retiring"]
    assert after.verify(old) == {"sub": "s"}
    published = as_clients_see(before)  # and cached it before the rotation
    assert decode(new, published, algorithms=["ES256"]).header["kid"] in announced


def test_a_retired_key_goes_after_two_days(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    keys.rotate(session, KEYRING, "ES256", now=NOON)

    keys.rotate(session, KEYRING, "ES256", now=NOON + keys.RETIREMENT - timedelta(seconds=1))
    assert states(session).count("retiring") == 2
    keys.rotate(session, KEYRING, "ES256", now=NOON + keys.RETIREMENT)

    assert states(session).count("retiring") == 2


@pytest.mark.clause("10-I(2)")
def test_of_a_key_that_is_gone_it_is_known_from_when_until_when_it_was_believed(
    session: Session,
) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    kids = {each.state: each.kid for each in keys.listed(session) if each.alg == "ES256"}
    announced, first = kids[KeyState.NEXT], kids[KeyState.ACTIVE]
    assert keys.span(session, announced) == (NOON, None)  # clients may have fetched it
    keys.rotate(session, KEYRING, "ES256", now=LATER)
    retires = LATER + keys.RETIREMENT
    assert keys.span(session, first) == (NOON, retires)

    keys.rotate(session, KEYRING, "ES256", now=retires)  # takes away what has retired
    assert keys.withdraw(session, announced, now=retires + timedelta(hours=1))

    assert {first, announced}.isdisjoint(each.kid for each in keys.listed(session))
    assert keys.span(session, first) == (NOON, retires)
    assert keys.span(session, announced) == (NOON, retires + timedelta(hours=1))
    assert keys.span(session, "nobody's") is None


@one_database
def test_of_a_key_gone_before_that_was_written_down_its_announcement_is_known(
    session: Session,
) -> None:
    session.add(PublishedKey(kid="old", alg="ES256", public_jwk={}, created_at=NOON))

    assert keys.span(session, "old") == (NOON, None)


def test_a_rotation_elsewhere_is_seen_after_a_second(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    here = Keys(KEYRING)
    first = here.signer(session, now=NOON)
    keys.rotate(session, KEYRING, "ES256", now=NOON)

    assert here.signer(session, now=NOON + timedelta(milliseconds=999)) is first
    assert here.signer(session, now=NOON + timedelta(seconds=1)) is not first


def test_keys_that_did_not_change_are_not_opened_again(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    here = Keys(KEYRING)

    assert here.signer(session, now=NOON) is here.signer(session, now=LATER)
    assert here.signer(session, now=NOON - timedelta(hours=1)) is here.signer(session, now=NOON)


def test_the_database_allows_one_key_in_use_of_each_algorithm(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)

    for each in keys.listed(session):
        each.state = KeyState.ACTIVE
    with pytest.raises(IntegrityError):
        session.flush()


@one_database
def test_private_keys_are_sealed_and_named_by_their_thumbprint(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    one, other = keys.listed(session)[:2]

    assert "d" not in one.public_jwk
    assert one.private_sealed is not None
    assert b'"d"' not in one.private_sealed
    assert len(one.kid) == 43
    one.private_sealed = other.private_sealed
    session.flush()
    with pytest.raises(SealBroken):
        Keys(KEYRING).signer(session, now=NOON)


@pytest.mark.pyop_row(1)
@pytest.mark.parametrize("alg", ALGORITHMS)
@one_database
def test_the_published_keys_verify_what_was_signed(session: Session, alg: str) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    signer = Keys(KEYRING).signer(session, now=NOON)

    token = decode(signer.sign({"sub": "s"}, alg=alg), as_clients_see(signer), algorithms=[alg])

    assert token.claims == {"sub": "s"}
    assert token.header.keys() == {"alg", "kid", "typ"}


@one_database
def test_the_key_set_holds_no_private_part_and_no_key_twice(city: City) -> None:
    response = city.call("/jwks.json")

    published = response.get_json()["keys"]
    private = {"d", "p", "q", "dp", "dq", "qi", "k"}
    assert all(private.isdisjoint(key) for key in published)
    assert len({key["kid"] for key in published}) == len(published) == 8
    assert {(key["alg"], key["use"]) for key in published} == {(alg, "sig") for alg in ALGORITHMS}
    assert response.headers["Cache-Control"] == "public, max-age=300"


def test_the_key_set_is_written_anew_only_when_it_changed(city: City) -> None:
    first = city.call("/jwks.json")
    known = {"If-None-Match": first.headers["ETag"]}
    city.wait(seconds=2)

    assert city.call("/jwks.json", headers=known).status_code == 304
    assert city.call("/jwks.json", method="HEAD").data == b""
    with city.database() as session:
        keys.rotate(session, KEYRING, "EdDSA", now=city.now)
    city.wait(seconds=2)
    second = city.call("/jwks.json", headers=known)
    assert second.status_code == 200
    assert len(second.get_json()["keys"]) == len(first.get_json()["keys"]) + 1


@one_database
def test_while_the_database_is_away_the_keys_are_those_of_before(city: City) -> None:
    rooms = city.app.extensions["taipei_id"]
    first = city.call("/jwks.json")
    away = replace(rooms, sessions=sessions_on(open_engine("sqlite:////nowhere/at/all.sqlite3")))
    city.app.extensions["taipei_id"] = away
    city.wait(seconds=2)

    assert city.call("/jwks.json").data == first.data
    away.provider.keys = Keys(KEYRING)
    _, status, told = run_wsgi_app(KeySetApplication(None, lambda: away), asked("/jwks.json"))
    assert (status, told["Retry-After"]) == ("503 Service Unavailable", "5")


def asked(path: str) -> dict[str, Any]:  # PEP 3333
    return EnvironBuilder(path).get_environ()


@one_database
def test_what_is_not_ours_does_not_verify(session: Session) -> None:
    keys.ensure(session, KEYRING, now=NOON)
    signer = Keys(KEYRING).signer(session, now=NOON)
    good = signer.sign({"sub": "s"}, alg="ES256")
    head, payload, signature = good.split(".")
    bad = [
        "",
        "x",
        "a.b.c",
        "\u5e02.b.c",
        f"{head}.{payload}.",
        f"{head}.{payload}.{signature[:-4]}AAAA",
        f"eyJhbGciOiJub25lIn0.{payload}.",
        f"W10.{payload}.{signature}",
        f"{head}.{payload}.{signature}.{signature}",
        good + "\0",
    ]

    for each in bad:
        with pytest.raises(SignatureInvalid):
            signer.verify(each)


@one_database
def test_no_algorithm_signs_that_has_no_key(session: Session, sessions: Sessions) -> None:
    with pytest.raises(LookupError):
        Keys(KEYRING).signer(session, now=NOON).sign({}, alg="ES256")
    assert session.scalars(select(SigningKey)).all() == []


@pytest.mark.pyop_row(1)
@pytest.mark.pyop_row(15)
def test_a_whole_sign_in_asks_pyjwkest_to_compute_nothing(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def computed(*_arguments: object) -> None:
        raise AssertionError("pyjwkest was asked to compute")

    for name in ("sign_compact", "verify_compact"):
        monkeypatch.setattr(JWS, name, computed)
    monkeypatch.setattr(NISTEllipticCurve, "sign", computed)
    monkeypatch.setattr(NISTEllipticCurve, "key_pair", computed)
    browser = Browser(city)

    hint = browser.tokens()["id_token"]

    silent = browser.get("/authorize", authorization(prompt="none", id_token_hint=hint))
    assert answer(silent)["code"]
