"""A field holds what a keyboard makes: PostgreSQL keeps no NUL, and no page need think of it."""

from io import BytesIO

import pytest
from werkzeug.test import EnvironBuilder

from clients.officer_models import Role
from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import staff
from web.sent import Sent


def a_request(**form: object) -> Sent:
    return Sent(EnvironBuilder(path="/?of=a%00b&of=c", method="POST", data=form).get_environ())


def test_a_field_of_a_form_or_of_an_address_has_no_nul() -> None:
    request = a_request(name="\x00王\x00小明\x00", claims=["a\x00", "b"])

    assert request.form["name"] == "王小明"
    assert request.form.getlist("claims") == ["a", "b"]
    assert request.args.getlist("of") == ["ab", "c"]
    assert request.values["name"] == "王小明"


def test_a_form_with_a_file_is_read_as_any_other() -> None:
    request = a_request(name="a\x00b", file=(BytesIO(b"a\x00b"), "notes.csv"))

    assert request.form["name"] == "ab"
    assert request.files["file"].read() == b"a\x00b"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)  # the stricter one
@pytest.mark.parametrize(
    ("role", "path", "form"),
    [
        (Role.ADMINISTRATOR, "/console/officers", {"login_id": "a\x00b", "role": "doit_auditor"}),
        (
            Role.REVIEWER,
            "/doit/standing",
            {"login_id": "a\x00b", "kind": "protection", "reason": "\x00", "clause": "6(1)"},
        ),
        (Role.REVIEWER, "/doit/sanctions", {"who": "a\x00b", "hear_by": "2027-06-30"}),
    ],
)
def test_an_officer_who_sends_one_is_answered(
    city: City, role: Role, path: str, form: dict[str, str]
) -> None:
    officer = staff.an_officer(city, role)

    assert officer.post(path, {**hidden(officer.get(path)), **form}).status_code in {403, 422}
