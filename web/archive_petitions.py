"""Petitions against suspensions, letter by letter, as they go into the archive (6(3))."""

from datetime import datetime

from kernel.db import transaction
from kernel.wording import Bilingual
from services import petitions
from services.petition_models import Petition
from web import petition_words
from web.archive_parts import TIME, Whose, local, sheet
from web.sheets import Sheet

TITLE = Bilingual("陳情", "Petitions")
HEADS = {
    "reference": Bilingual("編號", "Number"),
    "about": Bilingual("對哪一件中止", "About the suspension"),
    "way": Bilingual("方式", "Came in"),
    "state": Bilingual("進度", "State"),
    "at": TIME,
    "occasion": Bilingual("往來", "Letter"),
    "words": Bilingual("內容", "Words"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return every letter of every petition."""
    with transaction(whose.make) as session:
        rows = [
            [
                petition.reference,
                petition.finding.reference,
                whose.text(petition_words.WAYS[petition.way]),
                _state(petition, whose),
                local(datetime.fromisoformat(each.at)),
                whose.text(petition_words.OCCASIONS[each.occasion]),
                each.words,
            ]
            for petition in petitions.of_member(session, whose.member_id)
            for each in petitions.written(session, petition, keyring=whose.rooms.keyring)
        ]
    return sheet(whose, TITLE, HEADS, rows)


def _state(petition: Petition, whose: Whose) -> str:
    if petition.result is not None:
        return whose.text(petition_words.RESULTS[petition.result])
    return whose.text(petition_words.STATES[petition.state])
