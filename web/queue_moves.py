"""Find a counter for what waits, and say in its own history where it went when one closed (8(2)2).

A job of the worker: whoever applied reads it at /track, without being written to.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from audit import trail
from counters import assigning
from counters.assigning import Moved
from counters.models import Counter
from kernel.db import transaction
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from members import application_steps
from members.application_steps import Step
from web.counter_words import DISTRICTS
from web.rooms import Rooms

NAMES = {each: words.zh for each, words in DISTRICTS.items()}
_WORDS = Bilingual(
    "原來的窗口沒有開放，改由「%s」確認。", "The counter before is closed; “%s” confirms it now."
)


def run(rooms: Rooms, *, now: datetime) -> None:
    """Move what waits at closed counters on; a worker that is second finds nothing to move."""
    with transaction(rooms.sessions) as session:
        for each in assigning.assign(session, NAMES, now=now):
            _write_down(session, each, keyring=rooms.keyring, now=now)
        assigning.reroute(session, now=now)


def _write_down(session: Session, moved: Moved, *, keyring: Keyring, now: datetime) -> None:
    trail.record(
        session,
        "application.assigned",
        actor=None,
        subject=moved.application_id,
        now=now,
        counter=str(moved.after),
        before="" if moved.before is None else str(moved.before),
    )
    if moved.before is None:
        return
    application = application_steps.get(session, moved.application_id)
    counter = session.get_one(Counter, moved.after)
    words = Bilingual(_WORDS.zh % counter.name_zh, _WORDS.en % counter.name_en)
    step = Step(actor=None, clause="8(2)2", reason=words.text(application.language))
    application_steps.note(session, application, step, keyring=keyring, now=now)
