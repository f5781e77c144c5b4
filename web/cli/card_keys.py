"""`taipei-id card-keys`: the master keys that the city's and agencies' cards are made from."""

import sys
from datetime import datetime

import click

from adapters import loading
from adapters.smartcard import masters
from adapters.smartcard.adapter import SmartcardAdapter, make_token_key
from adapters.smartcard.models import CardMasterKey
from adapters.smartcard.profiles import CardClass
from audit import trail
from kernel import clock
from kernel.errors import Refused
from kernel.ids import new_nonce
from kernel.settings import Settings
from web.cli.console import say, show_table
from web.cli.opening import Opened, keyring_of, opened
from web.cli.refusals import Stop

KEY_BYTES = 16


@click.group("card-keys")
def card_keys() -> None:
    """Make, bring, list and retire the master keys of cards."""


def adapter_of(settings: Settings) -> SmartcardAdapter:
    """Return the adapter that reads cards, with this installation's kinds and keys."""
    derive = keyring_of(settings).derive
    made = loading.load(("smartcard",), settings.model_dump(), derive=derive)["smartcard"]
    if not isinstance(made, SmartcardAdapter):
        raise TypeError("smartcard is built in")
    return made


@card_keys.command(name="list")
def list_() -> None:
    """List every kind's keys: where they lie, and until when their cards are read."""
    with opened() as at:
        rows = [_row(each) for each in masters.listed(at.session)]
    show_table(("kind", "version", "check value", "kept", "made", "retired"), rows)


@card_keys.command()
@click.argument("kind")
@click.option("--token-key", metavar="LABEL", help="Keep it in the token; made if missing.")
def make(kind: str, token_key: str | None) -> None:
    """Make the next master key of KIND; cards with the older ones are read as before."""
    with opened() as at:
        adapter = _adapter_for(at, kind)
        if token_key is None:
            row = _add(at, adapter, kind, key=new_nonce(KEY_BYTES))
        else:
            _require_in_token(at.settings, adapter, token_key)
            row = _add(at, adapter, kind, token_label=token_key)
        said = _row(row)
    _say(said)


@card_keys.command(name="import")
@click.argument("kind")
@click.option("--version", type=click.IntRange(0, 255), help="What its cards answer.")
def import_(kind: str, version: int | None) -> None:
    """Keep a master key that an issuer made for KIND: 32 hex digits on standard input."""
    try:
        key = bytes.fromhex(_typed_key().strip())
    except ValueError:
        raise Refused("cardkey.invalid") from None
    with opened() as at:
        said = _row(_add(at, _adapter_for(at, kind), kind, key=key, version=version))
    _say(said)


def _typed_key() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline()
    typed: str = click.prompt("master key", hide_input=True, prompt_suffix=": ", err=True)
    return typed


@card_keys.command()
@click.argument("kind")
@click.argument("version", type=int)
def retire(kind: str, version: int) -> None:
    """Read no more cards of KIND that were made from the key of this VERSION. That is final."""
    with opened() as at:
        now = clock.now()
        masters.retire(at.session, kind, version, now=now)
        _record(at, "cardkey.retired", kind, version, now=now)
    say(f"{kind}, version {version}: its cards are read no more. That is final.")


def _adapter_for(at: Opened, kind: str) -> SmartcardAdapter:
    adapter = adapter_of(at.settings)
    profile = adapter.reading.kinds.of_name(kind)
    if profile is None or profile.kind is not CardClass.SYMMETRIC:
        every = adapter.reading.kinds.by_name.items()
        known = ", ".join(name for name, each in every if each.kind is CardClass.SYMMETRIC)
        raise Stop(f"{kind} is no kind of card that has keys; there are: {known}")
    return adapter


def _require_in_token(settings: Settings, adapter: SmartcardAdapter, label: str) -> None:
    if not adapter.has_token_key(label):
        make_token_key(settings.token.model_dump(), label)


def _add(
    at: Opened,
    adapter: SmartcardAdapter,
    kind: str,
    *,
    key: bytes = b"",
    token_label: str | None = None,
    version: int | None = None,
) -> CardMasterKey:
    now = clock.now()
    row = adapter.reading.masters.add(
        at.session, kind, key=key, token_label=token_label, version=version, now=now
    )
    _record(at, "cardkey.made", kind, row.version, now=now)
    return row


def _record(at: Opened, event: str, kind: str, version: int, *, now: datetime) -> None:
    trail.record(at.session, event, actor=None, now=now, kind=kind, version=version, channel="cli")


def _row(row: CardMasterKey) -> tuple[str, ...]:
    kept = "sealed here" if row.token_label is None else f"token key {row.token_label}"
    retired = "–" if row.retired_at is None else f"{row.retired_at:%Y-%m-%d}"
    made = f"{row.made_at:%Y-%m-%d}"
    return (row.kind, str(row.version), row.check_value.hex(), kept, made, retired)


def _say(row: tuple[str, ...]) -> None:
    kind, version, check, kept = row[:4]
    say(f"{kind}, version {version}: {kept}, check value {check}.")
