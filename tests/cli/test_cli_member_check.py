from sqlalchemy import Engine, select

from kernel.db import sessions, transaction
from members.models import CheckKind, IdentityCheck
from tests.cli.conftest import Taipei
from tests.make import PASSWORD

ADD = ("member", "add", "mei.chen", "--name", "陳美玉", "--password-stdin")
CHECK = ("member", "checked", "mei.chen", "--seen", "idcard", "--office", "松山區健康服務中心")


def kept(engine: Engine) -> list[IdentityCheck]:
    with transaction(sessions(engine)) as session:
        return list(session.scalars(select(IdentityCheck)))


def test_a_check_is_entered(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id(*ADD, typed=PASSWORD)

    done = taipei_id(*CHECK, "--claim", "name", "--claim", "birthdate")

    assert done.stdout == "Checked of mei.chen: name.\n"
    (row,) = kept(prepared)
    assert (row.kind, row.of_type, row.method) == (CheckKind.DOCUMENT, "idcard", "vpip")


def test_nothing_is_entered_of_what_is_not_on_record(prepared: Engine, taipei_id: Taipei) -> None:
    taipei_id(*ADD, typed=PASSWORD)

    done = taipei_id(*CHECK, "--claim", "gender")

    assert done.exit_code == 1
    assert not kept(prepared)
