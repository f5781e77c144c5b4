"""Weak keys: too short, or of the kinds that were factored in public."""

from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from kernel.strong_keys import KnownWeak, is_strong
from tests.certificates import pki

ONE_PRIME = 2**1023 + 1155  # stands for a prime that a broken card drew again and again


def public(n: int, e: int = 65537) -> rsa.RSAPublicKey:
    return rsa.RSAPublicNumbers(e, n).public_key()


def test_keys_of_good_authorities_are_strong() -> None:
    assert is_strong(pki.rsa_key("any").public_key())
    assert is_strong(ec.generate_private_key(ec.SECP384R1()).public_key())


@pytest.mark.parametrize("bits", [1024, 2047])
def test_a_short_key_is_weak(bits: int) -> None:
    assert not is_strong(pki.rsa_key(f"short {bits}", bits).public_key())


def test_a_key_that_would_keep_us_busy_is_weak() -> None:
    assert not is_strong(public((1 << 8192) + 1))


def test_a_small_exponent_is_weak() -> None:
    assert not is_strong(public(pki.rsa_key("any").public_key().public_numbers().n, e=3))


def test_a_modulus_with_a_small_factor_is_weak() -> None:
    assert not is_strong(public(1009 * ((1 << 2040) + 1)))


def test_primes_drawn_next_to_each_other_are_weak() -> None:
    p = pki.rsa_key("any").private_numbers().p
    q = next(each for each in range(p + 2, p + 100_000, 2) if pow(2, each - 1, each) == 1)

    assert not is_strong(public(p * q))


def test_keys_of_the_flawed_card_library_are_weak() -> None:
    """Make a modulus as that library did: a power of 65537 modulo a product of primes."""
    product = 1
    for prime in (p for p in range(3, 168) if all(p % d for d in range(2, p))):
        product *= prime
    residue = pow(65537, 12_345, product)
    n = residue + product * ((1 << 2047) // product + 2)
    n = n if n % 2 else n + product

    assert n.bit_length() == 2048
    assert not is_strong(public(n))


def test_a_listed_modulus_is_weak() -> None:
    key = pki.rsa_key("any").public_key()
    n = key.public_numbers().n
    listed = KnownWeak(moduli=[sha256(n.to_bytes(256, "big")).digest()])

    assert is_strong(key)
    assert not is_strong(key, known_weak=listed)


def test_a_modulus_that_shares_a_listed_prime_is_weak() -> None:
    numbers = pki.rsa_key("any").private_numbers()
    listed = KnownWeak(primes=[numbers.p])

    assert not is_strong(pki.rsa_key("any").public_key(), known_weak=listed)
    assert is_strong(pki.rsa_key("other").public_key(), known_weak=listed)
