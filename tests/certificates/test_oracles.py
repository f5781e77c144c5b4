"""Every certificate through ours, another validator and OpenSSL: where we differ stands here.

Both oracles get the pinned issuers as anchors and the policy to demand. What only we refuse are
demands of our own; nothing that we accept is refused by both.
"""

import asyncio
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.policy_decl import PKIXValidationParams

from adapters.certificate import checks, revocation_lists
from kernel.errors import Refused
from tests.certificates import pki
from tests.certificates.leaves import BAD, GOOD
from tests.certificates.pki import Leaf
from tests.make import NOON

VALIDATOR, OPENSSL = "certvalidator", "openssl"
BOTH = frozenset({VALIDATOR, OPENSSL})
NEITHER: frozenset[str] = frozenset()

# Bad certificates that others let pass, each with the reason that we do not.
OTHERS_ACCEPT: dict[str, frozenset[str]] = {
    # A card's second certificate is for encryption: signing in with it proves nothing.
    "for encryption": frozenset({OPENSSL}),
    "without a usage": frozenset({OPENSSL}),
    # Without a purpose of ours to ask for, they ask for none.
    "for servers only": BOTH,
    "that may sign certificates": BOTH,
    # All generations bear one name: we want the key named, they try every key of that name.
    "that names no issuer key": BOTH,
    # How strong a key must be is policy, and theirs is of another time.
    "with a short key": BOTH,
    "on another curve": BOTH,
    "signed over a weak hash": BOTH,
    # What a certificate must say of its holder is ours to know.
    "with long attributes of no meaning": BOTH,
    "without attributes": BOTH,
    "with another attribute only": BOTH,
    "with an attribute of two values": BOTH,
    "with the attribute twice": BOTH,
    "with malformed attributes": frozenset({OPENSSL}),
    "with an attribute that is no text": BOTH,
    "with an attribute in no alphabet": BOTH,
    "without a holder's number": BOTH,
    "without a holder's name": BOTH,
}
# RFC 5280 4.1.2.5 includes the last second; OpenSSL does not.
OTHERS_REFUSE = {"on its last day": frozenset({OPENSSL})}


def ours(der: bytes) -> bool:
    try:
        checks.check(der, (pki.citizens(),), now=NOON)
    except Refused:
        return False
    return True


def validator(der: bytes, **more: Any) -> bool:  # options of the library's, of several types
    options: dict[str, Any] = {
        "trust_roots": [asn1.Certificate.load(pki.generation(each).der) for each in (2, 3)],
        "moment": NOON,
        "time_tolerance": timedelta(0),
        "revocation_mode": "soft-fail",
    }
    context = ValidationContext(**{**options, "allow_fetching": False, **more})
    demanded = PKIXValidationParams(
        user_initial_policy_set=frozenset([pki.POLICY]), initial_explicit_policy=not more
    )
    try:
        asked = CertificateValidator(
            asn1.Certificate.load(der), validation_context=context, pkix_params=demanded
        )
        using = asked.async_validate_usage(key_usage={"digital_signature"})  # type: ignore[no-untyped-call]  # it has no types
        with ThreadPoolExecutor(1) as beside:  # where no browser's event loop is running
            beside.submit(asyncio.run, using).result()
    except (PathError, ValidationError, ValueError):
        return False
    return True


@cache
def _anchors() -> bytes:
    return b"".join(pki.generation(each).certificate.public_bytes(Encoding.PEM) for each in (2, 3))


def openssl(der: bytes, folder: Path, *more: str) -> bool:
    (folder / "anchors.pem").write_bytes(_anchors())
    (folder / "leaf.der").write_bytes(der)
    command = ["openssl", "verify", "-partial_chain", "-no-CApath", "-no-CAstore"]
    command += ["-CAfile", "anchors.pem", "-attime", str(int(NOON.timestamp()))]
    command += ["-policy", pki.POLICY, "-explicit_policy", "-policy_check", *more, "leaf.der"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    return done.returncode == 0


def accepting(der: bytes, folder: Path) -> frozenset[str]:
    said = {VALIDATOR: validator(der), OPENSSL: openssl(der, folder)}
    return frozenset(name for name, accepts in said.items() if accepts)


@pytest.mark.parametrize("case", GOOD)
def test_what_we_accept_others_accept(tmp_path: Path, case: str) -> None:
    der = GOOD[case]().der()

    assert ours(der)
    assert accepting(der, tmp_path) == BOTH - OTHERS_REFUSE.get(case, NEITHER)


@pytest.mark.parametrize("case", BAD)
def test_what_we_refuse_others_refuse_but_for_reasons_of_ours(tmp_path: Path, case: str) -> None:
    _, leaf = BAD[case]
    der = leaf().der()

    assert not ours(der)
    assert accepting(der, tmp_path) == OTHERS_ACCEPT.get(case, NEITHER)


def test_the_table_names_no_case_that_is_gone() -> None:
    assert OTHERS_ACCEPT.keys() <= BAD.keys()
    assert OTHERS_REFUSE.keys() <= GOOD.keys()


@pytest.mark.parametrize("serial", [77, 78])
def test_all_read_a_revocation_list_alike(tmp_path: Path, serial: int) -> None:
    der, is_revoked = Leaf(serial=serial).der(), serial == 77
    crl, of_root = (pki.revocation_list(by, [77]) for by in (pki.generation(2), pki.root()))
    (tmp_path / "list.der").write_bytes(crl)
    arguments = ["crl", "-inform", "DER", "-in", "list.der", "-out", "list.pem"]
    subprocess.run(["openssl", *arguments], cwd=tmp_path, capture_output=True, check=True)

    theirs = validator(
        der,
        trust_roots=[asn1.Certificate.load(pki.root().der)],
        other_certs=[asn1.Certificate.load(pki.generation(2).der)],
        crls=[asn1_crl.CertificateList.load(each) for each in (crl, of_root)],
        revocation_mode="require",  # any other mode passes what names no list
    )

    assert theirs is not is_revoked
    assert openssl(der, tmp_path, "-crl_check", "-CRLfile", "list.pem") is not is_revoked
    assert revocation_lists.is_signed_by(crl, pki.issuer(pki.generation(2)))
