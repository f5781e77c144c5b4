"""A balancer learns whether a process lives and whether it can serve, and nothing else."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from idp.keys import Keys
from kernel.work import WorkSession
from tests.flows.provider import City


def test_who_can_serve_says_so(city: City) -> None:
    for path in ("/health/live", "/health/ready"):
        response = city.call(path)

        assert response.status_code == 200
        assert set(response.get_json().values()) == {"ok"}
        assert response.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in response.headers


def test_without_its_database_a_process_lives_and_is_not_ready(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: WorkSession) -> None:
        raise OperationalError("SELECT", {}, ConnectionError("gone"))

    monkeypatch.setattr(WorkSession, "_open", fail)

    assert city.call("/health/live").status_code == 200
    response = city.call("/health/ready")
    assert response.status_code == 503
    assert response.get_json()["database"] == "away"


def test_with_tables_of_an_earlier_version_it_is_not_ready_and_of_a_later_it_is(city: City) -> None:
    def set_revision(number: str) -> None:
        with city.database() as session:
            session.execute(
                text("UPDATE alembic_version SET version_num = :number"), {"number": number}
            )

    with city.database() as session:
        newest = session.scalar(text("SELECT version_num FROM alembic_version"))
    assert newest is not None
    try:
        set_revision("0001")
        earlier = city.call("/health/ready")
        set_revision("9999")  # it is being replaced, and serves until then
        later = city.call("/health/ready")
    finally:
        set_revision(newest)

    assert (earlier.status_code, earlier.get_json()["database"]) == (503, "other version")
    assert (later.status_code, later.get_json()["database"]) == (200, "ok")


def test_without_a_key_to_sign_with_it_is_not_ready(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise LookupError

    monkeypatch.setattr(Keys, "signer", fail)

    response = city.call("/health/ready")

    assert (response.status_code, response.get_json()["keys"]) == (503, "missing")
