"""A passkey made of software: it signs as a phone does, or wrongly in ways that have names."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

from kernel.ids import new_key

ORIGIN = "https://id.invalid"
PRESENT, VERIFIED, MAY_BE_COPIED, IS_COPIED, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Passkey:
    """One credential for one site; `count` 0 is one that does not count."""

    handle: bytes = b""
    origin: str = ORIGIN
    host: str = "id.invalid"
    count: int = 0
    flags: int = PRESENT | VERIFIED
    credential_id: bytes = field(default_factory=new_key)
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, challenge: str, **changes: Any) -> str:
        """Return what `navigator.credentials.create` gives, with `changes` of its client data."""
        data = self._client_data("webauthn.create", challenge, **changes)
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id
        authenticator = self._authenticator(ATTESTED) + attested + self._cose()
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": authenticator})
        return self._credential(
            {"clientDataJSON": b64(data), "attestationObject": b64(attestation)}
        )

    def get(self, challenge: str, **changes: Any) -> str:
        """Return what `navigator.credentials.get` gives, with `changes` of its client data."""
        data = self._client_data("webauthn.get", challenge, **changes)
        authenticator = self._authenticator()
        signed = authenticator + hashlib.sha256(data).digest()
        return self._credential(
            {
                "clientDataJSON": b64(data),
                "authenticatorData": b64(authenticator),
                "signature": b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": b64(self.handle),
            }
        )

    def _client_data(self, kind: str, challenge: str, **changes: Any) -> bytes:
        said = {
            "type": kind,
            "challenge": b64(challenge.encode()),
            "origin": self.origin,
            "crossOrigin": False,
        }
        return json.dumps({**said, **changes}).encode()

    def _authenticator(self, more: int = 0) -> bytes:
        site = hashlib.sha256(self.host.encode()).digest()
        return site + struct.pack(">BI", self.flags | more, self.count)

    def _cose(self) -> bytes:
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        return encode_cbor({1: 2, 3: -7, -1: 1, -2: x, -3: y})

    def _credential(self, response: dict[str, str]) -> str:
        name = b64(self.credential_id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
