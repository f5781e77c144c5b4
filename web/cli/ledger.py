"""`taipei-id ledger`: seal what happened, and find out whether anybody changed it since."""

import json
import time
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from audit import copies, proofs, sealing, trail_verifying, verifying
from audit.verifying import Finding
from idp import checkpoints
from idp.keys import Keys
from idp.signing import SignatureInvalid
from kernel import clock
from kernel import settings as configuration
from kernel.db import sessions, transaction
from kernel.settings import Settings
from web.cli.console import progress, say, warn
from web.cli.opening import engine_of, keyring_of, opened, require_current
from web.cli.refusals import Stop

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Seal and verify the ledger of what happened to members' data."""


@ledger.command()
@click.option("--every", type=click.IntRange(1, 3600), help="Go on, every so many seconds.")
def seal(every: int | None) -> None:
    """Chain and sign what was written since the last checkpoint."""
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        keys = Keys(keyring_of(settings))
        while True:
            now = clock.now()
            done = checkpoints.seal(make, keys, issuer=settings.issuer, now=now)
            entries = checkpoints.seal_trail(make, keys, issuer=settings.issuer, now=now)
            if every is None:
                say(f"{done} lines sealed.")
                say(f"{entries} entries of the trail sealed.")
                return
            time.sleep(every)


@ledger.command()
def checkpoint() -> None:
    """Print the last signed checkpoint: keep it elsewhere, and nothing before it can vanish."""
    with opened() as at:
        last = sealing.newest(at.session)
    if last is None:
        raise Stop("nothing was sealed yet; run 'taipei-id ledger seal'")
    say(last.signed)


@ledger.command()
@click.option("--file", "file", type=EXISTING, help="Verify this exported footprint instead.")
@click.option("--jwks", type=EXISTING, help="The public keys (/jwks), saved earlier.")
@click.option("--kept", type=EXISTING, help="A checkpoint that was kept elsewhere.")
def verify(file: Path | None, jwks: Path | None, kept: Path | None) -> None:
    """Find every line that was edited, removed, inserted or reordered.

    Reads the database; with --file and --jwks an exported footprint, for which neither settings
    nor network are needed. Ends with 1 if anything is wrong.
    """
    if file is not None:
        if jwks is None:
            raise click.UsageError("an export is verified with --jwks")
        _verify_file(file, jwks)
    else:
        _verify_database(jwks, kept)


def _verify_file(file: Path, jwks: Path) -> None:
    document = _read(file)
    try:
        findings = list(proofs.verify(document, check=_checking(_read(jwks))))
    except ValueError as error:
        raise Stop(f"{file.name} is {error}") from None
    lines = document["lines"]
    waiting = sum(line["position"] is None for line in lines)
    if waiting:
        warn(f"{waiting} lines were exported before they were sealed; they prove nothing.")
    _end(_told(findings), f"{len(lines) - waiting} lines are as they were sealed.")


def _verify_database(jwks: Path | None, kept: Path | None) -> None:
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        with transaction(make) as session:
            check = _checking(_read(jwks) if jwks else _own_keys(session, settings))
        extent, entries = verifying.extent(make), trail_verifying.extent(make)
        with progress("verifying", total=extent.lines + entries) as advance:
            findings = _told(verifying.verify(make, check=check, advance=advance))
            findings += _told(trail_verifying.verify(make, check=check, advance=advance))
        with transaction(make) as session:
            verifying.keep(session, extent, entries, findings, now=clock.now())
        if kept is not None:
            lost = verifying.differs(make, kept.read_text("utf-8").strip())
            findings += _told([lost] if lost else [])
        waiting = verifying.pending(make)
    sealed = f"{extent.lines} lines under {extent.checkpoints} checkpoints"
    trail = f"{entries} entries of the trail are as they were sealed."
    _end(findings, f"{sealed} are as they were sealed; {waiting} wait for their seal.\n{trail}")


@ledger.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--jwks",
    type=EXISTING,
    help="The public keys (/jwks.json), saved earlier, if the key of the last file is gone.",
)
def export(folder: Path, jwks: Path | None) -> None:
    """Add a signed file with everything sealed since the last one to FOLDER.

    Nothing in FOLDER is ever written over; put it where nobody who runs the service can write.
    """
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        with transaction(make) as session:
            signer = Keys(keyring_of(settings)).signer(session, now=clock.now())
        try:
            written = copies.write(
                make,
                folder,
                sign=checkpoints.signing_with(signer, settings.issuer),
                check=_checking(_read(jwks) if jwks else signer.jwks),
                now=clock.now(),
            )
        except copies.CopyBroken as broken:
            raise Stop(str(broken)) from None
    say("nothing was sealed since." if written is None else f"{written.name} written.")


@ledger.command()
@click.argument("folder", type=FOLDER)
@click.option("--jwks", type=EXISTING, help="The public keys (/jwks.json), saved earlier.")
def compare(folder: Path, jwks: Path | None) -> None:
    """Compare the files in FOLDER with the database; ends with 1 if anything differs."""
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        with transaction(make) as session:
            check = _checking(_read(jwks) if jwks else _own_keys(session, settings))
        findings = _told(copies.compare(make, folder, check=check))
    if findings:
        raise Stop(f"{findings} things differ from the copy")
    say("the database holds everything the copy does.")


def _own_keys(session: Session, settings: Settings) -> dict[str, Any]:
    # Opened with the master key: a public key that somebody wrote into the database does not count.
    return Keys(keyring_of(settings)).signer(session, now=clock.now()).jwks


def _checking(jwks: object) -> verifying.Check:
    try:
        return checkpoints.checking_with(jwks)
    except SignatureInvalid as error:
        raise Stop(f"the keys are {error}") from None


@ledger.command()
def records() -> None:
    """Hold every member's data, standing and notes against their histories, now.

    The worker does it every night; a day whose round was begun is gone on with. Ends with 1 if
    anything was found that nobody has explained.
    """
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        checking = import_module("web.record_checking")
        found = checking.at_once(make, keyring_of(settings), now=clock.now())
        for each in found:
            say(f"{each.what.value}: member {each.member_id} {each.subject}".rstrip())
    if found:
        raise Stop(f"{len(found)} things were written past the service")
    say("Every record follows from its history.")


def _read(path: Path) -> Any:  # JSON of any shape
    try:
        return json.loads(path.read_bytes())
    except ValueError:
        raise Stop(f"{path.name} is not JSON") from None


def _told(findings: Iterable[Finding]) -> int:
    """Print each finding as it comes; return how many there were."""
    count = 0
    for finding in findings:
        say(f"{finding.row}: {finding.what}")
        count += 1
    return count


def _end(findings: int, good: str) -> None:
    if findings:
        raise Stop(f"{findings} things are not as they were sealed")
    say(good)
