"""Say what a card signs for a page: the hash of the page's origin, then the hash of our question.

Server and card program agree on it here; the program needs nothing else of the server's.
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512, Hash, HashAlgorithm

HASHES: Mapping[str, HashAlgorithm] = {"256": SHA256(), "384": SHA384(), "512": SHA512()}


def message(origin: str, nonce: str, algorithm: str) -> bytes:
    """Return what is signed under this algorithm (RFC 7518 3.1)."""
    hash_ = HASHES[algorithm[2:]]
    return _digest(origin.encode(), hash_) + _digest(nonce.encode(), hash_)


def _digest(data: bytes, algorithm: HashAlgorithm) -> bytes:
    hasher = Hash(algorithm)
    hasher.update(data)
    return hasher.finalize()
