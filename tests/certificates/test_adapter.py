"""Prove what is particular to certificates; what all adapters promise is in `tests/contract`."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from adapters.certificate import adapter as certificates
from adapters.certificate.adapter import CertificateAdapter
from adapters.certificate.models import BoundCertificate
from adapters.certificate.pinning import Pinned
from adapters.certificate.profiles import BUSINESS_NUMBER, ORGANISATION_OID, Profile
from adapters.contract import NotProven, Proof
from carriers import bindings
from carriers.models import Binding, Suspension
from idp import acr
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual
from members.models import Member
from tests import make
from tests.certificates import pki, responder
from tests.certificates.holder import (
    HERE,
    KEY,
    Holder,
    an_adapter,
    answering,
    bound,
    silent,
)
from tests.certificates.pki import Leaf
from tests.certificates.responder import Answering

OF_G3 = replace(
    pki.citizens(),
    issuers=(pki.citizens().issuers[0], pki.issuer(pki.generation(3), ocsp_url=pki.OCSP_URL)),
)


@pytest.fixture
def mei(session: Session) -> Member:
    return make.a_member(session, name="合成會員一")


def prove(session: Session, holder: Holder, *, adapter: CertificateAdapter | None = None) -> Proof:
    adapter = adapter or an_adapter()
    asked = adapter.begin(HERE, now=make.NOON)
    answer = {"token": holder.token(asked.nonce)}
    return adapter.verify(session, HERE, asked, answer, now=make.NOON)


def reason(session: Session, holder: Holder, *, adapter: CertificateAdapter | None = None) -> str:
    with pytest.raises(NotProven) as refused:
        prove(session, holder, adapter=adapter)
    return refused.value.reason


@pytest.mark.parametrize("number", [1, 3, 4, 0x7F])
def test_a_certificate_of_no_version_there_is_is_refused(session: Session, number: int) -> None:
    adapter, holder = an_adapter(), Holder()
    asked = adapter.begin(HERE, now=make.NOON)
    odd = base64.b64encode(pki.of_version(holder.der, number)).decode()
    answer = {"token": holder.token(asked.nonce, unverifiedCertificate=odd)}

    with pytest.raises(NotProven) as refused:
        adapter.verify(session, HERE, asked, answer, now=make.NOON)
    assert refused.value.reason == "token.malformed"


def test_a_certificate_with_a_name_nobody_reads_is_refused(session: Session) -> None:
    holder = Holder().but(extra=((pki.STRANGE_NAME, False),))

    assert reason(session, holder) == "carrier.certificate_invalid"


# What it proves


@pytest.mark.clause("2(8)2")
def test_a_citizens_card_is_worth_the_highest_level(session: Session, mei: Member) -> None:
    binding = bound(session, Holder(), member_id=mei.id)

    proof = prove(session, Holder())

    assert (proof.member_id, proof.carrier_id) == (mei.id, binding.id)
    assert acr.worth(proof) == acr.Assurance(acr.ACR[2], ("hwk", "sc", "pin", "mfa"))


def test_a_certificate_in_a_file_is_worth_no_more_than_a_password(
    session: Session, mei: Member
) -> None:
    files = replace(pki.citizens(), hardware=False, holder_verified=False)
    adapter = an_adapter(pinned=Pinned(profiles=(files,)))
    bound(session, Holder(), member_id=mei.id, adapter=adapter)

    assert acr.worth(prove(session, Holder(), adapter=adapter)) == acr.Assurance(
        acr.ACR[0], ("swk",)
    )
    assert not adapter.capabilities.holder_verification


def test_an_elliptic_key_does_as_well(session: Session, mei: Member) -> None:
    holder = Holder(leaf=Leaf(key=pki.ec_key("citizen"), serial=78), algorithm="ES256")
    bound(session, holder, member_id=mei.id)

    assert prove(session, holder).member_id == mei.id


# Whose it is


@pytest.mark.clause("2(3)")
def test_a_certificate_nobody_bound_signs_nobody_in(session: Session, mei: Member) -> None:
    assert reason(session, Holder()) == "carrier.not_bound"


@pytest.mark.clause("7(7)")
def test_a_card_reported_lost_is_refused_though_its_authority_knows_nothing(
    session: Session, mei: Member
) -> None:
    binding = bound(session, Holder(), member_id=mei.id)
    bindings.suspend(session, binding, Suspension.LOST, actor=mei.id, now=make.NOON)

    assert reason(session, Holder()) == "carrier.reported_lost"


def test_another_key_of_the_installation_knows_nobody(session: Session, mei: Member) -> None:
    bound(session, Holder(), member_id=mei.id)
    other = CertificateAdapter(
        pinned=Pinned(profiles=(pki.citizens(),)), key=bytes(32), fetch=answering()
    )

    assert reason(session, Holder(), adapter=other) == "carrier.not_bound"


def test_the_binding_names_nobody(session: Session, mei: Member) -> None:
    binding = bound(session, Holder(), member_id=mei.id)
    kept = session.get_one(BoundCertificate, binding.id)

    told = f"{binding.fingerprint} {vars(binding)} {vars(kept)}"
    assert "0000000100000001" not in told
    assert "合成會員一" not in told


# Renewal


@pytest.mark.clause("7(7)")
def test_a_renewed_certificate_keeps_its_binding(session: Session, mei: Member) -> None:
    adapter = _answering_for(3)
    binding = bound(session, Holder(), member_id=mei.id)

    proof = prove(session, Holder().renewed(), adapter=adapter)

    session.expire_all()
    kept = session.scalars(select(BoundCertificate)).one()
    assert proof.carrier_id == binding.id
    assert int.from_bytes(kept.serial, "big") == 177
    assert kept.issuer_key_id == OF_G3.issuers[1].key_id


def _answering_for(number: int) -> CertificateAdapter:
    how = Answering(of=pki.generation(number), signer=lambda: pki.generation(number), shown=None)
    return an_adapter(answering(how), pinned=Pinned(profiles=(OF_G3,)))


@pytest.mark.clause("7(7)")
def test_a_renewed_certificate_works_again_after_the_old_was_revoked(
    session: Session, mei: Member
) -> None:
    binding = bound(session, Holder(), member_id=mei.id)
    bindings.suspend(session, binding, Suspension.REVOKED, actor=None, now=make.NOON)

    proof = prove(session, Holder().renewed(), adapter=_answering_for(3))

    assert proof.carrier_id == binding.id
    assert bindings.resume_renewed(session, binding.id, now=make.NOON)
    assert not bindings.resume_renewed(session, binding.id, now=make.NOON)
    bindings.use(session, binding.id, now=make.NOON)


# Binding


@pytest.mark.refusal("carrier.certificate_other_person")
@pytest.mark.parametrize(
    "changes", [{"member_name": "合成會員二"}, {"last_four": "0002"}, {"on_record": {"0002"}}]
)
def test_somebody_elses_certificate_is_not_bound(
    session: Session, mei: Member, changes: dict[str, Any]
) -> None:
    with pytest.raises(Refused, match=r"^carrier\.certificate_other_person$"):
        bound(session, Holder(), member_id=mei.id, **changes)


def test_spaces_and_wide_letters_are_no_other_person(session: Session, mei: Member) -> None:
    bound(session, Holder(), member_id=mei.id, member_name="合成 會員一", last_four="０００１")


@pytest.mark.clause("2(3)")
@pytest.mark.refusal("carrier.already_bound")
def test_a_certificate_is_one_members(session: Session, mei: Member) -> None:
    bound(session, Holder(), member_id=mei.id)
    twin = make.a_member(session, "twin", name="合成會員一")

    with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
        bound(session, Holder(), member_id=twin.id)


@pytest.mark.clause("7(7)")
def test_after_a_loss_only_a_card_made_afterwards_is_bound(session: Session, mei: Member) -> None:
    old = bound(session, Holder(), member_id=mei.id)
    bindings.suspend(session, old, Suspension.LOST, actor=mei.id, now=make.NOON)

    with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
        bound(session, Holder(), member_id=mei.id)
    later = make.NOON + timedelta(minutes=1)
    replaced = Holder().but(start=later, serial=79)
    fresh = an_adapter(answering(Answering(made_at=later, until=None)))
    new = bound(session, replaced, member_id=mei.id, adapter=fresh, now=later)

    assert [each.id for each in bindings.live(session, mei.id)] == [new.id]


def test_a_revoked_certificate_is_replaced_at_once(session: Session, mei: Member) -> None:
    old = bound(session, Holder(), member_id=mei.id)
    bindings.suspend(session, old, Suspension.REVOKED, actor=None, now=make.NOON)

    new = bound(session, Holder().but(serial=80), member_id=mei.id)

    assert [each.id for each in bindings.live(session, mei.id)] == [new.id]


def test_a_lost_card_makes_no_way_for_another_member(session: Session, mei: Member) -> None:
    old = bound(session, Holder(), member_id=mei.id)
    bindings.suspend(session, old, Suspension.REVOKED, actor=None, now=make.NOON)
    twin = make.a_member(session, "twin", name="合成會員一")

    with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
        bound(session, Holder(), member_id=twin.id)


@pytest.mark.refusal("carrier.not_readable")
def test_what_the_key_did_not_sign_is_not_bound(session: Session, mei: Member) -> None:
    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        bound(session, Holder(origin="https://elsewhere.invalid"), member_id=mei.id)


def organisations(attribute: str) -> Profile:
    return Profile(
        name="organisation",
        label=Bilingual("工商憑證", "Organisation certificate"),
        family="synthetic-organisations",
        issuers=(pki.issuer(pki.generation(2), ocsp_url=pki.OCSP_URL),),
        policies=frozenset({"2.16.886.101.0.3.9"}),
        attributes=frozenset({attribute}),
        identified_by=(attribute,),
        hardware=True,
        holder_verified=True,
    )


def an_officer(attribute: str, value: str, *, serial: int) -> Holder:
    leaf = Leaf(
        policies=("2.16.886.101.0.3.9",),
        attributes=((attribute, (value,)),),
        serial=serial,
        subject=pki.name("合成機關一", serial=f"number {serial}"),
    )
    return Holder(leaf=leaf)


@pytest.mark.refusal("carrier.certificate_at_counter")
@pytest.mark.parametrize(
    ("attribute", "value"),
    [(BUSINESS_NUMBER, "04595252"), (ORGANISATION_OID, "2.16.886.101.90003")],
)
def test_an_organisations_certificate_is_known_by_its_own_number_and_bound_at_a_counter(
    session: Session, mei: Member, attribute: str, value: str
) -> None:
    adapter = an_adapter(pinned=Pinned(profiles=(pki.citizens(), organisations(attribute))))
    ours, other = (an_officer(attribute, each, serial=8) for each in (value, f"{value}1"))
    again = an_officer(attribute, value, serial=9)

    known = [
        adapter.fingerprint_of(adapter.check(session, each.der, now=make.NOON))
        for each in (ours, again, other)
    ]

    assert known[0] == known[1]
    assert known[0] != known[2]
    with pytest.raises(Refused, match=r"^carrier\.certificate_at_counter$"):
        bound(session, ours, member_id=mei.id, adapter=adapter)


# What it refuses, and why: for the audit trail, and for whoever holds the card


@pytest.mark.parametrize(
    ("code", "how"),
    [
        ("revoked", Answering(status=responder.REVOKED)),
        ("revoked", Answering(status=responder.UNKNOWN)),
        ("uncheckable", Answering(made_at=make.NOON - timedelta(hours=1))),
        ("uncheckable", Answering(nonce=b"n" * 32)),
    ],
    ids=["revoked", "unknown", "an answer of an hour ago", "an answer played again"],
)
def test_what_the_responder_says_decides(
    session: Session, mei: Member, code: str, how: Answering
) -> None:
    bound(session, Holder(), member_id=mei.id)

    assert reason(session, Holder(), adapter=an_adapter(answering(how))) == (
        f"carrier.certificate_{code}"
    )


def test_nobody_signs_in_while_nobody_can_say(session: Session, mei: Member) -> None:
    bound(session, Holder(), member_id=mei.id)

    assert reason(session, Holder(), adapter=an_adapter(silent)) == (
        "carrier.certificate_uncheckable"
    )


def test_a_card_that_expired_is_told_so(session: Session, mei: Member) -> None:
    bound(session, Holder(), member_id=mei.id)
    past = Holder().but(end=make.NOON - timedelta(days=1))

    assert reason(session, past) == "carrier.certificate_expired"


# How it is made


def test_it_is_not_made_without_what_it_needs() -> None:
    with pytest.raises(SettingsInvalid, match="certificates"):
        certificates.create({"key": KEY})


def test_a_binding_gone_meanwhile_is_nobodys(session: Session, mei: Member) -> None:
    binding = bound(session, Holder(), member_id=mei.id)
    session.execute(update(Binding).where(Binding.id == binding.id).values(released_at=make.NOON))

    assert reason(session, Holder()) == "carrier.not_bound"


def test_only_who_has_a_usable_certificate_is_asked_for_one(session: Session, mei: Member) -> None:
    assert not an_adapter().is_held_by(session, mei.id)

    binding = bound(session, Holder(), member_id=mei.id)
    assert an_adapter().is_held_by(session, mei.id)
    bindings.suspend(session, binding, Suspension.REVOKED, actor=None, now=make.NOON)
    assert not an_adapter().is_held_by(session, mei.id)


# Over the wire, on loopback


@pytest.fixture
def responding() -> Iterator[str]:
    """Answer every question about certificates with good; other paths are not there."""

    class Site(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = answering()("", body) if self.path == "/ocsp" else b""
            self.send_response(200 if self.path == "/ocsp" else 404)
            self.end_headers()
            self.wfile.write(answer or b"")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "hosts"),
    [("/elsewhere", ("127.0.0.1",)), ("/ocsp", ())],
    ids=["no responder", "a responder in our own network, not allowed"],
)
def test_nobody_signs_in_by_a_responder_that_is_none(
    session: Session, mei: Member, responding: str, path: str, hosts: tuple[str, ...]
) -> None:
    bound(session, Holder(), member_id=mei.id)

    assert reason(session, Holder(), adapter=asking(responding + path, *hosts)) == (
        "carrier.certificate_uncheckable"
    )


def test_a_responder_is_asked_over_http(session: Session, mei: Member, responding: str) -> None:
    bound(session, Holder(), member_id=mei.id)

    assert prove(session, Holder(), adapter=asking(f"{responding}/ocsp", "127.0.0.1")).certified


def asking(url: str, *hosts: str) -> CertificateAdapter:
    issuer = pki.issuer(pki.generation(2), ocsp_url=url)
    profile = replace(pki.citizens(), issuers=(issuer,))
    return an_adapter(certificates.responder(hosts), pinned=Pinned(profiles=(profile,)))
