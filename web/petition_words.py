"""Say in words where a petition stands, and shape one for its pages (6(3))."""

from datetime import datetime
from typing import Any

from counters.models import Counter
from kernel import calendar
from kernel.wording import Bilingual
from services import petitions
from services.petition_models import NoProcess, Petition, PetitionState, Result, Way
from web import counter_words, scope

STATES = {
    PetitionState.FILED: Bilingual("已收到", "Received"),
    PetitionState.ACCEPTED: Bilingual("已受理", "Accepted"),
    PetitionState.INVESTIGATED: Bilingual("已查明，等待決定", "Looked into, to be decided"),
    PetitionState.DECIDED: Bilingual("已決定", "Decided"),
    PetitionState.REFERRED: Bilingual("由其他機關主管", "Another agency is competent"),
    PetitionState.NOT_PROCESSED: Bilingual("不予處理", "Not processed"),
}
RESULTS = {
    Result.UPHELD: Bilingual(
        "有理由：從中止那天起恢復", "Upheld: restored as from the day of the suspension"
    ),
    Result.PARTLY: Bilingual("部分有理由：從今天起恢復", "Partly: restored from today on"),
    Result.NOT_UPHELD: Bilingual("無理由：維持中止", "Not upheld: it stays suspended"),
}
GROUNDS = {
    NoProcess.OUT_OF_SCOPE: Bilingual(
        "無具體內容或不屬陳情事項", "No concrete content, or nothing to petition about"
    ),
    NoProcess.ANONYMOUS: Bilingual("未具真實姓名", "No real name was given"),
    NoProcess.DUPLICATE: Bilingual(
        "同一件事已經明確答覆過", "The same matter was clearly answered before"
    ),
}
ENDED = Bilingual(  # none of APA 173: nobody was left to look into it
    "主管機關裁撤，沒有機關承接", "The agency is no more, and no other followed it"
)
WAYS = {
    Way.ONLINE: Bilingual("線上", "Online"),
    Way.SLIP: Bilingual("線上，憑通知書", "Online, by the letter"),
    Way.ORAL: Bilingual("口頭，記錄後朗讀並簽名", "Said, written down, read back and signed"),
}
OCCASIONS = {
    "asked": Bilingual("陳情的內容", "The petition"),
    "investigation": Bilingual("查明的事實", "What was found"),
    "decision": Bilingual("決定", "Decision"),
    "referral": Bilingual("主管機關", "The competent agency"),
    "refusal": Bilingual("不予處理的理由", "Why it is not processed"),
}


def card(petition: Petition) -> dict[str, Any]:
    """Return what a list says of a petition."""
    service = petition.finding.run.service
    return {
        "reference": petition.reference,
        "service": Bilingual(service.name_zh, service.name_en),
        "state": STATES[petition.state],
        "look": "plain" if petition.closed_at else "warn",
        "result": RESULTS[petition.result] if petition.result else None,
        "ground": _ground(petition),
        "filed_at": petition.filed_at,
        "due": petitions.due(petition, calendar.load(scope.db())),
    }


def _ground(petition: Petition) -> Bilingual | None:
    """Return on which ground it was not processed; only what somebody turned away is by APA 173."""
    if petition.ground is None:
        return None
    return ENDED if petition.decided_by is None else GROUNDS[petition.ground]


def whole(petition: Petition) -> dict[str, Any]:
    """Return what a page says of a petition, with what was written."""
    written = petitions.written(scope.db(), petition, keyring=scope.rooms().keyring)
    return card(petition) | {
        "way": WAYS[petition.way],
        "counter": _counter(petition),
        "lost": petition.decided_by is not None and petition.result is not Result.UPHELD,
        "letters": [
            {
                "at": datetime.fromisoformat(each.at),
                "occasion": OCCASIONS[each.occasion],
                "words": each.words,
            }
            for each in written
        ],
    }


def _counter(petition: Petition) -> Bilingual | None:
    """Return at which counter it was written down, if at one."""
    found = scope.db().get(Counter, petition.counter_id) if petition.counter_id else None
    return None if found is None else counter_words.name(found)
