from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from clients import registry
from clients.models import AuthMethod, Client, ClientSecret, OrganisationKind, Purpose
from kernel.errors import NotFound, Refused
from kernel.ids import digest
from tests import make

REFUSED = pytest.mark.refusal("client.form_invalid")
JWKS = {"keys": [{"kty": "EC", "crv": "P-256", "x": "x", "y": "y"}]}


def secrets_of(session: Session, client: Client) -> list[ClientSecret]:
    statement = select(ClientSecret).where(ClientSecret.client_id == client.id)
    return list(session.scalars(statement.order_by(ClientSecret.id)))


def require_refused(**changes: Any) -> None:
    with pytest.raises(Refused, match=r"^client\.form_invalid$"):
        registry.parse(make.a_client_form(**changes))


def test_a_registered_client_is_what_the_form_says(session: Session, now: datetime) -> None:
    client = make.a_client(session, now=now)

    assert client.client_id == "library"
    assert client.organisation.kind is OrganisationKind.AGENCY
    assert client.organisation.name_en == "Taipei Public Library"
    assert client.redirect_uris == ["https://library.invalid/callback"]
    assert client.auth_method is AuthMethod.BASIC
    assert client.created_at == now


def test_where_a_client_hears_of_logouts_is_kept(session: Session) -> None:
    back, front = "https://library.invalid/logout", "https://library.invalid/framed?a=b"

    client = make.a_client(session, backchannel_logout_uri=back, frontchannel_logout_uri=front)

    assert (client.backchannel_logout_uri, client.frontchannel_logout_uri) == (back, front)


@REFUSED
@pytest.mark.parametrize(
    "address",
    [
        "http://library.invalid/logout",
        "https://library.invalid/logout#fragment",
        "https://*.library.invalid/logout",
        "tw.taipei.app:/logout",
        "https://library.invalid/市",
        "https://library.invalid/" + "a" * 2000,
        "",
    ],
)
@pytest.mark.parametrize("channel", ["backchannel_logout_uri", "frontchannel_logout_uri"])
def test_logouts_are_told_to_sound_addresses_only(channel: str, address: str) -> None:
    require_refused(**{channel: address})


@REFUSED
@pytest.mark.parametrize(
    "address", ["https://other.invalid/framed", "https://library.invalid:8443/framed"]
)
def test_a_frame_stands_where_the_client_does(address: str) -> None:
    require_refused(frontchannel_logout_uri=address)


@pytest.mark.parametrize("address", ["https://library.invalid:443/x", "https://LIBRARY.invalid/x"])
def test_a_frame_stands_there_however_its_origin_is_written(session: Session, address: str) -> None:
    client = make.a_client(session, frontchannel_logout_uri=address)

    assert client.frontchannel_logout_uri == address


def test_a_purpose_keeps_each_claim_with_its_necessity(session: Session) -> None:
    (purpose,) = make.a_client(session).purposes

    assert [(each.claim, each.required) for each in purpose.claims] == [
        ("birthdate", False),
        ("name", True),
    ]
    assert {each.necessity_zh for each in purpose.claims} == {"為了辦證"}


def test_the_first_purpose_is_the_default_one(session: Session) -> None:
    purposes = [make.a_purpose_form("room-booking"), make.a_purpose_form("library-card")]

    client = make.a_client(session, purposes=purposes)

    session.expire_all()
    assert [(each.code, each.is_default) for each in client.purposes] == [
        ("library-card", False),
        ("room-booking", True),
    ]


@pytest.mark.clause("1")
@pytest.mark.refusal("flow.purpose_mismatch")
def test_no_client_is_registered_without_a_purpose() -> None:
    with pytest.raises(Refused, match=r"flow\.purpose_mismatch"):
        registry.parse(make.a_client_form(purposes=[]))


@pytest.mark.refusal("client.already_exists")
def test_a_client_id_is_given_once(session: Session) -> None:
    make.a_client(session)

    with pytest.raises(Refused, match=r"client\.already_exists"):
        make.a_client(session)


@pytest.mark.refusal("client.not_found")
def test_who_is_not_registered_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound, match=r"client\.not_found"):
        registry.get(session, "stranger")


@pytest.mark.parametrize(
    "uri",
    [
        "https://library.invalid/callback",
        "https://library.invalid/callback?site=1",
        "https://library.invalid:8443/",
        "http://localhost:8601/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:9/callback",
        "taipei.library.app:/callback",
    ],
)
def test_an_address_only_its_owner_receives_is_accepted(uri: str) -> None:
    assert registry.parse(make.a_client_form(redirect_uris=[uri])).redirect_uris == (uri,)


