"""`taipei-id receipt`: verify a receipt without the provider, its database or the network."""

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click

from consent.receipts import require_sound
from idp import deletion_proofs
from idp.receipts import read
from kernel import clock, outgoing
from kernel.db import Json
from kernel.outgoing import CallFailed
from kernel.wording import CHINESE, ENGLISH
from web import dates
from web.cli.console import say
from web.cli.refusals import Stop

READABLE_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
LARGEST = 256 * 1024


@click.group()
def receipt() -> None:
    """Look at receipts of consents."""


@receipt.command()
@click.argument("file", type=READABLE_FILE)
@click.option(
    "--jwks",
    required=True,
    metavar="FILE|URL",
    help="The provider's keys: a file kept, or its /receipts/jwks.json.",
)
def verify(file: Path, jwks: str) -> None:
    """Verify the receipt in FILE and say in words what it proves; exit 1 if it proves nothing."""
    if file.stat().st_size > LARGEST:
        raise Stop(f"{file} is too large for a receipt")
    token = file.read_text(encoding="utf-8", errors="replace")
    claims = read(token, keys_at(jwks))
    require_sound(claims, now=clock.now())
    for line in _words(claims):
        say(line)


@receipt.command("verify-deletion")
@click.argument("file", type=READABLE_FILE)
@click.option("--jwks", required=True, metavar="FILE|URL", help="As for receipts.")
def verify_deletion(file: Path, jwks: str) -> None:
    """Verify the proof in FILE that an account was deleted, and say what it proves."""
    if file.stat().st_size > LARGEST:
        raise Stop(f"{file} is too large for a proof")
    claims = deletion_proofs.read(file.read_text(encoding="utf-8", errors="replace"), keys_at(jwks))
    say("The proof is genuine: an account was deleted and its data key destroyed.")
    for name in ("jti", "iss", "asked_at", "deleted_at", "recipients_told"):
        say(f"{name}: {claims[name]}")
    say(f"erased: {', '.join(claims['erased'])}")
    say(f"kept: {', '.join(claims['kept'])}")


def keys_at(where: str) -> object:
    """Return the provider's published keys. Raises Stop where there are none."""
    try:
        if urlsplit(where).scheme in {"https", "http"}:
            # The operator names the address; it may be one inside the house.
            host = urlsplit(where).hostname or ""
            body = outgoing.call(where, private_hosts={host}).body
        else:
            body = Path(where).read_bytes()
        return json.loads(body)
    except CallFailed as failed:
        raise Stop(f"{where} does not answer ({failed.code}); save the keys to a file") from None
    except (OSError, ValueError):
        raise Stop(f"{where} is not a set of keys; get the issuer's /receipts/jwks.json") from None


def _words(claims: Json) -> list[str]:
    (purpose,) = claims["pii_processing"]["purposes"]
    notice, (given, *ended) = (
        claims["pii_processing"]["privacy_notice"],
        claims["consent"]["events"],
    )
    controller = claims["party_identification"][0]
    once = ", for one sign-in" if given["one_time"] else ""
    issued_at = datetime.fromtimestamp(claims["iat"], clock.TAIPEI).isoformat()
    return [
        "The receipt is genuine: signature, text and times fit.",
        f"Receipt:   {claims['jti']} by {claims['iss']}",
        f"Recipient: {controller['party_name']}, {controller['party_service']}",
        *_people(claims),
        f"Purpose:   {purpose['purpose']}",
        f"Given:     {_labels(purpose, 'given')}",
        f"Refused:   {_labels(purpose, 'refused')}",
        f"Decided:   {_when(given['event_time'])}",
        f"Until:     {_when(given['validity_until'])}{once}",
        *(f"Ended:     {_when(each['event_time'])} ({each['event_state']})" for each in ended),
        f"Issued:    {_when(issued_at)}",
        f"Text:      version {notice['version']}, {notice['language']}",
        *(f"    {line}" for line in notice["text"].splitlines()),
    ]


def _people(claims: Json) -> list[str]:
    """Return who acted for whom; a receipt of who decided alone names nobody."""
    words = {
        "PII principal": "Member:    {party_name}",
        "representative of the PII principal": "Acted:     {party_name} ({party_relation}, {act})",
    }
    return [
        words[each["party_role"]].format(act=each.get("party_act", "gave"), **each)
        for each in claims["party_identification"]
        if each["party_role"] in words
    ]


def _labels(purpose: Json, decision: str) -> str:
    found = [each["label"] for each in purpose["pii_information"] if each["decision"] == decision]
    return ", ".join(found) or "nothing"


def _when(moment: str) -> str:
    at = datetime.fromisoformat(moment)
    return f"{dates.moment_words(at, ENGLISH)} in Taipei ({dates.roc_date(at, CHINESE)})"
