"""A counter asks, the member's own device answers; a stranger looks like a member (OIDC CIBA)."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc.jwk import ECKey, RSAKey
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients.grant_types import CIBA, REFRESH
from idp import awaited, ciba_hints, subjects
from idp.ciba_pings import Ping
from idp.models import AwaitedRequest
from kernel.jobs import Job, JobDelayed, JobImpossible, Work
from kernel.outgoing import AddressForbidden, Answer, CallFailed
from members.models import Standing
from tests import make, proofs
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City, basic
from tests.idp.test_device_grant import a_phone, error, state_of
from tests.idp.test_races import at_once
from web import handlers, notices

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COUNTER = "counter"
PING = "https://counter.invalid/ping"
Told = dict[str, Any]  # JSON


@pytest.fixture(autouse=True)
def counter(city: City) -> None:
    register(city, COUNTER)


def register(city: City, client_id: str, **form: Any) -> None:
    usual = {"sector": f"{client_id}.invalid", "grant_types": [CIBA, REFRESH], "redirect_uris": []}
    city.register(client_id, **{**usual, **form})


def ask(city: City, client_id: str = COUNTER, **form: str) -> TestResponse:
    hints = {} if {*ciba_hints.HINTS, "request"} & form.keys() else {"login_hint": "mei.chen"}
    sent = {"scope": "openid profile", **hints, **form}
    return city.call("/bc-authorize", sent, headers=basic(client_id))


def waiting(city: City, client_id: str = COUNTER, **form: str) -> Told:
    response = ask(city, client_id, **form)
    assert response.status_code == 200, response.text
    told: Told = response.get_json()
    return told


def poll(city: City, told: Told, client_id: str = COUNTER) -> TestResponse:
    return city.token(client_id, grant_type=CIBA, auth_req_id=told["auth_req_id"])


def the_page(phone: Browser) -> TestResponse:
    """Find the request on the front of the account, and open it."""
    address = phone.get("/account").text.partition('href="/account/asked/')[2].partition('"')[0]
    assert address, "nothing is asked"
    return phone.get(f"/account/asked/{address}")


def agree(phone: Browser, told: Told) -> TestResponse:
    page = the_page(phone)
    number = told["binding_number"]
    page = phone.follow(phone.submit(page, number=f" {number}", decision="approve"))
    return phone.consent(page) if page.request.path.endswith("/consent") else page


def test_a_counter_is_answered_by_the_members_own_device(city: City) -> None:
    told, phone = waiting(city, binding_message="櫃檯 3"), a_phone(city)
    assert told.keys() == {"auth_req_id", "expires_in", "interval", "binding_number"}
    assert (told["expires_in"], told["interval"]) == (300, 5)
    assert error(poll(city, told)) == "authorization_pending"
    page = the_page(phone)
    assert all(word in page.text for word in ("圖書館", "櫃檯 3", "借閱證", "姓名"))
    assert f">{told['binding_number']}<" not in page.text

    assert state_of(agree(phone, told)) == "approved"
    city.wait(seconds=5)
    tokens = poll(city, told).get_json()

    claims = city.opened(tokens["id_token"])
    assert (claims["aud"], claims["amr"]) == (COUNTER, ["pwd"])
    assert city.userinfo(tokens["access_token"]).get_json()["name"] == "陳美玉"
    assert city.refresh(tokens["refresh_token"], COUNTER).status_code == 200
    assert error(poll(city, told)) == "invalid_grant"
    assert not city.is_alive(tokens["access_token"])


@one_database
def test_the_member_is_written_to_and_nothing_is_kept_in_the_clear(city: City) -> None:
    told, member_id = waiting(city), city.member_id()

    with city.database() as session:
        job = session.scalars(select(Job)).one()
        assert job.payload["template"] == "login.wanted"
        assert UUID(job.payload["member"]) == member_id
        assert told["auth_req_id"] not in str(vars(session.scalars(select(AwaitedRequest)).one()))


@one_database
def test_the_members_own_device_speaks_the_members_language(city: City) -> None:
    told, phone = waiting(city, ui_locales="en"), a_phone(city)

    page = phone.follow(
        phone.submit(the_page(phone), number=told["binding_number"], decision="approve")
    )

    assert '<html lang="zh-Hant-TW">' in page.text
    with city.database() as session:
        letter = session.scalars(select(Job).where(Job.kind == notices.KIND)).first()
        assert letter is not None
        assert letter.payload["language"] == notices.OWN


@pytest.mark.parametrize("hint", [{"login_hint": "nobody.at.all"}, {"login_hint": "\u5e02" * 200}])
@one_database
def test_a_stranger_looks_like_a_member_and_never_answers(city: City, hint: dict[str, str]) -> None:
    phone = a_phone(city)

    told = waiting(city, **hint)

    assert told.keys() == waiting(city).keys()
    assert error(poll(city, told)) == "authorization_pending"
    with city.database() as session:
        row = session.scalars(select(AwaitedRequest).order_by(AwaitedRequest.id)).first()
        assert row is not None
        assert phone.get(f"/account/asked/{row.id}").status_code == 404
    city.wait(minutes=5)
    assert error(poll(city, told)) == "expired_token"


@one_database
def test_who_is_suspended_is_a_stranger(city: City) -> None:
    city.set_standing(Standing.SUSPENDED)

    assert error(poll(city, waiting(city))) == "authorization_pending"
    with city.database() as session:
        assert session.scalars(select(AwaitedRequest)).one().member_id is None


@one_database
def test_an_id_token_of_the_counter_says_whom_it_means(city: City) -> None:
    told = waiting(city)
    agree(a_phone(city), told)
    id_token = poll(city, told).get_json()["id_token"]

    again = waiting(city, id_token_hint=id_token)

    assert state_of(agree(a_phone(city), again)) == "approved"
    own = Browser(city).tokens()["id_token"]
    assert error(ask(city, id_token_hint=own)) == "invalid_request"
    assert error(ask(city, id_token_hint="x")) == "invalid_request"


@pytest.mark.refusal("awaited.not_found")
@one_database
def test_what_waits_for_one_member_is_nobody_elses(city: City) -> None:
    waiting(city)
    city.enrol("other.member")
    other = Browser(city)
    other.submit(other.get("/account/login"), login_id="other.member", password=make.PASSWORD)
    with city.database() as session:
        row_id = session.scalars(select(AwaitedRequest.id)).one()

    assert other.get(f"/account/asked/{row_id}").status_code == 404
    assert "/account/asked/" not in other.get("/account").text


@one_database
def test_whoever_signs_in_meanwhile_cannot_answer_for_the_member(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    page = phone.submit(the_page(phone), number=told["binding_number"], decision="approve")
    city.enrol("other.member")
    phone.post("/account/logout", hidden(phone.get("/account")))
    phone.submit(phone.get("/account/login"), login_id="other.member", password=make.PASSWORD)

    late = phone.consent(phone.follow(page))

    assert late.status_code == 410
    assert error(poll(city, told)) == "authorization_pending"


@one_database
def test_a_wrong_number_ends_the_matter(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    wrong = "10" if told["binding_number"] != "10" else "11"

    page = phone.follow(phone.submit(the_page(phone), number=wrong, decision="approve"))

    assert state_of(page) == "wrong"
    assert "號碼不對" in page.text
    assert error(poll(city, told)) == "access_denied"
    with city.database() as session:
        entry = session.scalars(select(TrailEntry).where(TrailEntry.event == "awaited.stopped"))
        assert entry.one().detail == {"reason": "wrong"}


def test_a_yes_in_the_last_second_is_heard(city: City) -> None:
    told = waiting(city, requested_expiry="60")
    city.wait(seconds=59)
    agree(a_phone(city), told)
    city.wait(seconds=5)

    assert poll(city, told).status_code == 200


@one_database
def test_stopping_needs_no_number(city: City) -> None:
    told, phone = waiting(city), a_phone(city)

    assert state_of(phone.follow(phone.submit(the_page(phone), decision="stop"))) == "stopped"

    assert error(poll(city, told)) == "access_denied"
    assert "/account/asked/" not in phone.get("/account").text


@one_database
def test_a_number_typed_with_a_chinese_keyboard_is_understood(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    wide = told["binding_number"].translate({ord("0") + n: ord("０") + n for n in range(10)})

    page = phone.follow(phone.submit(the_page(phone), number=wide, decision="approve"))

    assert page.request.path.endswith("/consent")


@one_database
def test_nobody_is_worn_down_by_asking(city: City) -> None:
    for _ in range(ciba_hints.MOST_ASKED + 1):
        waiting(city)

    with city.database() as session:
        meant = session.scalars(select(AwaitedRequest.member_id)).all()
    assert sorted(map(str, meant)).count("None") == 1


@one_database
def test_what_ran_out_or_was_stopped_was_asked_all_the_same(city: City) -> None:
    for _ in range(ciba_hints.MOST_ASKED - 1):
        waiting(city, requested_expiry="1")
        city.wait(minutes=1)
    waiting(city)
    phone = a_phone(city)
    phone.submit(the_page(phone), decision="stop")

    waiting(city)

    assert last_meant(city) is None
    city.wait(minutes=7)
    waiting(city)
    assert last_meant(city) == city.member_id()


@one_database
def test_who_agreed_was_not_worn_down(city: City) -> None:
    for _ in range(ciba_hints.MOST_ASKED):
        agree(a_phone(city), waiting(city))

    waiting(city)

    assert last_meant(city) == city.member_id()


def last_meant(city: City) -> UUID | None:
    with city.database() as session:
        newest = select(AwaitedRequest.member_id).order_by(AwaitedRequest.id.desc()).limit(1)
        return session.scalars(newest).one()


@one_database
def test_a_login_that_took_too_long_leads_back_to_the_account(city: City) -> None:
    told, phone = waiting(city), a_phone(city)
    page = phone.follow(
        phone.submit(the_page(phone), number=told["binding_number"], decision="approve")
    )
    city.wait(minutes=31)

    assert 'href="/account"' in phone.get(page.request.path).text


@pytest.mark.parametrize("_attempt", range(2))
def test_of_several_polls_at_once_one_gets_tokens(city: City, _attempt: int) -> None:
    told = waiting(city)
    agree(a_phone(city), told)

    responses = at_once(lambda: poll(city, told))

    assert sorted(each.status_code for each in responses) == [200, 400, 400, 400]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({"login_hint": "a", "id_token_hint": "b"}, "invalid_request"),
        ({"login_hint_token": "x"}, "invalid_request"),
        ({"user_code": "1234"}, "invalid_request"),
        ({"login_hint": ""}, "invalid_request"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"requested_expiry": "x"}, "invalid_request"),
        ({"requested_expiry": "0"}, "invalid_request"),
        ({"requested_expiry": "-5"}, "invalid_request"),
        ({"requested_expiry": "9" * 12}, "invalid_request"),
        ({"binding_message": "a\nb"}, "invalid_binding_message"),
        ({"binding_message": "a" * 41}, "invalid_binding_message"),
        ({"request": "a.b.c"}, "invalid_request"),
    ],
)
@one_database
def test_a_bad_request_is_refused_in_json(city: City, form: dict[str, str], expected: str) -> None:
    assert error(ask(city, **form)) == expected


@pytest.mark.parametrize(("wanted", "given"), [("1", 30), ("60", 60), ("3600", 600)])
@one_database
def test_a_client_may_wish_for_a_time(city: City, wanted: str, given: int) -> None:
    assert waiting(city, requested_expiry=wanted)["expires_in"] == given


@one_database
def test_a_client_without_the_grant_type_is_told_so(city: City) -> None:
    assert error(ask(city, "library")) == "unauthorized_client"
    assert city.call("/bc-authorize", {"scope": "openid"}).status_code == 401


@one_database
def test_a_handle_is_its_clients_and_of_its_own_kind(city: City) -> None:
    register(city, "other")
    told = waiting(city)

    assert error(poll(city, told, "other")) == "invalid_grant"


# Signed requests (FAPI-CIBA)


def signing(city: City, profile: str = "fapi2-signed") -> ECKey:
    key = proofs.new_key()
    register(
        city,
        "signing",
        profile=profile,
        auth_method="private_key_jwt",
        jwks=proofs.public_set(key),
    )
    return key


def signed(city: City, key: Any, *, alg: str = "ES256", **changes: Any) -> str:
    stamp = int(city.now.timestamp())
    usual = {
        "iss": "signing",
        "aud": ISSUER,
        "iat": stamp,
        "nbf": stamp,
        "exp": stamp + 300,
        "jti": "one",
        "scope": "openid profile",
        "login_hint": "mei.chen",
        "requested_expiry": 60,
    }
    return proofs.signed(key, {**usual, **changes}, alg=alg, kid=key.thumbprint())


def bring(city: City, key: ECKey, **form: str) -> TestResponse:
    proof = {
        "client_assertion_type": proofs.ASSERTION,
        "client_assertion": proofs.assertion(key, "signing", ISSUER, now=city.now),
    }
    return city.call("/bc-authorize", {**form, **proof})


@pytest.mark.parametrize("expiry", [60, "60"])
@one_database
def test_a_signed_request_is_all_there_is(city: City, expiry: object) -> None:
    key = signing(city)

    response = bring(city, key, request=signed(city, key, requested_expiry=expiry), scope="x")

    assert response.status_code == 200, response.text
    assert response.get_json()["expires_in"] == 60


def test_a_signed_request_counts_once_wherever_it_is_brought(city: City) -> None:
    key = signing(city)
    request = signed(city, key)

    responses = at_once(lambda: bring(city, key, request=request))

    assert sorted(each.status_code for each in responses) == [200, 400, 400, 400]
    assert bring(city, key, request=signed(city, key, jti="two")).status_code == 200


def hint(city: City, key: Any, *, alg: str = "ES256", **changes: Any) -> str:
    """Return a token by which the client names a member as it knows them."""
    usual = {
        "iss": "signing",
        "aud": ISSUER,
        "exp": int(city.now.timestamp()) + 60,
        "sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": known_sub(city)},
    }
    return proofs.signed(key, {**usual, **changes}, alg=alg, kid=key.thumbprint())


def known_sub(city: City) -> str:
    """Return the name that the client's sector knows the member by, as after a sign-in."""
    with city.database() as session:
        sub = str(
            city.app.extensions["taipei_id"].provider.subjects.of(
                city.member_id(), "signing.invalid"
            )
        )
        subjects.remember(session, sub, member_id=city.member_id(), sector="signing.invalid")
        return sub


