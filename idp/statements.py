"""The hot path's statements about grants and tokens, each built once (docs/performance.md)."""

from sqlalchemy import and_, bindparam, column, exists, func, insert, or_, select, table, update

from consent import ledger
from consent.models import Consent
from idp.models import Grant, Token, TokenKind
from kernel.db import Moment
from kernel.prebuilt import Prebuilt
from members.models import Member, Standing

# The table of who is signed in where is `web`'s; a grant knows its own session by id alone.
_sessions = table("browser_session", column("id", Grant.session_id.type))
_session_stands = or_(
    Grant.session_id.is_(None), exists().where(_sessions.c.id == Grant.session_id)
)
_member_active = exists().where(Member.id == Grant.member_id, Member.standing == Standing.ACTIVE)
_GRANT = (
    Grant.id,
    Grant.member_id,
    Grant.client_id,
    Grant.purpose_id,
    Grant.session_id,
    Grant.sub,
    Grant.acr,
    Grant.amr,
    Grant.authenticated_at,
    Grant.request,
)
TOKEN = (
    *("token_hash", "grant_id", "kind", "scope", "issued_at", "expires_at"),
    *("confirmation", "audience", "details"),
)

INSERT_GRANT = Prebuilt(
    insert(Grant),
    given=(
        "id member_id client_id purpose_id session_id sub acr amr authenticated_at created_at "
        "request code_hash code_expires_at"
    ).split(),
)
INSERT_TOKEN = Prebuilt(insert(Token), given=TOKEN)
# Both in one statement: PostgreSQL is asked once, and one of them alone is never kept.
INSERT_TOKENS = Prebuilt(
    insert(Token).values(
        [
            {name: bindparam(f"{name}_{row}", type_=getattr(Token, name).type) for name in TOKEN}
            for row in range(2)
        ]
    )
)
TAKE_CODE = Prebuilt(
    update(Grant)
    .where(
        Grant.code_hash == bindparam("hashed"),
        Grant.client_id == bindparam("client"),
        Grant.code_used_at.is_(None),
        Grant.code_expires_at > bindparam("now"),
        Grant.ended_at.is_(None),
        # A sign-out that came while the grant was being written has not ended it.
        _session_stands,
        _member_active,
    )
    .values(code_used_at=bindparam("now"))
    .returning(*_GRANT)
)
USE_REFRESH_TOKEN = Prebuilt(
    update(Token)
    .where(
        Token.token_hash == bindparam("hashed"),
        Token.kind == TokenKind.REFRESH,
        Token.expires_at > bindparam("now"),
        Token.revoked_at.is_(None),
        or_(Token.used_at.is_(None), Token.used_at >= bindparam("grace")),
    )
    .values(used_at=func.coalesce(Token.used_at, bindparam("now", type_=Moment())))
    .returning(Token.grant_id, Token.scope, Token.confirmation)
)
# The same for a client that keeps its refresh token: it may be used again and again.
KEEP_REFRESH_TOKEN = Prebuilt(
    select(Token.grant_id, Token.scope, Token.confirmation).where(
        Token.token_hash == bindparam("hashed"),
        Token.kind == TokenKind.REFRESH,
        Token.expires_at > bindparam("now"),
        Token.revoked_at.is_(None),
    )
)
# Consent is asked whenever something leaves, so the decisions come along.
_decisions = and_(
    ledger.IN_FORCE,
    Consent.member_id == Grant.member_id,
    Consent.purpose_id == Grant.purpose_id,
)
LIVE_GRANT = Prebuilt(
    select(*_GRANT, *ledger.COLUMNS)
    .outerjoin(Consent, _decisions)
    .where(
        Grant.id == bindparam("grant"),
        Grant.client_id == bindparam("client"),
        Grant.ended_at.is_(None),
        _member_active,
    ),
    many=len(ledger.COLUMNS),
)
ACCESS_TOKEN = Prebuilt(
    select(
        *_GRANT,
        Token.scope,
        Token.issued_at,
        Token.expires_at,
        Token.confirmation,
        Token.audience,
        Token.details,
        Member.data_key_sealed,
        Member.profile_sealed,
        *ledger.COLUMNS,
    )
    .select_from(Token)
    .join(Grant, Grant.id == Token.grant_id)
    .join(Member, Member.id == Grant.member_id)
    .outerjoin(Consent, _decisions)
    .where(
        Token.token_hash == bindparam("hashed"),
        Token.kind == TokenKind.ACCESS,
        Token.expires_at > bindparam("now"),
        Token.revoked_at.is_(None),
        Grant.ended_at.is_(None),
        Member.standing == Standing.ACTIVE,
    ),
    many=len(ledger.COLUMNS),
)
