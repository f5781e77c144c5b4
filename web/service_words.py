"""Say in words what is on record about a service, and what an offer would answer (10-II)."""

from collections.abc import Mapping

from consent.evidence import State
from web import pages

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
    return {
        State.ACTIVATED: pages.say("已開通"),
        State.NOT_ACTIVATED: pages.say("未開通"),
        State.DISPUTED: pages.say("資料不一致"),
        State.UNKNOWN: pages.say("沒有紀錄"),
    }[state]
