"""Say what an archive holds: each part the member ticked, as tables and as signed files.

A table of the database that is about people has its place here, or a reason not to:
`tests/web/test_archive_of_everything.py` knows them all.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from web import (
    archive_applications,
    archive_card_orders,
    archive_carriers,
    archive_cases,
    archive_changes,
    archive_consents,
    archive_duties,
    archive_joining,
    archive_messages,
    archive_note_history,
    archive_orders,
    archive_petitions,
    archive_profile,
    archive_representation,
    archive_requests,
    archive_sanctions,
    archive_services,
    archive_sign_ins,
    archive_suspensions,
    footprint_export,
)
from web.archive_parts import Whose
from web.footprint_export import Wanted
from web.sheets import SHAPES, Sheet

File: TypeAlias = tuple[str, Iterator[str]]  # a name, and the text that comes
Made: TypeAlias = Callable[[Whose], Sheet]

SHEETS: Mapping[str, Mapping[str, Made]] = {  # by part, then by the file's name
    "profile": {"profile": archive_profile.sheet_of, "joining": archive_joining.sheet_of},
    "changes": {"changes": archive_changes.sheet_of, "former_values": archive_changes.before},
    "consents": {"consents": archive_consents.sheet_of},
    "carriers": {
        "carriers": archive_carriers.sheet_of,
        "carrier_history": archive_carriers.history,
        "card_orders": archive_card_orders.sheet_of,
    },
    "services": {
        "services": archive_services.sheet_of,
        "service_history": archive_note_history.sheet_of,
    },
    "applications": {"applications": archive_applications.sheet_of},
    "suspensions": {
        "suspensions": archive_suspensions.sheet_of,
        "petitions": archive_petitions.sheet_of,
        "sanctions": archive_sanctions.sheet_of,
        "orders": archive_orders.sheet_of,
    },
    "cases": {"cases": archive_cases.sheet_of},
    "representation": {
        "representation": archive_representation.sheet_of,
        "declarations": archive_representation.declarations,
        "asked_others": archive_representation.asked,
    },
    "signins": {"signins": archive_sign_ins.sheet_of, "browsers": archive_sign_ins.browsers},
    "requests": {
        "requests": archive_requests.sheet_of,
        "deletions": archive_requests.deletions,
        "reports": archive_requests.reports,
    },
    "messages": {"messages": archive_messages.sheet_of},
    "duties": {"duties": archive_duties.sheet_of, "training": archive_duties.trained},
}


def files(part: str, whose: Whose) -> Iterator[File]:
    """Return the files of one part, each written as it is read."""
    if part == "footprint":
        yield from _footprint(whose)
        return
    for name, made in SHEETS[part].items():
        sheet = made(whose)
        for ending, write in SHAPES.items():
            yield f"{name}.{ending}", write(sheet)
    if part == "consents":
        yield from archive_consents.signed(whose)


def _footprint(whose: Whose) -> Iterator[File]:
    wanted = Wanted(
        make=whose.make,
        member_id=whose.member_id,
        issuer=whose.rooms.provider.issuer,
        language=whose.language,
        at=whose.at,
        keyring=whose.rooms.keyring,
    )
    for ending, (write, _) in footprint_export.WRITERS.items():
        yield f"footprint.{ending}", write(wanted)