def meant_by(city: City) -> UUID | None:
    with city.database() as session:
        return session.scalars(select(AwaitedRequest)).one().member_id


@one_database
def test_a_client_may_name_a_member_as_it_knows_them(city: City) -> None:
    key = signing(city, "basic")

    response = bring(city, key, scope="openid", login_hint_token=hint(city, key))

    assert response.status_code == 200, response.text
    assert meant_by(city) == city.member_id()


@pytest.mark.parametrize("standing", [Standing.ACTIVE, Standing.SUSPENDED])
@one_database
def test_a_name_that_fits_nobody_who_may_answer_looks_like_any(
    city: City, standing: Standing
) -> None:
    key = signing(city, "basic")
    token = hint(city, key)
    if standing is Standing.ACTIVE:
        token = hint(city, key, sub_id={"format": "iss_sub", "iss": ISSUER, "sub": "x"})
    city.set_standing(standing)

    assert bring(city, key, scope="openid", login_hint_token=token).status_code == 200
    assert meant_by(city) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"exp": int(make.NOON.timestamp())}, "expired_login_hint_token"),
        ({"exp": None}, "invalid_request"),
        ({"exp": "soon"}, "invalid_request"),
        ({"exp": int(make.NOON.timestamp()) + 70 * 60}, "invalid_request"),
        ({"iss": "counter"}, "invalid_request"),
        ({"aud": "https://other.invalid"}, "invalid_request"),
        ({"sub_id": None}, "invalid_request"),
        ({"sub_id": {"format": "email", "email": "mei@mail.invalid"}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": "https://other.invalid", "sub": "x"}},
         "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": 7}}, "invalid_request"),
        ({"sub_id": {"format": "iss_sub", "iss": ISSUER, "sub": "\0"}}, "invalid_request"),
    ],
)  # fmt: skip
@one_database
def test_a_hint_token_that_does_not_hold_is_refused(
    city: City, changes: dict[str, Any], expected: str
) -> None:
    key = signing(city, "basic")
    token = hint(city, key, **changes)

    assert error(bring(city, key, scope="openid", login_hint_token=token)) == expected


