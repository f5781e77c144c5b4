"""Sign certificates with a key that never leaves its PKCS#11 token (P-256).

One session a process, for none survives a fork; it is used in turn with whoever else uses the
library (`kernel.tokens`). Whoever serves requests opens the key when it first signs.
"""

from typing import Any, NoReturn

import pkcs11
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import NoSuchKey, PKCS11Error, UserAlreadyLoggedIn
from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

from kernel.settings import SettingsInvalid
from kernel.tokens import Held

_CURVE_BYTES = 32
_CURVE_BITS = 256


class TokenKey(ec.EllipticCurvePrivateKey):
    """A private key of which only its use is given away."""

    def __init__(self, *, module: str, token: str, pin: str, label: str) -> None:
        """Open the token and find the key. Raises SettingsInvalid."""
        self._module, self._token, self._pin, self._label = module, token, pin, label
        self._held = Held(
            self._open, begin_anew=self._begin_anew, lost=PKCS11Error, absent=NoSuchKey
        )
        try:
            found = self._held.open()
        except (PKCS11Error, RuntimeError, ValueError, KeyError) as failed:
            raise self._not_opening(failed) from None
        if not isinstance(found, ec.EllipticCurvePublicKey) or found.key_size != _CURVE_BITS:
            raise SettingsInvalid(f"token: {label} is no key on P-256")
        self._public = found

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Return the signature as X.509 writes one; `data` is hashed here.

        Raises SettingsInvalid while the token cannot be reached.
        """
        algorithm: Any = signature_algorithm.algorithm  # a hash: nothing here is hashed before
        hasher = Hash(algorithm)
        hasher.update(data)
        hashed = hasher.finalize()
        try:
            raw = self._held.use(lambda: bytes(self._key.sign(hashed, mechanism=Mechanism.ECDSA)))
        except PKCS11Error as failed:
            raise self._not_opening(failed) from None
        r, s = (int.from_bytes(each, "big") for each in (raw[:_CURVE_BYTES], raw[_CURVE_BYTES:]))
        return encode_dss_signature(r, s)

    def _begin_anew(self) -> None:
        pkcs11.lib(self._module).reinitialize()

    def _open(self) -> object:
        """Open a session, find the private key and return the public one."""
        library = pkcs11.lib(self._module)
        session = _opened(library.get_token(token_label=self._token), self._pin)
        self._key, found = _both(session, self._label)
        return found

    def _not_opening(self, failed: Exception) -> SettingsInvalid:
        return SettingsInvalid(
            f"token: no key called {self._label} opens there ({type(failed).__name__}); "
            "look at the module, the token's label and its PIN"
        )

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Return the public half."""
        return self._public

    @property
    def curve(self) -> ec.EllipticCurve:
        """Return P-256."""
        return self._public.curve

    @property
    def key_size(self) -> int:
        """Return the bits of the curve."""
        return self._public.key_size

    def _never(self, *_arguments: object, **_options: object) -> NoReturn:
        raise NotImplementedError("the key stays in its token")

    exchange = private_numbers = private_bytes = __copy__ = __deepcopy__ = _never


def _opened(token: pkcs11.Token, pin: str) -> pkcs11.Session:
    try:
        return token.open(user_pin=pin)
    except UserAlreadyLoggedIn:  # the provider's keys are in it, too
        return token.open()


def _both(session: pkcs11.Session, label: str) -> tuple[Any, object]:
    """Return the private key to use and the public one to show; else log out again."""
    try:
        private = session.get_key(
            object_class=ObjectClass.PRIVATE_KEY, key_type=KeyType.EC, label=label
        )
        public: Any = session.get_key(object_class=ObjectClass.PUBLIC_KEY, label=label)
        return private, load_der_public_key(encode_ec_public_key(public))
    except (PKCS11Error, ValueError, KeyError):
        session.close()
        raise


def make_key(*, module: str, token: str, pin: str, label: str) -> None:
    """Make a key on P-256 in the token. Raises SettingsInvalid."""
    try:
        with pkcs11.lib(module).get_token(token_label=token).open(rw=True, user_pin=pin) as session:
            parameters = session.create_domain_parameters(
                KeyType.EC,
                {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")},
                local=True,
            )
            parameters.generate_keypair(store=True, label=label)
    except (PKCS11Error, RuntimeError) as failed:
        raise SettingsInvalid(
            f"token: no key could be made there ({type(failed).__name__}); "
            "look at the module, the token's label and its PIN"
        ) from None
