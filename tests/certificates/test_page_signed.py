"""A card program that takes text and PIN from the page: believed if allowed, and worth less."""

import base64
import json

import pytest
from sqlalchemy.orm import Session

from adapters.certificate.adapter import CertificateAdapter
from adapters.certificate.pinning import Pinned
from adapters.contract import Challenge, Context, NotProven, Proof
from idp import acr
from tests import make
from tests.certificates import pki, signing
from tests.certificates.holder import HERE, KEY, Holder, an_adapter, answering, bound

FORM = '{"format": "page-signed:1", "signature": %s}'


def an_adapter_that_allows_it() -> CertificateAdapter:
    pinned = Pinned(profiles=(pki.citizens(),))
    return CertificateAdapter(pinned=pinned, key=KEY, fetch=answering(), page_signed=True)


def let_sign(holder: Holder, asked: Challenge, *, text: str | None = None, **changes: str) -> str:
    """Do what such a program does: sign whatever text the page gives it."""
    signed = signing.cms((text or asked.public["text"]).encode(), signing.of(holder.leaf))
    form = {"format": "page-signed:1", "signature": base64.b64encode(signed).decode()}
    return json.dumps({**form, **changes})


def prove(session: Session, adapter: CertificateAdapter, asked: Challenge, token: str) -> Proof:
    return adapter.verify(session, HERE, asked, {"token": token}, now=make.NOON)


@pytest.fixture
def holder(session: Session) -> Holder:
    member = make.a_member(session, name="合成會員一")
    bound(session, Holder(), member_id=member.id)
    return Holder()


def test_it_is_worth_the_second_level_whatever_the_card(session: Session, holder: Holder) -> None:
    adapter = an_adapter_that_allows_it()
    asked = adapter.begin(HERE, now=make.NOON)

    proof = prove(session, adapter, asked, let_sign(holder, asked))

    assert not proof.origin_bound
    assert acr.worth(proof) == acr.Assurance(acr.ACR[1], ("hwk", "sc", "pin", "mfa"))


def test_the_text_names_us_the_moment_and_the_question() -> None:
    asked = an_adapter_that_allows_it().begin(HERE, now=make.NOON)

    assert asked.public["text"].splitlines()[1:] == [
        HERE.origin,
        asked.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        asked.nonce,
    ]


def test_a_card_program_of_ours_is_worth_the_highest_all_the_same(
    session: Session, holder: Holder
) -> None:
    adapter = an_adapter_that_allows_it()
    asked = adapter.begin(HERE, now=make.NOON)

    proof = prove(session, adapter, asked, holder.token(asked.nonce))

    assert acr.worth(proof).acr == acr.ACR[2]


def test_nobody_is_believed_who_was_not_allowed(session: Session, holder: Holder) -> None:
    asked = an_adapter_that_allows_it().begin(HERE, now=make.NOON)

    with pytest.raises(NotProven) as refused:
        prove(session, an_adapter(), asked, let_sign(holder, asked))
    assert refused.value.reason == "token.malformed"
    assert "text" not in an_adapter().begin(HERE, now=make.NOON).public


def test_another_text_another_question_and_another_place_are_refused(
    session: Session, holder: Holder
) -> None:
    adapter = an_adapter_that_allows_it()
    asked, other = (adapter.begin(HERE, now=make.NOON) for _ in range(2))
    elsewhere = adapter.begin(Context(origin="https://evil.invalid"), now=make.NOON)
    tokens = (
        let_sign(holder, asked, text="I owe you"),
        let_sign(holder, other),
        let_sign(holder, elsewhere),
    )

    for token in tokens:
        with pytest.raises(NotProven) as refused:
            prove(session, adapter, asked, token)
        assert refused.value.reason == "token.signature"


def test_neither_form_passes_for_the_other(session: Session, holder: Holder) -> None:
    adapter = an_adapter_that_allows_it()
    asked = adapter.begin(HERE, now=make.NOON)
    tokens = (
        let_sign(holder, asked, format="web-eid:1.0"),
        json.dumps({**json.loads(holder.token(asked.nonce)), "format": "page-signed:1"}),
    )

    for token in tokens:
        with pytest.raises(NotProven) as refused:
            prove(session, adapter, asked, token)
        assert refused.value.reason == "token.malformed"


@pytest.mark.parametrize(
    "token",
    ["", "[]", "{}", "1", "[" * 30_000, '{"format": 1}', FORM % 1, FORM % '"."', FORM % '"MAA="'],
)
def test_what_is_no_token_is_refused(session: Session, token: str) -> None:
    adapter = an_adapter_that_allows_it()

    with pytest.raises(NotProven):
        prove(session, adapter, adapter.begin(HERE, now=make.NOON), token)