@one_database
def test_a_hint_token_that_another_signed_is_refused(city: City) -> None:
    key = signing(city, "basic")
    token = hint(city, proofs.new_key())

    assert error(bring(city, key, scope="openid", login_hint_token=token)) == "invalid_request"


@pytest.mark.parametrize(
    "changes",
    [
        *({name: None} for name in ("aud", "iss", "exp", "iat", "nbf", "jti")),
        {"aud": "https://other.invalid"},
        {"iss": "other"},
        {"exp": 1},
        {"exp": int(make.NOON.timestamp()) + 70 * 60},
        {"iat": int(make.NOON.timestamp()) + 600},
        {"iat": "x"},
        {"nbf": int(make.NOON.timestamp()) + 600},
        {"nbf": int(make.NOON.timestamp()) - 70 * 60},
        {"jti": ""},
        {"jti": 7},
        {"login_hint": "a\0"},
        {"binding_message": "\ud800"},
    ],
)
@one_database
def test_a_request_that_does_not_hold_is_refused(city: City, changes: dict[str, Any]) -> None:
    key = signing(city)

    assert error(bring(city, key, request=signed(city, key, **changes))) == "invalid_request"


@one_database
def test_another_signature_is_refused(city: City) -> None:
    key = signing(city)
    rsa = RSAKey.generate_key(2048, private=True)

    assert error(bring(city, key, request=signed(city, proofs.new_key()))) == "invalid_request"
    assert error(bring(city, key, request=signed(city, rsa, alg="RS256"))) == "invalid_request"
    assert error(bring(city, key, request="eyJhbGciOiJub25lIn0.e30.")) == "invalid_request"


