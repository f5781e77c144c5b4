"""What `taipei-id doctor` asks about people and posts: who was let in by hand, who is missing."""

from sqlalchemy import Exists, exists, func, select

from clients.models import AuthMethod, Client
from clients.officer_models import OfficerPost, Role
from kernel import clock
from kernel.settings import Settings
from members.approval_models import ApprovalKind, MemberApproval
from members.models import Member
from web.cli.checks import Skipped, Warned, opened_session

NEEDED = {Role.REVIEWER: 2, Role.ADMINISTRATOR: 1, Role.AUDITOR: 1}  # two for what takes two


def approvals(settings: Settings) -> str:
    """Count members whom nobody of the Bureau approved: the operator let them in (2(8)1)."""
    if settings.demo:
        raise Skipped("everybody in the demo was let in by its seed")
    with opened_session(settings) as session:
        let_in = (
            select(func.count())
            .select_from(Member)
            .join(MemberApproval, MemberApproval.id == Member.id)
            .where(MemberApproval.kind == ApprovalKind.BOOTSTRAP, Member.data_key_sealed != b"")
        )
        count = session.scalar(let_in) or 0
        idle = session.scalar(let_in.where(~_has_post())) or 0
    if idle:
        raise Warned(
            f"{idle} of {count} members let in by the operator hold no post; have them apply at a "
            "counter and close what was made ('taipei-id member suspend'), or appoint them"
        )
    if count:
        raise Warned(
            f"{count} officers were let in by the operator, with no application behind them; have "
            "each of them apply at a counter, then appoint the new account and dismiss this one"
        )
    return "the Bureau approved every member"


def _has_post() -> Exists:
    return exists().where(
        OfficerPost.member_id == Member.id,
        OfficerPost.ended_at.is_(None),
        OfficerPost.ends_at > clock.now(),
    )


def posts(settings: Settings) -> str:
    """See that somebody holds each post of the Bureau; what needs two needs two people."""
    if settings.demo:
        raise Skipped("the demo's officers are invented")
    with opened_session(settings) as session:
        rows = session.execute(
            select(OfficerPost.role, func.count(OfficerPost.member_id.distinct()).label("people"))
            .where(OfficerPost.ended_at.is_(None), OfficerPost.ends_at > clock.now())
            .group_by(OfficerPost.role)
        )
        people = {row.role: row.people for row in rows}
    missing = [
        f"{role.value} ({people.get(role, 0)} of {wanted})"
        for role, wanted in NEEDED.items()
        if people.get(role, 0) < wanted
    ]
    if missing:
        raise Warned(
            f"too few hold the post of {', '.join(missing)}; run 'taipei-id officer appoint', or "
            "let an administrator do it at /console/officers"
        )
    return "every post of the Bureau is held"


def client_certificates(settings: Settings) -> str:
    """See that revoked certificates of clients are known where clients show certificates."""
    with opened_session(settings) as session:
        count = session.scalar(
            select(func.count()).select_from(Client).where(Client.auth_method == AuthMethod.TLS)
        )
    if not count:
        raise Skipped("no client is known by a certificate of an authority")
    if settings.mtls.revocation_lists is None:
        raise Warned(
            f"{count} clients are known by certificates, and none of them could be revoked; fetch "
            "their authorities' revocation lists (PEM) daily and set mtls.revocation_lists"
        )
    return f"{count} clients; their authorities' revocation lists are read"
