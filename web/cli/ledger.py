"""`taipei-id ledger`: seal what happened, and find out whether anybody changed it since."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from audit import copies, proofs, sealing, trail, trail_sealing, trail_verifying, verifying
from audit.verifying import Finding
from idp import checkpoints
from idp.keys import Keys
from idp.signing import SignatureInvalid
from kernel import clock
from kernel import settings as configuration
from kernel.db import Sessions, sessions, transaction
from kernel.settings import Settings
from web.cli.console import progress, say, warn
from web.cli.opening import engine_of, keyring_of, opened, require_current
from web.cli.refusals import Stop
from web.token_keys import for_signing

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Seal and verify the ledger of what happened to members' data."""


@ledger.command()
@click.option("--every", type=click.IntRange(1, 3600), help="Go on, every so many seconds.")
@click.option(
    "--over",
    metavar="SHA256",
    multiple=True,
    help="Go on from this checkpoint, though no key of ours signed it; the trail says so.",
)
def seal(every: int | None, over: tuple[str, ...]) -> None:
    """Chain and sign what was written since the last checkpoint.

    Ends with 1 if somebody else signed that one: going on from it would vouch for it.
    """
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        goes_over = frozenset(each.lower() for each in over)
        with transaction(make) as session:
            _record_over(session, goes_over)
        keys = Keys(keyring_of(settings), token=for_signing(settings))
        while True:
            done, entries = _seal(make, keys, issuer=settings.issuer, over=goes_over)
            if every is None:
                say(f"{done} lines sealed.")
                say(f"{entries} entries of the trail sealed.")
                return
            time.sleep(every)


def _record_over(session: Session, over: AbstractSet[str]) -> None:
    """Put on record which checkpoints are gone on from; they must be the last ones."""
    if not over <= {sealing.fingerprint(each) for each in _checkpoints(session)}:
        raise Stop("--over names no last checkpoint; 'taipei-id ledger seal' says which one it is")
    for each in sorted(over):
        trail.record(
            session, "ledger.gone_on", actor=None, now=clock.now(), sha256=each, channel="cli"
        )


def _seal(make: Sessions, keys: Keys, *, issuer: str, over: AbstractSet[str]) -> list[int]:
    """Seal both, the trail also where the ledger cannot be gone on with."""
    now, done, wrong = clock.now(), list[int](), list[str]()
    for sealed in (checkpoints.seal, checkpoints.seal_trail):
        try:
            done.append(sealed(make, keys, issuer=issuer, now=now, over=over))
        except sealing.NotOurs as found:
            wrong.append(str(found))
    if wrong:
        raise Stop("\n".join([*wrong, "docs/runbooks/ledger-does-not-verify.md says what to do"]))
    return done


@ledger.command()
def checkpoint() -> None:
    """Print the last signed checkpoints, of the ledger and of the trail, a line each.

    Keep them elsewhere, and nothing before them can vanish.
    """
    with opened() as at:
        last = _checkpoints(at.session)
    if not last:
        raise Stop("nothing was sealed yet; run 'taipei-id ledger seal'")
    for each in last:
        say(each)


def _checkpoints(session: Session) -> list[str]:
    both = (sealing.newest(session), trail_sealing.newest(session))
    return [each.signed for each in both if each is not None]


@ledger.command()
@click.option("--file", "file", type=EXISTING, help="Verify this exported footprint instead.")
@click.option("--jwks", type=EXISTING, help="The public keys (/jwks), saved earlier.")
@click.option("--kept", type=EXISTING, help="The checkpoints that were kept elsewhere.")
@click.option(
    "--keep",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare with the checkpoints in this file, if it is there; if all is well, write the"
    " present ones to it.",
)
def verify(file: Path | None, jwks: Path | None, kept: Path | None, keep: Path | None) -> None:
    """Find every line that was edited, removed, inserted or reordered.

    Reads the database; with --file and --jwks an exported footprint, for which neither settings
    nor network are needed. Ends with 1 if anything is wrong.
    """
    if file is not None:
        if jwks is None:
            raise click.UsageError("an export is verified with --jwks")
        _verify_file(file, jwks)
    else:
        anchors = [each for each in (kept, keep) if each is not None and each.exists()]
        _verify_database(jwks, anchors, keep)


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


def _verify_database(jwks: Path | None, anchors: Sequence[Path], keep: Path | None) -> None:
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine:
        make = sessions(engine)
        with transaction(make) as session:
            check = _checking(_read(jwks) if jwks else _own_keys(session, settings))
            present = _checkpoints(session)
        extent, entries = verifying.extent(make), trail_verifying.extent(make)
        with progress("verifying", total=extent.lines + entries) as advance:
            findings = _told(verifying.verify(make, check=check, advance=advance))
            findings += _told(trail_verifying.verify(make, check=check, advance=advance))
        for each in anchors:
            findings += _told(_lost(make, each))
        with transaction(make) as session:
            verifying.keep(session, extent, entries, findings, now=clock.now())
        waiting = verifying.pending(make)
    if keep is not None and present and not findings:
        part = keep.with_name(f"{keep.name}.part")
        part.write_text("\n".join([*present, ""]), "utf-8")
        part.replace(keep)
    sealed = f"{extent.lines} lines under {extent.checkpoints} checkpoints"
    trail = f"{entries} entries of the trail are as they were sealed."
    _end(findings, f"{sealed} are as they were sealed; {waiting} wait for their seal.\n{trail}")


def _lost(make: Sessions, anchor: Path) -> Iterator[Finding]:
    kept = anchor.read_text("utf-8").split()
    for each in kept:
        lost = verifying.differs(make, each)
        if lost is not None:
            yield lost
    if not kept:
        yield Finding(anchor.name, "no checkpoint is in it")


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
            keys = Keys(keyring_of(settings), token=for_signing(settings))
            signer = keys.signer(session, now=clock.now())
        try:
            written = copies.write(
                make,
                folder,
                sign=checkpoints.signing_with(signer, settings.issuer),
                check=_checking(_read(jwks) if jwks else signer.held(checkpoints.ALG)),
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
        if findings:  # a copy that agrees is no recomputation; one that does not must alarm
            extent, entries = verifying.extent(make), trail_verifying.extent(make)
            with transaction(make) as session:
                verifying.keep(session, extent, entries, findings, now=clock.now())
    if findings:
        raise Stop(f"{findings} things differ from the copy")
    say("the database holds everything the copy does.")


def _own_keys(session: Session, settings: Settings) -> dict[str, Any]:
    # Those we can sign with: a public key that somebody wrote into the database does not count.
    keys = Keys(keyring_of(settings), token=for_signing(settings))
    held = keys.signer(session, now=clock.now()).held(checkpoints.ALG)
    if not held["keys"]:
        raise Stop("there is no key we can sign with; make one, reach its token, or say --jwks")
    return held


def _checking(jwks: object) -> sealing.Check:
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
