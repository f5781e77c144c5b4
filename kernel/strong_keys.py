"""Judge a public key: strong enough, and not one of those that were known to be weak.

In 2013 the moduli of 184 citizen cards were factored: bad randomness had given some of them a
common prime, others a prime of a guessable pattern. So a key is asked more than its length.
"""

from collections.abc import Iterable
from hashlib import sha256
from math import gcd, isqrt, prod

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

LEAST_RSA_BITS = 2048
MOST_RSA_BITS = 8192  # checking a signature by a longer one is work an attacker chooses
CURVES = (ec.SECP256R1, ec.SECP384R1)
LEAST_EXPONENT = 65537
_FERMAT_ROUNDS = 128  # finds primes that were drawn next to each other
_SIEVE = 1 << 11


def _primes(below: int) -> list[int]:
    sieve = bytearray([1]) * below
    sieve[:2] = b"\0\0"
    for n in range(2, isqrt(below) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(sieve[n * n :: n]))
    return [n for n, is_prime in enumerate(sieve) if is_prime]


_SMALL = _primes(_SIEVE)
_PRODUCT = prod(_SMALL)
# Keys of a flawed card library are powers of 65537 modulo each of these (CVE-2017-15361).
_TELLTALE = {
    prime: frozenset(pow(65537, power, prime) for power in range(prime - 1))
    for prime in _SMALL
    if 2 < prime <= 167  # noqa: PLR2004  # as far as the flawed generator's own product goes
}


class KnownWeak:
    """Moduli and primes that were published as broken, as an operator lists them."""

    def __init__(self, *, moduli: Iterable[bytes] = (), primes: Iterable[int] = ()) -> None:
        """Take SHA-256 digests of broken moduli (big-endian bytes), and broken primes."""
        self._moduli = frozenset(moduli)
        self._primes = prod(primes)

    def holds(self, modulus: int) -> bool:
        """Say whether this modulus is listed, or shares a listed prime."""
        digest = sha256(modulus.to_bytes((modulus.bit_length() + 7) // 8, "big")).digest()
        return digest in self._moduli or gcd(modulus, self._primes) > 1


NONE_KNOWN = KnownWeak()


def is_strong(key: CertificatePublicKeyTypes, *, known_weak: KnownWeak = NONE_KNOWN) -> bool:
    """Say whether a signature by this key proves anything: RSA of 2048 bits or more, P-256, P-384.

    Everything else, known-weak keys included, is not strong.
    """
    if isinstance(key, ec.EllipticCurvePublicKey):
        return isinstance(key.curve, CURVES)
    return isinstance(key, rsa.RSAPublicKey) and _is_strong_rsa(key.public_numbers(), known_weak)


def _is_strong_rsa(numbers: rsa.RSAPublicNumbers, known_weak: KnownWeak) -> bool:
    n = numbers.n
    return (
        LEAST_RSA_BITS <= n.bit_length() <= MOST_RSA_BITS
        and numbers.e >= LEAST_EXPONENT
        and gcd(n, _PRODUCT) == 1
        and not _is_telltale(n)
        and not _factors_are_close(n)
        and not known_weak.holds(n)
    )


def _is_telltale(n: int) -> bool:
    return all(n % prime in residues for prime, residues in _TELLTALE.items())


def _factors_are_close(n: int) -> bool:
    """Try Fermat's factoring for a few rounds."""
    a = isqrt(n - 1) + 1
    for _ in range(_FERMAT_ROUNDS):
        b2 = a * a - n
        if isqrt(b2) ** 2 == b2:
            return True
        a += 1
    return False