@one_database
def test_a_client_that_must_sign_cannot_do_without(city: City) -> None:
    key = signing(city)

    told = bring(city, key, scope="openid", login_hint="mei.chen")

    assert error(told) == "invalid_request"


# Pings


def listen(city: City, **form: Any) -> None:
    register(city, "listening", ping_uri=PING, **form)


def answered(city: City) -> tuple[Told, Work]:
    """Let a member answer a client that wants to hear of it; return what is to be done."""
    listen(city)
    told = waiting(city, "listening", client_notification_token="a-token")
    agree(a_phone(city), told)
    with city.database() as session:
        job = session.scalars(select(Job).where(Job.kind == awaited.PING)).one()
        return told, Work(job.id, job.kind, job.payload, 1, job.created_at)


class Client:
    """What listens at a client: it says what it is told to say."""

    def __init__(self, status: int = 204, fails: CallFailed | None = None) -> None:
        self.status, self.fails, self.heard = status, fails, list[tuple[str, Any, dict[str, Any]]]()

    def __call__(self, url: str, body: bytes, **more: Any) -> Answer:
        if self.fails is not None:
            raise self.fails
        self.heard.append((url, json.loads(body), more))
        return Answer(self.status, b'{"anything": "at all"}')


def ping(city: City, client: Client, work: Work) -> None:
    rooms = city.app.extensions["taipei_id"]
    Ping(rooms.sessions, rooms.provider, rooms.keyring, client)(work, now=city.now)


