"""Every parser of what strangers send, and the refusals it may answer with; all else is a bug."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from adapters import web_eid
from adapters.agent import tlv
from adapters.agent.troubles import Trouble
from adapters.certificate import cms, reading
from adapters.contract import NotProven
from adapters.passkey import ceremony
from adapters.smartcard import apdu
from idp import claims_parameter, dpop, parameters
from idp.errors import ProtocolError
from idp.signing import SignatureInvalid, read_keys, read_signed, read_trusted
from kernel import compact
from kernel.errors import Refused
from services import consolidation_files as files
from services import pdf_actions, pictures
from services.consolidation_schema import Field
from tests.make import NOON

CORPUS = Path(__file__).parent / "corpus"
KEYS = read_keys({"keys": [json.loads((Path(__file__).parent / "key.json").read_text())]})
COLUMNS = [each.value for each in (Field.NUMBER, Field.STATE, Field.SINCE, Field.AS_OF)]


@dataclass(frozen=True)
class Target:
    """One parser."""

    parse: Callable[[bytes], object]
    refusals: tuple[type[Exception], ...] = ()

    def stands(self, raw: bytes) -> None:
        """Parse `raw`, or refuse it; anything else passes through as the bug it is."""
        try:
            self.parse(raw)
        except self.refusals:
            return


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def _certificate(raw: bytes) -> None:
    certificate = reading.read(raw)
    reading.directory_attributes(certificate)
    reading.named(certificate)


def _token(raw: bytes) -> None:
    compact.unverified(_text(raw), compact.HEADER)
    compact.unverified(_text(raw), compact.CLAIMS)


def _signed(raw: bytes) -> None:
    read_trusted(_text(raw), KEYS)
    read_signed(_text(raw), KEYS, typ="JWT")


def _proof(raw: bytes) -> None:
    dpop.read(_text(raw), method="POST", address="https://id.example.invalid/token", now=NOON)


def _card(raw: bytes) -> None:
    apdu.answer(raw)
    tlv.find(raw[:-2], raw[0])


def _import(raw: bytes) -> None:
    file = BytesIO(raw)
    form, encoding = files.recognise(file), files.detect(file)
    files.require_columns(file, form, encoding, columns=COLUMNS)
    for _ in files.records(file, form, encoding):
        pass


def _picture(raw: bytes) -> None:
    for kind in pictures.FORMATS:
        with suppress(Refused):
            pictures.redrawn(kind, raw)


TARGETS = {
    "certificate": Target(_certificate, (reading.Unreadable,)),
    "cms": Target(lambda raw: cms.signer_of(raw, b"text"), (NotProven,)),
    "token": Target(_token, (ValueError,)),
    "signed": Target(_signed, (SignatureInvalid,)),
    "dpop": Target(_proof, (dpop.ProofInvalid,)),
    "web-eid": Target(lambda raw: web_eid.read(_text(raw)), (NotProven,)),
    "passkey": Target(lambda raw: ceremony.read(_text(raw)), (ceremony.Unreadable,)),
    "card": Target(_card, (Refused, Trouble)),
    "card-text": Target(lambda raw: apdu.atr(_text(raw)), (Refused,)),
    "form": Target(parameters.read),
    "claims": Target(lambda raw: claims_parameter.read(_text(raw)), (ProtocolError,)),
    "import": Target(_import, (Refused,)),
    "picture": Target(_picture),
    "pdf": Target(pdf_actions.require_still, (Refused,)),
}


def corpus(name: str) -> list[bytes]:
    """Return what is saved for one parser: sound inputs, and those that once broke it."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
