"""Say what merchants' own systems and tills may do at `/api/merchant` and `/api/till`."""

from kernel.wording import Bilingual
from web.api_interfaces import Interface, Operation
from web.merchant_shapes import AnswerTold, CodeSent, ContractsTold, CountsTold, OffersTold

ADDRESS = "/api/merchant"
CONTRACTS, OFFERS, COUNTS = "contracts.read", "offers.read", "counts.read"
SCOPES = {
    CONTRACTS: Bilingual("看自己的契約", "Read one's own contracts"),
    OFFERS: Bilingual("看自己的優惠", "Read one's own offers"),
    COUNTS: Bilingual("看自己優惠的統計", "Read the counts of one's own offers"),
}
ENDED = "flow.merchant_contract_inactive"
INTERFACE = Interface(
    address=ADDRESS,
    base="/api",  # tills, too, are described here
    title="interface for merchants",
    version="1.0",
    description=(
        "One's own contracts, offers and counts, and the answer a till gets to a code. The code is "
        "its own idempotency key: within a minute the same till is answered alike."
    ),
    scopes=SCOPES,
    operations=(
        Operation(
            method="get",
            path="/merchant/contracts",
            scope=CONTRACTS,
            name=Bilingual("自己的契約", "One's own contracts"),
            told=ContractsTold,
            is_paged=True,
            codes=(ENDED,),
            told_example={
                "next": None,
                "contracts": [
                    {
                        "number": "TPE-2026-001",
                        "starts_on": "2026-01-01",
                        "ends_on": "2026-12-31",
                        "in_force": True,
                    }
                ],
            },
        ),
        Operation(
            method="get",
            path="/merchant/offers",
            scope=OFFERS,
            name=Bilingual("自己的優惠", "One's own offers"),
            told=OffersTold,
            is_paged=True,
            codes=(ENDED,),
            told_example={
                "next": None,
                "offers": [
                    {
                        "offer": "senior-10-percent",
                        "version": 2,
                        "title": {"zh": "咖啡九折", "en": "Coffee, ten percent off"},
                        "state": "in_force",
                        "valid_from": "2026-07-01",
                        "valid_until": "2026-12-31",
                    }
                ],
            },
        ),
        Operation(
            method="get",
            path="/merchant/counts",
            scope=COUNTS,
            name=Bilingual("上個月的統計", "The counts of last month"),
            told=CountsTold,
            is_paged=True,
            codes=(ENDED,),
            told_example={
                "next": None,
                "month": "2026-10-01",
                "counts": [
                    {"offer": "senior-10-percent", "members": 412},
                    {"offer": "family-day", "members": None},
                ],
                "total": None,
            },
        ),
        Operation(
            method="post",
            path="/till/answers",
            scope="",
            name=Bilingual("問這個人適不適用優惠", "Ask whether an offer is somebody's"),
            sent=CodeSent,
            told=AnswerTold,
            codes=(
                *("http.400", "client.authentication_failed", ENDED, "flow.purpose_not_offer"),
                *("flow.small_population", "till.code_refused", "till.locked"),
            ),
            sent_example={"code": "7GK2M4QP", "offer": "senior-10-percent"},
            told_example={
                "offer": "senior-10-percent",
                "eligible": True,
                "number": "47",
                "receipt": "8KQP2M7X",
                "at": "2026-11-23T04:00:00+00:00",
            },
        ),
    ),
)
