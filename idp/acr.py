"""Say what a proof is worth: the one table from proofs to acr and amr (RFC 8176)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from adapters.contract import Capabilities, Proof, ProofKind
from kernel.errors import Refused

ACR = ("urn:taipei-id:acr:1", "urn:taipei-id:acr:2", "urn:taipei-id:acr:3")
KNOWN = frozenset(ACR)
# The most a phone can vouch for another device: a code that is passed on binds no origin.
HANDED_OVER = ACR[1]
BY_ANOTHER_DEVICE = "mca"  # (RFC 8176 2)
# What makes a password more than it is (NIST SP 800-63B-4 2.2).
BESIDE_A_PASSWORD = {
    ProofKind.ONE_TIME: ("pwd", "otp", "mfa"),
    ProofKind.SYMMETRIC: ("hwk", "sc", "pwd", "mfa"),
}


@dataclass(frozen=True)
class Assurance:
    """How surely a member was identified, and by which methods."""

    acr: str
    amr: tuple[str, ...]


def worth(proof: Proof, *, known_by: Collection[str] = ()) -> Assurance:
    """Return what `proof` is worth. Raises Refused `login.proof_too_weak` if it proves nobody.

    `known_by` are the amr of what the same member proved before in the same browser. A one-time
    code is no login of its own, and a card that shares a key with us is a weak one, because a
    stranger may hold it; with a password each is a second factor. A bare number is never worth
    anything (docs/decisions/0044).
    """
    if "pwd" in known_by and proof.kind in BESIDE_A_PASSWORD:
        return Assurance(ACR[1], BESIDE_A_PASSWORD[proof.kind])
    if proof.kind is ProofKind.KNOWLEDGE:
        return Assurance(ACR[0], ("pwd",))
    if proof.kind is ProofKind.WEBAUTHN and proof.holder_verified:
        return Assurance(ACR[1], ("hwk" if proof.hardware else "swk", "user", "mfa"))
    if proof.kind is ProofKind.SYMMETRIC:
        return Assurance(ACR[0], ("hwk", "sc"))
    if proof.kind is ProofKind.SIGNATURE and proof.certified:
        return _certificate(proof)
    if proof.kind is ProofKind.SIGNATURE and proof.holder_verified:
        return Assurance(ACR[1], ("hwk", "sc", "pin", "mfa"))
    raise Refused("login.proof_too_weak")


def _certificate(proof: Proof) -> Assurance:
    """Say what a checked certificate is worth: a card after its PIN identifies the most surely.

    Where no origin was signed, a page elsewhere may have relayed the question, and seen the PIN.
    """
    if proof.hardware and proof.holder_verified:
        reached = ACR[2] if proof.origin_bound else ACR[1]
        return Assurance(reached, ("hwk", "sc", "pin", "mfa"))
    return Assurance(ACR[0], ("swk",))


def adds(proof: Proof, *, known_by: Collection[str]) -> bool:
    """Say whether a proof only adds to an earlier one, whose moment then stays the session's."""
    return "pwd" in known_by and proof.kind in BESIDE_A_PASSWORD


def handed_over(acr: str, amr: Iterable[str]) -> Assurance:
    """Return what a session is worth on the device a phone signed in (`mca`, RFC 8176 2)."""
    methods = tuple(dict.fromkeys((*amr, BY_ANOTHER_DEVICE)))
    return Assurance(min(acr, HANDED_OVER, key=level), methods)


def weakest(acceptable: Iterable[str]) -> str:
    """Return the weakest acr we know of those that will do, empty if any will."""
    return min((each for each in acceptable if each in KNOWN), key=level, default="")


def level(acr: str) -> int:
    """Return the rank of an acr: 1 to 3, and 0 for one we do not know."""
    return ACR.index(acr) + 1 if acr in KNOWN else 0


def reaches(acr: str, wanted: Iterable[str]) -> bool:
    """Say whether `acr` is at least as strong as the weakest acceptable of `wanted`."""
    levels = [level(each) for each in wanted if each in KNOWN]
    return not levels or level(acr) >= min(levels)


def reachable(adapters: Iterable[Capabilities]) -> frozenset[str]:
    """Return the acr values these adapters can establish, weaker ones included."""
    loaded = tuple(adapters)
    best = max((_best(each) for each in loaded), default=0)
    kinds = {kind for each in loaded for kind in each.proofs}
    if ProofKind.KNOWLEDGE in kinds and kinds & BESIDE_A_PASSWORD.keys():
        best = max(best, 2)
    return frozenset(ACR[:best])


def reachable_from(capabilities: Capabilities, *, known_by: Collection[str]) -> frozenset[str]:
    """Return the acr values one adapter can establish for whom a session knows by these amr."""
    if "pwd" in known_by and BESIDE_A_PASSWORD.keys() & set(capabilities.proofs):
        return frozenset(ACR[:2])
    return reachable([capabilities])


def _best(capabilities: Capabilities) -> int:
    if ProofKind.SIGNATURE in capabilities.proofs and capabilities.certified:
        return 3 if capabilities.holder_verification else 1
    if {ProofKind.WEBAUTHN, ProofKind.SIGNATURE} & set(capabilities.proofs):
        return 2 if capabilities.holder_verification else 0
    return 1 if {ProofKind.KNOWLEDGE, ProofKind.SYMMETRIC} & set(capabilities.proofs) else 0
