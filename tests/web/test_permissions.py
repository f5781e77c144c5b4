"""Who may do what (REGULATION 9): one table, held against every route there is.

A route of a console is found by its address. One under an address without a row fails here, and so
does one that lets in a post its row does not name, or keeps out one that it does.
"""

import re
from collections.abc import Iterator, Mapping

import pytest

from clients.officer_models import Role
from kernel.refusals import refusal
from kernel.wording import CHINESE
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CONSOLES = ("/doit", "/agency", "/console", "/counter", "/clerk", "/audit", "/merchant")
# For everybody; for whoever has two posts; for whoever has a seat, which is looked up.
PUBLIC = ("/counters", "/console/post", "/clerk/seat")
BUREAU, CLERKS = frozenset({Role.REVIEWER}), frozenset[Role]()
AGENCY = frozenset({Role.OFFICER, Role.MANAGER})
MAY: Mapping[str, frozenset[Role]] = {
    "/doit": BUREAU,
    "/doit/operations": BUREAU | {Role.ADMINISTRATOR},
    "/agency": AGENCY,
    "/console": frozenset(Role),
    "/console/officers": frozenset({Role.ADMINISTRATOR, Role.MANAGER}),
    "/counter": CLERKS,
    "/clerk": CLERKS,
    "/audit": frozenset({Role.AUDITOR}),
    "/merchant": frozenset({Role.MERCHANT}),
}
WORKINGS = ("/doit/operations", "/doit/statistics", "/doit/controls")  # no member is in them
READS = {
    Role.AUDITOR: (
        "/doit/changes",
        "/doit/forms",
        "/doit/content",
        "/doit/audits",
        "/doit/terms",
        "/doit/incidents",
        "/doit/inventory",
        "/doit/waivers",
        "/doit/plans",
        *WORKINGS,
    ),
    Role.ADMINISTRATOR: WORKINGS,
}
REFUSED = {
    refusal(code).title.text(CHINESE)
    for code in ("officer.not_for_you", "audit.read_only", "counter.not_delegated")
}
Route = tuple[str, str]


def below(path: str, families: Mapping[str, frozenset[Role]] | tuple[str, ...]) -> list[str]:
    return [each for each in families if path == each or path.startswith(f"{each}/")]


def routes(city: City) -> Iterator[Route]:
    for rule in city.app.url_map.iter_rules():
        path = str(rule)
        if not below(path, CONSOLES) or below(path, PUBLIC):
            continue
        for method in sorted({"GET", "POST"} & set(rule.methods or ())):
            yield method, path


def address(path: str) -> str:
    """Return an address of the route, of something that is not there."""
    nobody = "00000000-0000-0000-0000-000000000000"
    path = re.sub(r"<uuid:\w+>", nobody, path)
    path = re.sub(r"<any\(([^)]*)\):\w+>", lambda any_: re.findall(r"[\w-]+", any_[1])[0], path)
    path = re.sub(r"<int:\w+>", "1", path)
    return re.sub(r"<[^>]+>", "NOTHING0", path)


def may(method: str, path: str) -> frozenset[Role]:
    """Return who may call the route, by the longest address above it."""
    at = address(path)
    reads = {
        role
        for role, pages in READS.items()
        if method == "GET" and (at == "/doit" or below(at, pages))
    }
    return MAY[max(below(at, MAY), key=len)] | reads


def is_let_in(browser: Browser, method: str, path: str, form: dict[str, str]) -> bool:
    at = address(path)
    answer = browser.get(at) if method == "GET" else browser.post(at, form)
    said = re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)
    return not (answer.status_code == 403 and said is not None and said[1].strip() in REFUSED)


@pytest.mark.clause("9", "10-I(2)")
def test_every_route_of_a_console_has_a_row(city: City) -> None:
    found = list(routes(city))

    assert len(found) > 100
    assert [path for _, path in found if not below(path, MAY)] == []


@pytest.mark.clause("9", "10-I(2)")
@pytest.mark.parametrize("role", Role)
def test_a_post_opens_what_its_rows_name_and_nothing_else(city: City, role: Role) -> None:
    with city.database() as session:
        house = staff.house_for(session, role)
    member_id = staff.appoint(city, "some.body", role, organisation_id=house)
    browser = staff.sign_in(city, "some.body", member_id)
    form = hidden(browser.get("/account"))

    wrong = [
        (method, path)
        for method, path in routes(city)
        if is_let_in(browser, method, path, form) != (role in may(method, path))
    ]

    assert wrong == []


@pytest.mark.clause("9")
def test_who_holds_no_post_finds_no_console(city: City) -> None:
    browser = staff.sign_in(city, "some.body", city.enrol("some.body"))
    form = hidden(browser.get("/account"))

    assert [each for each in routes(city) if is_let_in(browser, *each, form)] == []