def test_a_client_is_told_that_there_is_an_answer_and_no_more(city: City) -> None:
    told, work = answered(city)
    client = Client()

    ping(city, client, work)

    assert client.heard == [
        (
            PING,
            {"auth_req_id": told["auth_req_id"]},
            {"content_type": "application/json", "authorization": "Bearer a-token"},
        )
    ]
    assert set(work.payload) == {"awaited"}
    assert poll(city, told, "listening").status_code == 200
    assert awaited.PING in handlers.handlers(city.app.extensions["taipei_id"])


@pytest.mark.parametrize("status", [301, 302, 401, 403, 404])
@one_database
def test_what_the_client_refuses_is_not_tried_again(city: City, status: int) -> None:
    _, work = answered(city)

    with pytest.raises(JobImpossible, match=str(status)):
        ping(city, Client(status), work)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
@one_database
def test_a_client_that_is_not_well_is_told_later(city: City, status: int) -> None:
    _, work = answered(city)

    with pytest.raises(JobDelayed) as delayed:
        ping(city, Client(status), work)
    assert not isinstance(delayed.value, JobImpossible)


@one_database
def test_an_address_that_must_not_be_called_is_given_up(city: City) -> None:
    _, work = answered(city)

    with pytest.raises(JobImpossible):
        ping(city, Client(fails=AddressForbidden("call.private_address")), work)
    with pytest.raises(JobDelayed, match=r"call\.no_answer"):
        ping(city, Client(fails=CallFailed("call.no_answer")), work)


@one_database
def test_nobody_is_told_too_late_or_where_nobody_listens(city: City) -> None:
    _, work = answered(city)
    client = Client()
    with city.database() as session:
        session.execute(update(AwaitedRequest).values(client_id=work.id))
    ping(city, client, work)
    city.now += timedelta(minutes=10)
    ping(city, client, work)
    nothing = Work(work.id, work.kind, {"awaited": str(work.id)}, 1, city.now)
    ping(city, client, nothing)

    assert client.heard == []


@one_database
def test_a_client_is_told_of_a_yes_in_the_last_second(city: City) -> None:
    listen(city)
    told, phone = waiting(city, "listening", client_notification_token="a-token"), a_phone(city)
    city.wait(seconds=299)
    agree(phone, told)
    with city.database() as session:
        job = session.scalars(select(Job).where(Job.kind == awaited.PING)).one()
        work = Work(job.id, job.kind, job.payload, 1, job.created_at)
    early, late = Client(), Client()

    city.wait(seconds=59)  # the worker was busy
    ping(city, early, work)
    city.wait(seconds=1)
    ping(city, late, work)

    assert [body for _, body, _ in early.heard] == [{"auth_req_id": told["auth_req_id"]}]
    assert late.heard == []


@pytest.mark.parametrize("token", ["", "a b", "\u5e02", "a" * 1025])
@one_database
def test_who_wants_to_be_told_says_how_to_prove_it(city: City, token: str) -> None:
    listen(city)

    told = ask(city, "listening", client_notification_token=token)

    assert error(told) == "invalid_request"
