"""Say in words what is on record about a service, and what an offer would answer (10-II)."""

from collections.abc import Mapping

from consent.evidence import State
from web import pages


def of_claim(value: object) -> str:
    """Return the words for a vouched claim as it would leave; None where nothing would."""
    if isinstance(value, Mapping):
        return of_state(State(value["state"]))
    if value is None:
        return pages.say("（這項優惠目前不開放）")
    return pages.say("是") if value else pages.say("這裡無法確認")


def of_state(state: State) -> str:
    """Return the words for a state. Disputed and unknown are no "no": rights are not touched."""
    return {
        State.ACTIVATED: pages.say("已開通"),
        State.NOT_ACTIVATED: pages.say("未開通"),
        State.DISPUTED: pages.say("資料不一致（權利不受影響）"),
        State.UNKNOWN: pages.say("沒有紀錄（權利不受影響）"),
    }[state]
