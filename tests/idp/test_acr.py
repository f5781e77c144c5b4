from dataclasses import replace
from uuid import UUID

import pytest

from adapters.contract import Capabilities, Proof, ProofKind
from idp import acr
from idp.acr import ACR, Assurance
from kernel.errors import Refused
from kernel.wording import Bilingual
from tests.make import NOON

PASSWORD = Proof(
    member_id=UUID(int=1),
    kind=ProofKind.KNOWLEDGE,
    holder_verified=False,
    hardware=False,
    origin_bound=False,
    at=NOON,
)
CODE = replace(PASSWORD, kind=ProofKind.ONE_TIME)
KEYED = replace(PASSWORD, kind=ProofKind.SYMMETRIC, hardware=True)
PASSKEY = replace(PASSWORD, kind=ProofKind.WEBAUTHN, holder_verified=True)


CARD = replace(PASSKEY, kind=ProofKind.SIGNATURE, hardware=True, certified=True, origin_bound=True)


def offering(*proofs: ProofKind, verified: bool = False, certified: bool = False) -> Capabilities:
    return Capabilities(
        label=Bilingual("方式", "way"),
        proofs=proofs,
        holder_verification=verified,
        needs_script=False,
        fields=(),
        certified=certified,
    )


def test_a_password_is_worth_the_first_level() -> None:
    assert acr.worth(PASSWORD) == Assurance(ACR[0], ("pwd",))


def test_a_passkey_that_verified_its_holder_is_worth_the_second() -> None:
    assert acr.worth(PASSKEY) == Assurance(ACR[1], ("swk", "user", "mfa"))
    assert acr.worth(replace(PASSKEY, hardware=True)).amr == ("hwk", "user", "mfa")


@pytest.mark.clause("2(8)2")
def test_a_card_with_its_pin_and_a_checked_certificate_is_worth_the_third() -> None:
    assert acr.worth(CARD) == Assurance(ACR[2], ("hwk", "sc", "pin", "mfa"))


def test_a_card_whose_signature_names_no_origin_is_worth_the_second() -> None:
    """A page elsewhere may have relayed the question."""
    relayed = acr.worth(replace(CARD, origin_bound=False))

    assert relayed == Assurance(ACR[1], ("hwk", "sc", "pin", "mfa"))


def test_a_certificate_whose_key_may_be_copied_is_worth_the_first() -> None:
    assert acr.worth(replace(CARD, hardware=False)) == Assurance(ACR[0], ("swk",))
    assert acr.worth(replace(CARD, holder_verified=False)) == Assurance(ACR[0], ("swk",))


@pytest.mark.refusal("login.proof_too_weak")
@pytest.mark.parametrize(
    "proof",
    [
        replace(PASSKEY, holder_verified=False),
        *[
            replace(PASSWORD, kind=kind)
            for kind in ProofKind
            if kind not in {ProofKind.KNOWLEDGE, ProofKind.WEBAUTHN, ProofKind.SYMMETRIC}
        ],
    ],
)
def test_everything_else_is_no_authentication(proof: Proof) -> None:
    with pytest.raises(Refused) as refused:
        acr.worth(proof)

    assert refused.value.code == "login.proof_too_weak"


def test_a_code_beside_a_password_is_worth_the_second() -> None:
    assert acr.worth(CODE, known_by=("pwd",)) == Assurance(ACR[1], ("pwd", "otp", "mfa"))
    assert acr.adds(CODE, known_by=("pwd",))
    assert not acr.adds(PASSWORD, known_by=("pwd",))


def test_a_card_with_a_key_is_worth_the_first_and_with_a_password_the_second() -> None:
    assert acr.worth(KEYED) == Assurance(ACR[0], ("hwk", "sc"))
    assert acr.worth(KEYED, known_by=("pwd",)) == Assurance(ACR[1], ("hwk", "sc", "pwd", "mfa"))
    assert acr.adds(KEYED, known_by=("pwd",))
    assert not acr.adds(KEYED, known_by=("hwk", "sc"))


@pytest.mark.clause("7(6)1")
@pytest.mark.refusal("login.proof_too_weak")
def test_a_bare_number_is_worth_nothing_beside_whatever() -> None:
    number = replace(PASSWORD, kind=ProofKind.IDENTIFIER)

    for known_by in ((), ("pwd",), ("hwk", "sc"), ("swk", "user", "mfa")):
        with pytest.raises(Refused, match=r"^login\.proof_too_weak$"):
            acr.worth(number, known_by=known_by)


@pytest.mark.refusal("login.proof_too_weak")
def test_a_code_alone_or_beside_something_else_signs_nobody_in() -> None:
    for known_by in ((), ("swk", "user", "mfa")):
        with pytest.raises(Refused, match=r"^login\.proof_too_weak$"):
            acr.worth(CODE, known_by=known_by)


def test_a_session_adds_to_no_other_proof() -> None:
    assert acr.worth(PASSWORD, known_by=("swk", "user", "mfa")) == Assurance(ACR[0], ("pwd",))


def test_levels_are_ordered_and_strangers_have_none() -> None:
    assert [acr.level(each) for each in (*ACR, "urn:x", "")] == [1, 2, 3, 0, 0]


def test_the_weakest_acceptable_is_enough() -> None:
    assert acr.reaches(ACR[1], [ACR[2], ACR[0]])
    assert not acr.reaches(ACR[0], [ACR[1], ACR[2]])
    assert acr.reaches(ACR[0], ["urn:x"])


def test_what_is_reachable_follows_from_the_adapters() -> None:
    passkey = offering(ProofKind.WEBAUTHN, verified=True)

    assert acr.reachable([]) == frozenset()
    assert acr.reachable([offering(ProofKind.IDENTIFIER)]) == frozenset()
    assert acr.reachable([offering(ProofKind.WEBAUTHN)]) == frozenset()
    assert acr.reachable([offering(ProofKind.KNOWLEDGE)]) == {ACR[0]}
    assert acr.reachable([offering(ProofKind.KNOWLEDGE), passkey]) == set(ACR[:2])
    files = offering(ProofKind.SIGNATURE, certified=True)
    assert acr.reachable([files]) == {ACR[0]}
    cards = offering(ProofKind.SIGNATURE, verified=True, certified=True)
    assert acr.reachable([passkey, cards]) == set(ACR)
    assert acr.reachable([offering(ProofKind.SIGNATURE, verified=True)]) == set(ACR[:2])


def test_a_code_reaches_the_second_level_only_beside_a_password() -> None:
    password, code = offering(ProofKind.KNOWLEDGE), offering(ProofKind.ONE_TIME)

    assert acr.reachable([code]) == frozenset()
    assert acr.reachable(iter([password, code])) == set(ACR[:2])
    assert acr.reachable_from(code, known_by=("pwd",)) == set(ACR[:2])
    assert acr.reachable_from(code, known_by=("hwk", "user", "mfa")) == frozenset()
    assert acr.reachable_from(password, known_by=()) == {ACR[0]}


def test_a_card_reaches_the_second_level_only_beside_a_password() -> None:
    password, card = offering(ProofKind.KNOWLEDGE), offering(ProofKind.SYMMETRIC)

    assert acr.reachable([card]) == {ACR[0]}
    assert acr.reachable([password, card]) == set(ACR[:2])
    assert acr.reachable_from(card, known_by=("pwd",)) == set(ACR[:2])
    assert acr.reachable_from(card, known_by=("hwk", "sc")) == {ACR[0]}
