import json

import pytest
from sqlalchemy import Engine

from clients import registration_tokens, registry
from clients.models import Profile
from kernel import clock
from kernel.db import sessions, transaction
from tests.cli.conftest import ISSUER, Taipei

SUITE = "https://localhost:8443"


def test_each_plan_gets_a_configuration_that_fits_what_is_on_record(
    prepared: Engine, taipei_id: Taipei
) -> None:
    seeded = taipei_id("conformance-seed", "--suite", SUITE + "/", "--alias", "city")

    plans = json.loads(seeded.stdout)
    assert len(plans) == 15
    for plan in plans.values():
        assert plan["alias"] == "city"
        assert plan["server"]["discoveryUrl"] == f"{ISSUER}/.well-known/openid-configuration"
        assert plan["browser"][0]["match"] == f"{ISSUER}/authorize*"
    basic = plans["oidcc-basic-certification-test-plan"]
    token = plans["oidcc-dynamic-certification-test-plan"]["client"]["initial_access_token"]
    fapi = plans["fapi2-security-profile-final-test-plan"]["client"]
    with transaction(sessions(prepared)) as session:
        client = registry.get(session, basic["client"]["client_id"])
        assert f"{SUITE}/test/a/city/callback" in client.redirect_uris
        assert client.profile is Profile.CORE
        strict = registry.get(session, fapi["client_id"])
        assert strict.profile is Profile.FAPI2
        assert "d" not in (strict.jwks or {})["keys"][0]
        hybrid = plans["oidcc-hybrid-certification-test-plan"]["client"]
        assert registry.get(session, hybrid["client_id"]).profile is Profile.HYBRID
        counter = registry.get(
            session, plans["fapi-ciba-id1-test-plan (ping)"]["client"]["client_id"]
        )
        assert counter.profile is Profile.FAPI_CIBA
        assert counter.ping_uri == f"{SUITE}/test/a/city/ciba-notification-endpoint"
        assert registration_tokens.find(session, token, now=clock.now()) is not None


def test_seeding_twice_makes_other_clients(prepared: Engine, taipei_id: Taipei) -> None:
    names = {
        json.loads(taipei_id("conformance-seed", "--suite", SUITE).stdout)[
            "oidcc-basic-certification-test-plan"
        ]["client"]["client_id"]
        for _ in range(2)
    }

    assert len(names) == 2


def test_a_citys_own_database_is_not_seeded(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.delenv("TAIPEI_ID_DEMO")
    environment.setenv("TAIPEI_ID_ISSUER", "https://id.example.org")

    seeded = taipei_id("conformance-seed", "--suite", SUITE)

    assert seeded.exit_code == 1
    assert "demo mode" in seeded.stderr
