"""Say in plain words what a request is, how far it has come and what can be done against it."""

from collections.abc import Mapping

from kernel.wording import Bilingual
from members.models import Outcome, RequestKind, RequestState

KINDS: Mapping[RequestKind, Bilingual] = {
    RequestKind.INQUIRE: Bilingual("查詢或閱覽", "See what is held"),
    RequestKind.COPY: Bilingual("要一份複製本", "Get a copy"),
    RequestKind.CORRECT: Bilingual("補充或更正", "Have data completed or corrected"),
    RequestKind.STOP: Bilingual("停止蒐集、處理或利用", "Have the use of data stopped"),
    RequestKind.DELETE: Bilingual("刪除", "Have data deleted"),
    RequestKind.PETITION: Bilingual("陳情", "File a petition"),
}
EXPLAINED: Mapping[RequestKind, Bilingual] = {
    RequestKind.INQUIRE: Bilingual(
        "想知道有您的哪些資料、為什麼有。", "Learn which data of yours are held, and why."
    ),
    RequestKind.COPY: Bilingual(
        "想要一份資料。自己下載最快。", "Have the data handed to you. Downloading is quicker."
    ),
    RequestKind.CORRECT: Bilingual(
        "資料不對、過時或缺了什麼。", "Something is wrong, outdated or missing."
    ),
    RequestKind.STOP: Bilingual(
        "不要再收集或使用您的資料。", "Your data shall no longer be collected or used."
    ),
    RequestKind.DELETE: Bilingual(
        "不再需要的資料，請對方刪掉。", "What is no longer needed shall be deleted."
    ),
    RequestKind.PETITION: Bilingual(
        "不滿意處理的方式，交給主管機關查。", "Complain; the competent agency looks into it."
    ),
}
STATES: Mapping[RequestState, tuple[Bilingual, str]] = {
    RequestState.RECEIVED: (Bilingual("已收到", "Received"), "info"),
    RequestState.CHECKED: (Bilingual("處理中", "Being worked on"), "info"),
    RequestState.WAITING: (Bilingual("等您補充", "Waiting for you"), "warn"),
    RequestState.DECIDED: (Bilingual("已決定，執行中", "Decided, being carried out"), "info"),
    RequestState.FULFILLED: (Bilingual("已完成", "Done"), "ok"),
    RequestState.TOLD: (
        Bilingual("已完成，也通知了收到資料的單位", "Done, and recipients were told"),
        "ok",
    ),
    RequestState.WITHDRAWN: (Bilingual("您已撤回", "You took it back"), "plain"),
}
REFUSED: tuple[Bilingual, str] = (Bilingual("不同意", "Refused"), "bad")
OUTCOMES: Mapping[Outcome, Bilingual] = {
    Outcome.GRANTED: Bilingual("同意", "Granted"),
    Outcome.PARTLY: Bilingual("部分同意", "Granted in part"),
    Outcome.REFUSED: Bilingual("不同意", "Refused"),
}
OCCASIONS: Mapping[str, Bilingual] = {
    "asked": Bilingual("您的要求", "Your request"),
    "question": Bilingual("請您補充", "We need to know more"),
    "answer": Bilingual("您的補充", "Your answer"),
    "extension": Bilingual("延長期限的理由", "Why more time is needed"),
    "decision": Bilingual("決定的理由", "Reasons of the decision"),
}
THE_CITY = Bilingual("市府（本服務）", "The city (this service)")


def state(state: RequestState, outcome: Outcome | None) -> tuple[Bilingual, str]:
    """Return the word for how far a request has come, and the shape of its tag."""
    return REFUSED if outcome is Outcome.REFUSED else STATES[state]
