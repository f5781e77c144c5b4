"""Let a purpose change only through DoIT: draft → submitted → approved or returned (PDPA 5, 8).

What was approved stays in `PurposeVersion`, so that members can be told what is different since
they agreed. See decision 0012.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import purposes, registry
from clients.differences import Change, Effect, diff, widens
from clients.forms import PurposeForm
from clients.models import Client, Purpose, PurposeVersion, VersionState
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id

LONGEST_REASON = 500  # characters
OPEN = (VersionState.DRAFT, VersionState.SUBMITTED)


def draft(
    session: Session,
    client_id: str,
    form: dict[str, Any],
    *,
    by: UUID | None = None,
    now: datetime,
) -> PurposeVersion:
    """Write a change down, in place of an earlier draft; a code not in use drafts a new purpose.

    Raises NotFound for the client; Refused `client.form_invalid`, `client.change_empty`,
    `client.change_open` while another waits for DoIT, and what `purposes.settled` raises.
    """
    client = registry.get(session, client_id)
    settled = _settled(client, form)
    purpose = _find_purpose(session, client, settled.code)
    if purpose is not None and not diff(purposes.form_of(purpose), settled):
        raise Refused("client.change_empty")
    content = {
        "purpose_id": None if purpose is None else purpose.id,
        "content": settled.model_dump(mode="json"),
        "drafted_by": by,
        "drafted_at": now,
    }
    written = (
        _rewrite(session, client, settled.code, content)
        or _begin(session, client, settled.code, content)
        or _rewrite(session, client, settled.code, content)  # a colleague began at the same moment
    )
    if not written:
        raise Refused("client.change_open")
    version = find_open(session, client_id, settled.code)
    session.refresh(version)
    return version


def _rewrite(session: Session, client: Client, code: str, content: dict[str, Any]) -> bool:
    """Write over the draft in one statement: what is submitted meanwhile stays as it is."""
    again = session.execute(
        update(PurposeVersion)
        .where(
            PurposeVersion.client_id == client.id,
            PurposeVersion.code == code,
            PurposeVersion.state == VersionState.DRAFT,
        )
        .values(content)
        .execution_options(synchronize_session=False)
    )
    return changed(again) == 1


def _begin(session: Session, client: Client, code: str, content: dict[str, Any]) -> bool:
    first = {"id": new_id(), "client_id": client.id, "code": code, "state": VersionState.DRAFT}
    return insert_once(session, PurposeVersion, first | content)


def submit(
    session: Session, client_id: str, code: str, *, read: str | None = None, now: datetime
) -> PurposeVersion:
    """Hand the draft to DoIT: the one that was `read`, if it is said which (`stamp`).

    Raises NotFound, or Refused `client.change_wrong_state`, also for what a colleague rewrote.
    """
    version = find_open(session, client_id, code)
    session.refresh(version, with_for_update=True)
    if read is not None and read != stamp(version):
        raise Refused("client.change_wrong_state")
    _move(session, version, VersionState.DRAFT, VersionState.SUBMITTED, submitted_at=now)
    return version


def stamp(version: PurposeVersion) -> str:
    """Return what tells a draft from what somebody makes of it later."""
    return f"{version.id} {version.drafted_at.isoformat()}"


def send_back(
    session: Session,
    version: PurposeVersion,
    *,
    reason: str,
    by: UUID | None = None,
    now: datetime,
) -> None:
    """Return a submitted change with the reason; what was in force stays so.

    Raises Refused `client.reason_missing`, `client.change_wrong_state`, `case.self_dealing` for
    who drafted it.
    """
    if not reason.strip():
        raise Refused("client.reason_missing")
    _hold(session, version, by=by)
    _move(
        session,
        version,
        VersionState.SUBMITTED,
        VersionState.RETURNED,
        reason=reason.strip()[:LONGEST_REASON],
        decided_by=by,
        decided_at=now,
    )


def approve(
    session: Session, version: PurposeVersion, *, by: UUID | None = None, now: datetime
) -> tuple[Change, ...]:
    """Put a submitted change into force, this one and no other; return what it changed.

    What widens gets a new text version, and members are asked again; what narrows takes effect
    at once (`consent.rules`). Raises Refused `client.change_wrong_state`, `case.self_dealing` for
    who drafted it.
    """
    client = session.get_one(Client, version.client_id)
    purpose = _find_purpose(session, client, version.code)
    _hold(session, version, by=by)
    form = _settled(client, version.content)
    if purpose is None:
        changes = diff(None, form)
        purpose = purposes.new(form, is_default=False, now=now)
        client.purposes.append(purpose)
    else:
        changes = diff(purposes.form_of(purpose), form)
        _apply(purpose, form, changes, now=now)
    session.flush()
    _move(
        session,
        version,
        VersionState.SUBMITTED,
        VersionState.APPROVED,
        purpose_id=purpose.id,
        text_version=purpose.text_version,
        decided_by=by,
        decided_at=now,
    )
    return changes


def _hold(session: Session, version: PurposeVersion, *, by: UUID | None) -> None:
    """Let nobody else decide meanwhile, and read again what is decided on."""
    session.refresh(version, with_for_update=True)
    if by is not None and by == version.drafted_by:
        raise Refused("case.self_dealing")
    if version.state is not VersionState.SUBMITTED:
        raise Refused("client.change_wrong_state")


def changes_of(session: Session, version: PurposeVersion) -> tuple[Change, ...]:
    """Return what a waiting change would change if it were approved now."""
    purpose = None if version.purpose_id is None else session.get(Purpose, version.purpose_id)
    old = None if purpose is None else purposes.form_of(purpose)
    return diff(old, PurposeForm.model_validate(version.content))


def find_wording(session: Session, purpose_id: UUID, *, text_version: int) -> PurposeForm | None:
    """Return the wording that was in force last under this text version."""
    content = session.scalar(
        select(PurposeVersion.content)
        .where(PurposeVersion.purpose_id == purpose_id, PurposeVersion.text_version == text_version)
        .order_by(PurposeVersion.decided_at.desc(), PurposeVersion.id.desc())
        .limit(1)
    )
    return None if content is None else PurposeForm.model_validate(content)


def find_open(session: Session, client_id: str, code: str) -> PurposeVersion:
    """Return the change that waits for this purpose. Raises NotFound."""
    version = _find_open(session, registry.get(session, client_id), code)
    if version is None:
        raise NotFound("client.change_not_found")
    return version


def _find_open(session: Session, client: Client, code: str) -> PurposeVersion | None:
    return session.scalar(
        select(PurposeVersion).where(
            PurposeVersion.client_id == client.id,
            PurposeVersion.code == code,
            PurposeVersion.state.in_(OPEN),
        )
    )


def _find_purpose(session: Session, client: Client, code: str) -> Purpose | None:
    return session.scalar(
        select(Purpose)
        .where(Purpose.client_id == client.id, Purpose.code == code)
        .with_for_update()  # two approvals at once would raise the version only once
    )


def _settled(client: Client, form: dict[str, Any]) -> PurposeForm:
    try:
        read = PurposeForm.model_validate(form)
    except ValidationError as invalid:
        raise Refused("client.form_invalid") from invalid
    organisation = client.organisation
    return purposes.settled(read, kind=organisation.kind, body=organisation.body)


def _move(
    session: Session,
    version: PurposeVersion,
    before: VersionState,
    after: VersionState,
    **values: object,
) -> None:
    """Change the state in one statement: of two clerks deciding at once, one is refused."""
    moved = session.execute(
        update(PurposeVersion)
        .where(PurposeVersion.id == version.id, PurposeVersion.state == before)
        .values(state=after, **values)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("client.change_wrong_state")
    session.refresh(version)


def _apply(
    purpose: Purpose, form: PurposeForm, changes: tuple[Change, ...], *, now: datetime
) -> None:
    if widens(changes):
        purpose.text_version += 1
    if any(change.effect is Effect.RETOLD for change in changes):
        purpose.terms_version = purpose.text_version
    purposes.write(purpose, form)
    widened = {change.claim for change in changes if change.effect is Effect.WIDENED}
    known = {row.claim: row for row in purpose.claims}
    purpose.claims = [
        purposes.amended(
            known.get(claim.name),
            claim,
            since_version=purpose.text_version if claim.name in widened else None,
            now=now,
        )
        for claim in form.claims
    ]
