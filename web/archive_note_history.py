"""Everything agencies ever noted about the member, as it goes into the archive (10(3))."""

from collections.abc import Mapping

from kernel.db import transaction
from kernel.wording import Bilingual
from services import suspensions
from services.models import Activation, Channel, Happening
from web.archive_parts import TIME, Whose, iso, local, sheet
from web.sheets import Sheet

TITLE = Bilingual("註記的經過", "How the notes came about")
HEADS = {
    "at": TIME,
    "service": Bilingual("服務", "Service"),
    "what": Bilingual("經過", "What happened"),
    "state": Bilingual("註記", "What is noted"),
    "as_of": Bilingual("資料日", "As of"),
    "channel": Bilingual("從哪裡來", "Where from"),
    "reference": Bilingual("案號", "Case"),
}
HAPPENED: Mapping[Happening, Bilingual] = {
    Happening.NOTED: Bilingual("機關註記", "An agency noted it"),
    Happening.DISPUTED: Bilingual("您說不對", "You disputed it"),
    Happening.SETTLED: Bilingual("查明了", "It was settled"),
    Happening.WITHDRAWN: Bilingual("整批收回", "Taken back with its batch"),
}
STATES: Mapping[Activation, Bilingual] = {
    Activation.ACTIVATED: Bilingual("已開通", "Active"),
    Activation.NOT_ACTIVATED: Bilingual("未開通", "Not active"),
    Activation.SUSPENDED: Bilingual("中止", "Suspended"),
}
CHANNELS: Mapping[Channel, Bilingual] = {
    Channel.KEYED: Bilingual("機關登打", "Keyed in at the agency"),
    Channel.INTERFACE: Bilingual("介接", "By interface"),
    Channel.AGREED: Bilingual("資訊局同意的方式", "In a way the Bureau agreed to"),
    Channel.MEMBER: Bilingual("您自己", "You"),
}


def sheet_of(whose: Whose) -> Sheet:
    """Return what was noted, disputed and settled, the oldest first."""
    with transaction(whose.make) as session:
        rows = [
            [
                local(event.at),
                whose.text(Bilingual(service.name_zh, service.name_en)),
                whose.text(HAPPENED[event.happening]),
                whose.text(STATES[event.state]),
                iso(event.as_of),
                whose.text(CHANNELS[event.channel]),
                event.reference,
            ]
            for event, service in suspensions.history(session, whose.member_id)
        ]
    return sheet(whose, TITLE, HEADS, rows)
