"""Every parser of what strangers send, and the refusals it may answer with; all else is a bug."""

import base64
import json
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from adapters import web_eid
from adapters.agent import keys as card_keys
from adapters.agent import tlv
from adapters.agent.troubles import Trouble
from adapters.certificate import authority, cms, ocsp, reading, revocation_lists
from adapters.certificate.checks import Checked
from adapters.certificate.profiles import Issuer, Profile
from adapters.contract import NotProven
from adapters.passkey import ceremony
from adapters.smartcard import apdu
from clients import authentication
from clients import keys as client_keys
from idp import claims_parameter, details, dpop, parameters, registration
from idp.errors import ProtocolError
from idp.signing import SignatureInvalid, read_keys, read_signed, read_trusted
from kernel import compact
from kernel.errors import Refused
from kernel.wording import Bilingual
from members import birth_days, contacts, numbers, person_names
from services import consolidation_files as files
from services import consolidation_sheets as sheets
from services import findings, pdf_actions, pictures
from services.consolidation_schema import Field
from tests.make import NOON
from web import fronts

HERE = Path(__file__).parent
CORPUS = HERE / "corpus"
KEYS = read_keys({"keys": [json.loads((HERE / "key.json").read_text())]})
ISSUER = Issuer(certificate=reading.read((HERE / "authority.der").read_bytes()))
HOLDER = reading.read((HERE / "holder.der").read_bytes())
ABOUT = Checked(
    certificate=HOLDER,
    profile=Profile(
        name="fuzzed",
        label=Bilingual("測試", "Test"),
        family="fuzzed",
        issuers=(ISSUER,),
        policies=frozenset(),
        attributes=frozenset(),
        hardware=False,
        holder_verified=False,
    ),
    issuer=ISSUER,
    named=reading.named(HOLDER),
    attributes={},
)
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


def _sheet(raw: bytes) -> None:
    for _ in sheets.rows(BytesIO(raw), most_columns=files.MOST_COLUMNS):
        pass


def _sheet_rows(raw: bytes) -> None:
    """Put `raw` where a sound workbook has its rows: a checksum would end every other change."""
    packed = BytesIO()
    with (
        zipfile.ZipFile(CORPUS / "sheet" / "00-sound") as sound,
        zipfile.ZipFile(packed, "w") as book,
    ):
        for each in sound.namelist():
            book.writestr(each, raw if each == "xl/worksheets/sheet1.xml" else sound.read(each))
    _sheet(packed.getvalue())


def _front(raw: bytes) -> None:
    text = base64.encodebytes(raw).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{text}-----END CERTIFICATE-----\n"
    fronts.certificate({"HTTP_X_CLIENT_CERTIFICATE": quote(pem)})


def _shown(raw: bytes) -> None:
    """Read what a card shows as its certificate, here and on its holder's computer."""
    token = web_eid.Token(certificate=raw, algorithm="ES256", signature=bytes(64))
    with suppress(NotProven):
        web_eid.is_message_signed(token, b"message")
    card_keys.may_sign_in(raw)
    card_keys.kind_of(raw)


def _typed(raw: bytes) -> None:
    """Read the same text as everything that people type."""
    text = _text(raw)
    readers: list[Callable[[str], object]] = [
        numbers.recognise,
        person_names.read,
        lambda typed: birth_days.read(typed, today=NOON.date()),
        birth_days.read_day,
        contacts.read_phone,
        contacts.read_mail,
    ]
    for read in readers:
        with suppress(Refused):
            read(text)


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
    "card-certificate": Target(_shown, (Trouble,)),
    "card-text": Target(lambda raw: apdu.atr(_text(raw)), (Refused,)),
    "form": Target(parameters.read),
    "claims": Target(lambda raw: claims_parameter.read(_text(raw)), (ProtocolError,)),
    "import": Target(_import, (Refused,)),
    "picture": Target(_picture),
    "pdf": Target(pdf_actions.require_still, (Refused,)),
    "sheet": Target(_sheet, (Refused,)),
    "sheet-rows": Target(_sheet_rows, (Refused,)),
    "findings": Target(lambda raw: findings.read(_text(raw)), (Refused,)),
    "revocation-list": Target(lambda raw: revocation_lists.is_signed_by(raw, ISSUER)),
    "ocsp": Target(lambda raw: ocsp.read_answer(raw, ABOUT, nonce=b"nonce", now=NOON)),
    "device-request": Target(authority.requested_key, (Refused,)),
    "front": Target(_front),
    "basic": Target(lambda raw: authentication.read_credentials(_text(raw), {}), (Refused,)),
    "jwks": Target(client_keys.read),
    "registration": Target(lambda raw: registration.read(raw, dict), (ProtocolError,)),
    "details": Target(lambda raw: details.forms(_text(raw)), (ProtocolError,)),
    "typed": Target(_typed),
}


def corpus(name: str) -> list[bytes]:
    """Return what is saved for one parser: sound inputs, and those that once broke it."""
    return [path.read_bytes() for path in sorted((CORPUS / name).iterdir())]
