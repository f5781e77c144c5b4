"""Say in words what is on record about a service, and what an offer would answer (10-II)."""

from collections.abc import Mapping

from consent.evidence import State
from kernel.wording import Bilingual
from services.request_models import RequestState, Wish
from web import pages

STATES: Mapping[State, Bilingual] = {
    State.ACTIVATED: Bilingual("已開通", "Active"),
    State.NOT_ACTIVATED: Bilingual("未開通", "Not active"),
    State.DISPUTED: Bilingual("資料不一致", "Records disagree"),
    State.UNKNOWN: Bilingual("沒有紀錄", "No records"),
}
WISHES: Mapping[Wish, Bilingual] = {
    Wish.OPEN: Bilingual("申請開通", "Asks for it"),
    Wish.END: Bilingual("申請停用", "Asks to end it"),
}
REQUESTS: Mapping[RequestState, Bilingual] = {
    RequestState.APPLIED: Bilingual("等機關審核", "Waits for the agency"),
    RequestState.UNDER_REVIEW: Bilingual("機關審核中", "Under review at the agency"),
    RequestState.APPROVED: Bilingual("機關已核准", "Approved by the agency"),
    RequestState.REFUSED: Bilingual("機關已駁回", "Refused by the agency"),
    RequestState.WITHDRAWN: Bilingual("已撤回", "Taken back"),
}
UNTOUCHED = (State.DISPUTED, State.UNKNOWN)  # what these say is no "no" (10-II)


def of_claim(value: object) -> str:
    """Return the words for a vouched claim as it would leave; None where nothing would."""
    if isinstance(value, Mapping):
        state = State(value["state"])
        said = of_state(state)
        return pages.say("%(state)s（權利不受影響）", state=said) if state in UNTOUCHED else said
    if value is None:
        return pages.say("（這項優惠目前不開放）")
    return pages.say("是") if value else pages.say("這裡無法確認")


def of_state(state: State) -> str:
    """Return the word for a state."""
    return STATES[state].text(pages.language())
