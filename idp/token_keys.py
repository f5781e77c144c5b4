"""Use signing keys that stay in a PKCS#11 token: made there, never given away.

One session a process, for no session survives a fork; it is used in turn with whoever else uses the
library (`kernel.tokens`). Whoever signs first in a process opens the token.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
)
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import NoSuchKey, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from idp.signing import KINDS, RSA_BITS, Private
from kernel.settings import SettingsInvalid
from kernel.tokens import Held, KeyAbsent

ED25519 = b"\x06\x03\x2b\x65\x70"  # the object identifier 1.3.101.112 (RFC 8410 3)
HOW: dict[str, dict[str, Any]] = {
    "ES256": {"mechanism": Mechanism.ECDSA},  # over a hash made here
    "RS256": {"mechanism": Mechanism.SHA256_RSA_PKCS},
    "PS256": {
        "mechanism": Mechanism.SHA256_RSA_PKCS_PSS,
        "mechanism_param": (Mechanism.SHA256, MGF.SHA256, 32),
    },
    "EdDSA": {"mechanism": Mechanism.EDDSA},
}
TYPES = {
    "ES256": KeyType.EC,
    "RS256": KeyType.RSA,
    "PS256": KeyType.RSA,
    "EdDSA": KeyType.EC_EDWARDS,
}
T = TypeVar("T")


class TokenKeys:
    """The signing keys of one token; each is found by its thumbprint."""

    def __init__(self, *, module: str, token: str, pin: str) -> None:
        """Know where the token is; it is opened when it is needed."""
        self._module, self._token, self._pin = module, token, pin
        self._held = Held(
            self._open, begin_anew=self._begin_anew, lost=PKCS11Error, absent=NoSuchKey
        )
        self._session: Any = None  # pkcs11 has no types worth the name
        self._keys: dict[tuple[str, str], Any] = {}  # same

    def make(self, alg: str) -> Private:
        """Make a key in the token and return its public half. Raises SettingsInvalid."""
        return self._with_session(lambda session: _made(session, alg), what=f"make a key for {alg}")

    def sign(self, kid: str, alg: str, message: bytes) -> bytes:
        """Return the signature as a JWS writes it. Raises SettingsInvalid, or its KeyAbsent."""
        data = hashlib.sha256(message).digest() if alg == "ES256" else message
        return self._with_session(
            lambda session: bytes(self._key(session, kid, alg).sign(data, **HOW[alg])), what="sign"
        )

    def _key(self, session: Any, kid: str, alg: str) -> Any:  # same
        """Return the key of this name and kind: another's name is no failure of the token."""
        if (kid, alg) not in self._keys:
            self._keys[kid, alg] = session.get_key(
                object_class=ObjectClass.PRIVATE_KEY, key_type=TYPES[alg], label=kid
            )
        return self._keys[kid, alg]

    def _with_session(self, do: Callable[[Any], T], *, what: str) -> T:
        """Do it, once more with a new session if the old one was lost."""
        try:
            return self._held.use(lambda: do(self._session))
        except PKCS11Error as failed:
            kind = KeyAbsent if isinstance(failed, NoSuchKey) else SettingsInvalid
            raise kind(
                f"token: cannot {what} ({type(failed).__name__}); "
                "look at the module, the token's label and its PIN"
            ) from None

    def _library(self) -> Any:  # same
        try:
            return pkcs11.lib(self._module)
        except RuntimeError:
            raise SettingsInvalid(f"token.module: {self._module} does not load") from None

    def _begin_anew(self) -> None:
        self._library().reinitialize()

    def _open(self) -> None:
        token = self._library().get_token(token_label=self._token)
        try:
            self._session = token.open(rw=True, user_pin=self._pin)
        except UserAlreadyLoggedIn:  # by another part of this process
            self._session = token.open(rw=True)
        self._keys = {}


def _made(session: Any, alg: str) -> Private:  # same
    public, private = _generated(session, alg)
    key = KINDS[alg].import_key(_pem(public, alg))
    kid = key.thumbprint()
    for half in (public, private):
        half[Attribute.LABEL] = kid
    return key


def _generated(session: Any, alg: str) -> tuple[Any, Any]:  # same
    if KINDS[alg] is KINDS["RS256"]:
        return session.generate_keypair(KeyType.RSA, RSA_BITS, store=True)  # type: ignore[no-any-return]  # no types
    kind, curve, how = (
        (KeyType.EC_EDWARDS, ED25519, Mechanism.EC_EDWARDS_KEY_PAIR_GEN)
        if alg == "EdDSA"
        else (KeyType.EC, encode_named_curve_parameters("secp256r1"), Mechanism.EC_KEY_PAIR_GEN)
    )
    parameters = session.create_domain_parameters(kind, {Attribute.EC_PARAMS: curve}, local=True)
    return parameters.generate_keypair(mechanism=how, store=True)  # type: ignore[no-any-return]  # same


def _pem(public: Any, alg: str) -> bytes:  # same
    key: Any  # of several kinds
    if alg == "ES256":
        key = load_der_public_key(encode_ec_public_key(public))
    elif alg == "EdDSA":
        key = ed25519.Ed25519PublicKey.from_public_bytes(bytes(public[Attribute.EC_POINT])[-32:])
    else:
        exponent, modulus = (
            int.from_bytes(public[each], "big")
            for each in (Attribute.PUBLIC_EXPONENT, Attribute.MODULUS)
        )
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    pem: bytes = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return pem
