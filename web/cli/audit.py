"""`taipei-id audit`: draw a sample again, and check evidence that somebody handed on (9)."""

import json
from pathlib import Path

import click

from audit import audits
from idp import audit_evidence
from idp.signing import SignatureInvalid
from kernel.errors import NotFound
from web.cli.console import say
from web.cli.opening import opened
from web.cli.refusals import Stop

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def audit() -> None:
    """Draw the sample of an audit again; check exported evidence."""


@audit.command()
@click.argument("reference")
def redraw(reference: str) -> None:
    """Draw the sample of audit REFERENCE again from its seed; ends with 1 if it is another."""
    with opened() as at:
        try:
            found = audits.get(at.session, reference)
        except NotFound:
            raise Stop("there is no such audit") from None
        if found.seed is None:
            raise Stop("its sample was not drawn yet")
        same = audits.is_reproduced(at.session, found)
        number = found.population
    if not same:
        raise Stop("it is another sample: the records changed after it was drawn")
    say(f"the same sample, drawn from the same {number} acts.")


@audit.command()
@click.argument("file", type=EXISTING)
@click.option("--jwks", type=EXISTING, required=True, help="The public keys (/jwks.json).")
def evidence(file: Path, jwks: Path) -> None:
    """Check the signature of exported evidence FILE; needs neither settings nor network."""
    try:
        words = audit_evidence.read(file.read_text("utf-8").strip(), json.loads(jwks.read_bytes()))
    except (SignatureInvalid, ValueError):
        raise Stop(f"{file.name} is not evidence signed with these keys") from None
    say(f"audit {words['audit']}: {len(words['sample'])} acts, as they were signed.")