@REFUSED
@pytest.mark.parametrize(
    "uri",
    [
        "http://library.invalid/callback",
        "http://localhost.library.invalid/callback",
        "http://localhost@library.invalid/callback",
        "https://library.invalid/callback#fragment",
        "https://library.invalid/callback#",
        "https://*.library.invalid/callback",
        "https://library.invalid/ callback",
        "https://library.invalid/\tcallback",
        "https://library.invalid\\@stranger.invalid/",
        "https://stranger.invalid@library.invalid/",
        "https://圖書館.invalid/callback",
        "https:///callback",
        "https:callback",
        "//library.invalid/callback",
        "/callback",
        "javascript:alert(1)",
        "data:text/html,x",
        "library:/callback",
        "taipei.library.app://callback",
        "",
    ],
)
def test_any_other_address_is_refused(uri: str) -> None:
    require_refused(redirect_uris=[uri])
    require_refused(post_logout_redirect_uris=[uri])


@REFUSED
@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uris": []},
        {"client_id": "no spaces"},
        {"client_id": "ab"},
        {"client_id": "名字"},
        {"sector": ""},
        {"kind": "person"},
        {"profile": "invented"},
        {"id_token_alg": "none"},
        {"id_token_alg": "HS256"},
        {"auth_method": "client_secret_jwt"},
        {"auth_method": "private_key_jwt"},
        {"jwks": JWKS},
        {"name": {"zh": "圖書館"}},
        {"invented": True},
        {"purposes": [make.a_purpose_form("Upper")]},
        {"purposes": [make.a_purpose_form(max_days=0)]},
        {"purposes": [make.a_purpose_form(claims=[make.a_claim_form("name")] * 2)]},
        {"body": "merchant"},
        {"kind": "merchant", "body": "school"},
    ],
    ids=str,
)
def test_a_form_with_a_mistake_is_refused(changes: dict[str, Any]) -> None:
    require_refused(**changes)


def test_a_secret_is_shown_once_and_kept_as_a_hash(session: Session, now: datetime) -> None:
    secret = registry.add(session, registry.parse(make.a_client_form()), now=now)

    (kept,) = secrets_of(session, registry.get(session, "library"))
    assert secret is not None
    assert len(secret) == 43
    assert kept.secret_hash == digest(secret)
    assert kept.expires_at is None


@pytest.mark.parametrize(
    "changes", [{"auth_method": "none"}, {"auth_method": "private_key_jwt", "jwks": JWKS}], ids=str
)
def test_a_client_that_proves_itself_otherwise_gets_no_secret(
    session: Session, now: datetime, changes: dict[str, Any]
) -> None:
    form = registry.parse(make.a_client_form(**changes))

    assert registry.add(session, form, now=now) is None
    assert secrets_of(session, registry.get(session, "library")) == []


def test_a_rotated_secret_overlaps_with_its_successor_for_a_day(
    session: Session, now: datetime
) -> None:
    client = make.a_client(session, now=now)

    new = registry.rotate_secret(session, "library", now=now)

    session.expire_all()
    old, successor = secrets_of(session, client)
    assert new != make.SECRET
    assert old.expires_at == now + timedelta(hours=24)
    assert successor.secret_hash == digest(new)
    assert successor.expires_at is None


def test_rotating_again_does_not_prolong_the_oldest_secret(session: Session, now: datetime) -> None:
    client = make.a_client(session, now=now)
    registry.rotate_secret(session, "library", now=now)

    registry.rotate_secret(session, "library", now=now + timedelta(hours=1))

    session.expire_all()
    ends = [each.expires_at for each in secrets_of(session, client)]
    assert ends == [now + timedelta(hours=24), now + timedelta(hours=25), None]


@pytest.mark.refusal("client.no_secret")
def test_a_client_without_a_secret_has_none_to_rotate(session: Session, now: datetime) -> None:
    make.a_client(session, auth_method="none")

    with pytest.raises(Refused, match=r"client\.no_secret"):
        registry.rotate_secret(session, "library", now=now)


def test_a_refused_registration_leaves_nothing_behind(session: Session) -> None:
    require_refused(redirect_uris=["javascript:alert(1)"])

    assert session.scalar(select(func.count()).select_from(Purpose)) == 0
