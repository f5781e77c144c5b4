"""下載資料 holds everything: no table about people is forgotten, and nobody gets another's rows."""

import io
import zipfile
from collections.abc import Mapping

import pytest
from sqlalchemy import select

import migrations
from consent.models import Consent
from members.models import Archive, Member
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web.belongings import everything
from tests.web.giving import Giver, ground_in, prepare
from tests.web.outbox import World
from web.archive_parts import PARTS

HELD: Mapping[str, str] = {  # by table: the file its rows are in
    "account_deletion": "deletions",
    "activation": "services",
    "activation_event": "service_history",
    "activation_request": "applications",
    "application": "joining",
    "application_event": "joining",
    "approval_request": "asked_others",
    "binding": "carriers",
    "browser_session": "browsers",
    "capacity_note": "declarations",
    "card_order": "card_orders",
    "carrier_event": "carrier_history",
    "case_letter": "cases",
    "change_request": "changes",
    "clerk": "duties",
    "consent": "consents",
    "consent_receipt": "consents",
    "counter_case": "cases",
    "datum_change": "former_values",
    "document_seen": "cases",
    "eligibility_finding": "suspensions",
    "guardian_link": "representation",
    "held_number": "profile",
    "identity_check": "profile",
    "inbox_message": "messages",
    "ledger": "footprint",
    "member": "profile",
    "misuse_report": "reports",
    "officer_post": "duties",
    "petition": "petitions",
    "power_of_attorney": "representation",
    "sanction": "sanctions",
    "sanction_service": "sanctions",
    "standing_order": "orders",
    "subject_request": "requests",
    "training": "training",
}
SECRET = "a secret, or the hash of one: it tells nothing about its member and opens things"
MOMENTARY = "for minutes, until it is answered; what came of it is a line of the footprint"
INSIDE = "how a carrier is recognised: keys and hashes; which carriers there are is in `carriers`"
TOKENS = "what a sign-in let a client do: hashes; the sign-in and its end are in the footprint"
# Known by words that other people's rows have too.
ALIKE = {"activation", "application_event", "case_letter", "document_seen", "sanction_service"}
LEFT_OUT: Mapping[str, str] = {
    "archive": "the archive itself",
    "archive_chunk": "the archive itself",
    "authorization_grant": TOKENS,
    "awaited_request": MOMENTARY,
    "bound_certificate": INSIDE,
    "card": INSIDE,
    "claimed_number": "while an application is open, hashed; the number is in `profile`",
    "client_token": TOKENS,
    "consolidation_conflict": "an agency's two words against one another; `services` says so",
    "consolidation_row": "a line of an agency's file; what it changed is in `service_history`",
    "contact_check": MOMENTARY,
    "device_certificate": INSIDE,
    "handover": MOMENTARY,
    "incident_member": "whom an incident touched: told in `messages`",
    "invitation": SECRET,
    "key_card": INSIDE,
    "known_browser": "hashes of browsers; the sign-ins themselves are in `signins`",
    "ledger_seal": "the proof of the footprint, in footprint.json",
    "legal_hold": "an order of a court or a prosecutor, theirs to tell (PDPA 10 (2))",
    "loss_report": "who reported was not signed in; the loss is in `carrier_history`",
    "member_approval": "by whom a member was approved; that and when is in `joining`",
    "passkey": INSIDE,
    "password_credential": SECRET,
    "password_history": SECRET,
    "proxy_notice": SECRET,
    "record_finding": "that somebody wrote past the service, while it is looked into",
    "record_seal": "a keyed chain that shows whether somebody wrote past the service",
    "recovery": MOMENTARY,
    "recovery_slip": SECRET,
    "rule_run": "a rule tried on an application; its result is in `joining`",
    "seen_card": "a mark that only one agency's readers know; where it was shown is in `footprint`",
    "seen_document": "which papers an application was shown with: none is kept (7(1))",
    "subject": "as one client knows its member: in each signed receipt",
    "synthetic_person": "nobody: clerks practise on them",
    "till_code": MOMENTARY,
    "token": TOKENS,
}


def about_people() -> set[str]:
    """Return the tables whose rows are a member's, or hang on one that is."""
    tables = migrations.metadata().tables.values()
    found = {"member"} | {table.name for table in tables if "member_id" in table.columns}
    while True:
        more = {
            table.name
            for table in tables
            if any(key.column.table.name in found for key in table.foreign_keys)
        }
        if more <= found:
            return found
        found |= more


@pytest.mark.clause("10-I(1)")
def test_every_table_about_people_is_in_the_archive_or_has_a_reason() -> None:
    assert about_people() == HELD.keys() | LEFT_OUT.keys()
    assert not HELD.keys() & LEFT_OUT.keys()


def given(city: City, browser: Browser, login: str, mark: str, number: str) -> dict[str, str]:
    """Let a member sign in, agree, and get a row of everything; return what shows each."""
    tokens = browser.tokens(login=login)
    city.userinfo(tokens["access_token"])
    with city.database() as session:
        member = session.scalars(select(Member).where(Member.login == login)).one()
        ground = ground_in(session)
        giver = Giver(
            session=session, ground=ground, member=member, mark=mark, number=number, now=city.now
        )
        consents = select(Consent.receipt_id).where(Consent.member_id == member.id)
        receipt = str(session.scalars(consents).first())
        return everything(giver) | {"consent": receipt, "consent_receipt": receipt}


def taken(city: City, world: World, browser: Browser) -> dict[str, str]:
    """Return the text of each file of an archive with every part."""
    page = browser.get("/account/download")
    browser.post("/account/download", {**hidden(page), "part": list(PARTS)})
    world.work_off()
    with city.database() as session:
        archive_id = session.scalars(select(Archive.id)).one()
    answer = browser.get(f"/account/download/{archive_id}.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as bundle:
        return {name: bundle.read(name).decode() for name in bundle.namelist()}


@pytest.mark.clause("10-I(1)")
def test_a_member_finds_a_row_of_everything_and_nothing_of_anothers(city: City) -> None:
    world, browser = World(city), Browser(city)
    with city.database() as session:
        prepare(session, now=city.now)
    city.wait(seconds=67)  # a moment of hers alone
    lin_id = city.enrol("lin.other", name="林不同")
    theirs = given(city, Browser(city), "lin.other", "林", "H222222224")
    city.wait(minutes=3)
    mine = given(city, browser, "mei.chen", "美", "A100000001")

    found = taken(city, world, browser)

    assert HELD.keys() == mine.keys()
    lacking = {table for table, words in mine.items() if words not in found.get(file_of(table), "")}
    assert lacking == set()
    all_of_it = "".join(found.values())
    leaked = {table for table, words in theirs.items() if words in all_of_it}
    assert leaked == ALIKE
    assert str(lin_id) not in all_of_it
    assert "美的舊友" not in all_of_it  # that power is over: no page names them any more


def file_of(table: str) -> str:
    return f"{HELD[table]}.json"
