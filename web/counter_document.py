"""Say what counters' own systems may do at `/api/counter`."""

from kernel.wording import Bilingual
from web.api_interfaces import Interface, Operation, in_path
from web.counter_shapes import CasesTold, CaseTold, DaysTold

ADDRESS = "/api/counter"
CASES, DAYS = "cases.read", "days.read"
OF = "counter:"  # and the counter's code: the scope that says which counter a program is of
SCOPES = {
    CASES: Bilingual("看自己窗口的案件進度", "Follow the cases at one's own counter"),
    DAYS: Bilingual("看自己窗口的工作日和時間", "Read the days and hours of one's own counter"),
}
CODE = "The counter's code."
DELEGATED = (
    "counter.not_delegated",
    "counter.delegation_unpublished",
    "counter.delegation_expired",
)
_A_CASE = {
    "id": "Zk3vQ1x8N0aTq5m2bWc7Rr4yLh9JdPf6sUoEiGtKzXA",
    "matter": "activation",
    "state": "in_process",
    "due_on": "2026-12-01",
    "days_left": 6,
}
INTERFACE = Interface(
    address=ADDRESS,
    title="interface for counters",
    version="1.0",
    description=(
        "What waits at a counter and until when, and the days on which it works. A program is of "
        "the counters whose scope, such as `counter:daan`, it was approved for."
    ),
    scopes=SCOPES,
    operations=(
        Operation(
            method="get",
            path="/{code}/cases",
            scope=CASES,
            name=Bilingual("窗口待辦的案件", "What waits at a counter"),
            told=CasesTold,
            is_paged=True,
            codes=("counter.not_found", *DELEGATED),
            parameters=(in_path("code", CODE),),
            told_example={"next": None, "cases": [_A_CASE]},
        ),
        Operation(
            method="get",
            path="/{code}/cases/{id}",
            scope=CASES,
            name=Bilingual("一件案件的進度", "How far a case is"),
            told=CaseTold,
            codes=("counter.not_found", "case.not_found", *DELEGATED),
            parameters=(in_path("code", CODE), in_path("id", "As the list names it.")),
            told_example=_A_CASE,
        ),
        Operation(
            method="get",
            path="/{code}/days",
            scope=DAYS,
            name=Bilingual("窗口三十天內的工作日和時間", "The days of a counter, thirty ahead"),
            told=DaysTold,
            codes=("counter.not_found",),
            parameters=(in_path("code", CODE),),
            told_example={
                "days": [
                    {
                        "day": "2026-11-23",
                        "hours": ["09:00-12:00", "13:30-17:30"],
                        "counts": True,
                    },
                    {"day": "2026-11-24", "hours": [], "counts": False},
                ]
            },
        ),
    ),
)
