"""Say what stands on an application in the reader's words: people, documents, states, what next."""

from collections.abc import Iterable

from members.application_models import Document, PersonKind, State
from members.models import Relation
from web import pages


def of_kind(kind: PersonKind) -> str:
    """Return what kind of person applies."""
    return {
        PersonKind.NATIONAL: pages.say("有戶籍的國民"),
        PersonKind.UNREGISTERED: pages.say("無戶籍國民"),
        PersonKind.FOREIGN: pages.say("外國人"),
        PersonKind.STATELESS: pages.say("無國籍人"),
        PersonKind.HK_MACAU: pages.say("香港、澳門居民"),
        PersonKind.MAINLAND: pages.say("大陸地區人民"),
    }[kind]


def of_document(document: Document) -> str:
    """Return what a document is called."""
    return {
        Document.ID_CARD: pages.say("國民身分證"),
        Document.HOUSEHOLD_CERTIFICATE: pages.say("戶口名簿或戶籍謄本"),
        Document.HEALTH_CARD: pages.say("健保卡"),
        Document.PASSPORT: pages.say("護照"),
        Document.RESIDENCE_PERMIT: pages.say("居留證"),
        Document.GUARDIAN_ID: pages.say("法定代理人或監護人的身分證件"),
        Document.GUARDIAN_CONSENT: pages.say("法定代理人簽名的同意書"),
        Document.COURT_DECISION: pages.say("法院裁定書和確定證明"),
    }[document]


def of_relation(relation: Relation) -> str:
    """Return what a guardian is to the applicant."""
    return {Relation.PARENT: pages.say("父母"), Relation.ASSISTANT: pages.say("輔助人")}.get(
        relation, pages.say("監護人")
    )


def of_documents(documents: Iterable[Document]) -> list[str]:
    """Return what documents are called."""
    return [of_document(each) for each in documents]


def of_state(state: State) -> str:
    """Return how far an application has come."""
    return {
        State.CONFIRMING: pages.say("等申辦窗口確認"),
        State.REVIEW: pages.say("資訊局審核中"),
        State.RETURNED: pages.say("等您補正"),
        State.APPROVED: pages.say("已通過"),
        State.REJECTED: pages.say("未通過"),
        State.WITHDRAWN: pages.say("已撤回"),
        State.LAPSED: pages.say("逾期失效"),
    }[state]


def of_next(state: State) -> str:
    """Return what happens next, or what the applicant can do."""
    return {
        State.CONFIRMING: pages.say(
            "請在 30 天內帶證件到任一申辦窗口，窗口會核對資料再送審。證件只看，不留影本。"
        ),
        State.REVIEW: pages.say("您不必做什麼。審核好了會通知您，也可以再來這裡看。"),
        State.RETURNED: pages.say("請看下面的原因，改好再送出。等您的期間不算在辦理天數裡。"),
        State.APPROVED: pages.say("請用啟用碼選您的帳號和密碼，就可以登入了。"),
        State.REJECTED: pages.say("您可以重新申辦，沒有次數限制；不服這個決定，也可以提起訴願。"),
        State.WITHDRAWN: pages.say("這件申請已經撤回。隨時可以重新申辦。"),
        State.LAPSED: pages.say("這件申請等太久，已經失效。隨時可以重新申辦。"),
    }[state]
