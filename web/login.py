"""Try a login: throttled before the work, equal for strangers and members, recorded either way."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from adapters.contract import Context, NotProven, Proof
from audit import footprint, trail
from audit.lines import Kind
from carriers.models import Suspension
from idp import acr, grants
from idp.acr import Assurance
from idp.models import GrantEnd
from idp.sign_outs import SignOut
from kernel import metrics, throttle
from kernel.errors import Refused
from kernel.ids import REFERENCE_LENGTH, typed_code
from kernel.throttle import Policy, Verdict
from members import applications, register, standing
from members.application_models import OPEN
from members.logins import normalise
from web import browsers, cookies, known_browsers, losses, notices, pages, scope, sessions
from web.mails import Mail

PASSWORD = "password"  # noqa: S105  # the name of an adapter

# Who is being guessed at is told, but nobody's mailbox can be filled by guessing.
LOCK_NOTICES = Policy(
    name="lock-notice", limit=3, window=timedelta(hours=24), lockout=timedelta(hours=24)
)

# What a failure is counted as; everything else is one, as it is for the visitor.
_OUTCOMES = {"login.busy": "busy", "challenge.expired": "expired"}


class LoginLocked(Exception):  # a state of affairs, not a mistake
    """Too many attempts on this account name or from this address."""

    def __init__(self, until: datetime) -> None:
        """Keep the moment from which trying again makes sense."""
        super().__init__("login.locked")
        self.until = until


def admit_active(member_id: UUID) -> None:
    """Let in only who is in good standing. Raises Refused."""
    standing.require_active(register.read(scope.db(), member_id).standing)


def attempt(form: Mapping[str, str], *, admit: Callable[[UUID], None] = admit_active) -> UUID:
    """Sign the person in and return the member's id; `admit` refuses whom it does not let in.

    Raises LoginLocked, or Refused `login.failed` whatever was wrong: unknown, wrong password,
    suspended (STYLE 5). Which of them it was is on the trail, or in the member's footprint. An
    applicant who types the receipt is told `member.not_approved`: there is no account yet.
    """
    login = form.get("login_id", "")
    answer = {"login": login, "password": form.get("password", "")}
    shared = form.get("shared_computer") == "yes"
    try:
        return attempt_by(
            PASSWORD, answer, guessed=normalise(login), admit=admit, shared_computer=shared
        )
    except Refused:
        _require_no_receipt(login, answer["password"])
        raise


def _require_no_receipt(number: str, secret: str) -> None:
    if len(typed_code(number)) != REFERENCE_LENGTH:
        return
    application = applications.track(scope.db(), number, secret, now=scope.now())
    if application is not None and application.state in OPEN:
        raise Refused("member.not_approved")


def attempt_by(
    method: str,
    answer: Mapping[str, str],
    *,
    guessed: str,
    admit: Callable[[UUID], None] = admit_active,
    shared_computer: bool,
    only: UUID | None = None,
) -> UUID:
    """Do the same by an adapter whose form is its fields; `guessed` is what is being guessed at.

    `only` is the member who adds to the session here; without one the proof stands alone.
    """
    count_attempt(guessed)
    try:
        proof = prove(method, answer)
        admit(proof.member_id)
        acr.worth(proof, known_by=_known_by(proof, only))
    except Refused as refused:
        record_failure(refused, method=method, login=guessed)
        if refused.code == "login.busy":
            raise
        raise Refused("login.failed") from None
    forget_attempts(guessed)
    start_session(proof, method=method, shared_computer=shared_computer, only=only)
    return proof.member_id


def prove(method: str, answer: Mapping[str, str]) -> Proof:
    """Return what an adapter makes of a form's answer. Raises Refused."""
    adapter = scope.rooms().adapters[method]
    context = Context(origin=scope.rooms().settings.issuer, address=request.remote_addr or "")
    challenge = adapter.begin(context, now=scope.now())
    return adapter.verify(scope.db(), context, challenge, answer, now=scope.now())


def _known_by(proof: Proof, only: UUID | None) -> Collection[str]:
    """Return what the session here adds to a proof: nothing where a login of its own is asked."""
    present = scope.visitor()
    if only is None or present is None:
        return ()
    return present.amr if present.member_id == proof.member_id == only else ()


def count_attempt(subject: str) -> None:
    """Count before working, so that racing attempts cannot slip past the limit (7.4).

    `subject` is what is being guessed at. Raises LoginLocked.
    """
    _hit(*_counted(subject))


def count_network() -> None:
    """Count an attempt that guesses at no account: a passkey's. Raises LoginLocked."""
    _hit((throttle.ADDRESS, _network_key()))


def forgive_network() -> None:
    """Take back one attempt from this address: it was the right person."""
    throttle.forgive(scope.db(), _network_key())


def network() -> str:
    """Return what this address is counted under."""
    return throttle.network_of(request.remote_addr or "")


def _network_key() -> bytes:
    return throttle.ADDRESS.key(network(), secret=scope.rooms().throttle_key)


def _hit(*counted: tuple[Policy, bytes]) -> None:
    scope.keep()  # the counts are a transaction of their own, kept whatever comes of the attempt
    verdict = Verdict(allowed=True)
    for policy, key in counted:
        if verdict.allowed:
            verdict = policy.hit(scope.db(), key, now=scope.now())
    scope.keep()
    if verdict.retry_at is not None:
        raise LoginLocked(verdict.retry_at)


def may_guess(subject: str) -> bool:
    """Count an attempt on an account that was not named, and say whether it may go on.

    It is not told that the account is locked: that would tell that there is one.
    """
    key = throttle.ACCOUNT.key(subject, secret=scope.rooms().throttle_key)
    scope.keep()
    verdict = throttle.ACCOUNT.hit(scope.db(), key, now=scope.now())
    scope.keep()
    return verdict.allowed


def forget_guesses(subject: str) -> None:
    """Stop counting what `may_guess` counted: it was the right person."""
    key = throttle.ACCOUNT.key(subject, secret=scope.rooms().throttle_key)
    throttle.clear(scope.db(), key)


def forget_attempts(subject: str) -> None:
    """Stop counting: it was the right person."""
    (_, address_key), (_, account_key) = _counted(subject)
    throttle.clear(scope.db(), account_key)
    throttle.forgive(scope.db(), address_key)


def _counted(subject: str) -> tuple[tuple[Policy, bytes], tuple[Policy, bytes]]:
    account = throttle.ACCOUNT.key(subject, secret=scope.rooms().throttle_key)
    # The address first: one that is locked out must not go on locking other people's accounts.
    return ((throttle.ADDRESS, _network_key()), (throttle.ACCOUNT, account))


def record_failure(refused: Refused, *, method: str, login: str = "") -> None:
    """Undo what was done and write down what failed; a passkey's attempt names no `login`."""
    reason = refused.reason if isinstance(refused, NotProven) else refused.code
    member_id = refused.member_id if isinstance(refused, NotProven) else None
    suspect = refused.suspect_carrier if isinstance(refused, NotProven) else None
    metrics.SIGN_INS.labels(method, _OUTCOMES.get(refused.code, "failed")).inc()
    now, language, secret = scope.now(), pages.language(), scope.rooms().throttle_key
    account = throttle.ACCOUNT.key(login, secret=secret)
    letters = LOCK_NOTICES.key(login, secret=secret)

    def write(session: Session) -> None:
        # The same lines, throttles and jobs either way: members and strangers cost the same.
        if member_id is None:
            trail.record(session, "login.failed", actor=None, now=now, reason=reason)
        else:
            footprint.record(
                session, Kind.LOGIN_FAILED, member_id=member_id, now=now, reason=reason
            )
        if throttle.is_locked(session, account, now=now) and (
            LOCK_NOTICES.hit(session, letters, now=now).allowed
        ):
            notices.mail(session, Mail.LOCKED, member_id=member_id, language=language, now=now)
        if suspect is not None:
            losses.suspend(session, suspect, Suspension.COPIED, language=language, now=now)

    scope.abandon(aftermath=write)


@dataclass(frozen=True, kw_only=True)
class Known:
    """Who is to be signed in here, how surely, since when, and what they showed for it."""

    member_id: UUID
    assurance: Assurance
    carrier_id: UUID | None
    since: datetime


def start_session(
    proof: Proof,
    *,
    method: str,
    shared_computer: bool,
    only: UUID | None = None,
    beside: Collection[str] = (),
) -> None:
    """Sign in the member of this proof.

    `only` is the member who adds to the session here. `beside` are the amr of what the same
    member proved in the same form.
    """
    present, known_by = scope.visitor(), beside or _known_by(proof, only)
    # What only adds makes the password no newer than it is.
    adds = not beside and acr.adds(proof, known_by=known_by)
    known = Known(
        member_id=proof.member_id,
        assurance=acr.worth(proof, known_by=known_by),
        carrier_id=proof.carrier_id,
        since=present.authenticated_at if present is not None and adds else scope.now(),
    )
    sign_in(known, method=method, shared_computer=shared_computer)


def sign_in(known: Known, *, method: str, shared_computer: bool) -> None:
    """Sign a member in; who is here already gets a new cookie and its worth.

    A session on a shared computer stays one, whatever the form in it says.
    """
    metrics.SIGN_INS.labels(method, "signed_in").inc()
    browser = browsers.describe(request.headers.get("User-Agent", "")[:512])
    here = scope.visitor()
    was_shared = here is not None and here.member_id == known.member_id and here.shared_computer
    shared_computer = shared_computer or was_shared
    opened = _open_session(known, browser=browser, shared_computer=shared_computer)
    footprint.record(
        scope.db(),
        Kind.LOGGED_IN,
        member_id=known.member_id,
        now=scope.now(),
        acr=known.assurance.acr,
        browser=browser,
        method=method,
        carrier=str(known.carrier_id or ""),
    )
    names = scope.rooms().provider.session_names
    cookies.start_session(opened.cookie, state=names.browser_state(opened.session_id))
    if not shared_computer:  # the next to sit here may be anybody
        cookies.remember_method(method)
    scope.forget_visitor()
    if not was_shared:  # or it was told when the session began
        _tell_of_new_browser(known.member_id, shared_computer=shared_computer)


def _open_session(known: Known, *, browser: str, shared_computer: bool) -> sessions.Opened:
    present, session, now = scope.visitor(), scope.db(), scope.now()
    lifetimes = scope.rooms().settings.lifetimes
    lifetime = lifetimes.of("session_shared_computer" if shared_computer else "session")
    if present is not None and present.member_id == known.member_id:
        return sessions.renew(
            session,
            present.session_id,
            assurance=known.assurance,
            carrier_id=known.carrier_id,
            authenticated_at=known.since,
            lifetime=lifetime,
            shared_computer=shared_computer,
            now=now,
        )
    _end_what_was_here(known.member_id)
    return sessions.start(
        session,
        member_id=known.member_id,
        assurance=known.assurance,
        browser=browser,
        carrier_id=known.carrier_id,
        authenticated_at=known.since,
        lifetime=lifetime,
        shared_computer=shared_computer,
        now=now,
    )


def left_here() -> sessions.Left | None:
    """Return the session this browser names, also one in which nobody is signed in any more.

    What was opened in it lives on: it is as much this visitor's to end (RP-Initiated Logout 1.0 2).
    """
    cookie = cookies.session()
    return None if cookie is None else sessions.find_left(scope.db(), cookie)


def _end_what_was_here(member_id: UUID) -> None:
    """End the session of whoever was here before `member_id`.

    A member who comes back to their own device keeps what they opened there.
    """
    left = left_here()
    if left is not None and (left.member_id != member_id or left.shared_computer):
        end_session(left.session_id, left.member_id)


def _tell_of_new_browser(member_id: UUID, *, shared_computer: bool) -> None:
    session, now = scope.db(), scope.now()
    # A shared computer is never known: the next to use it may be anybody.
    if shared_computer or not known_browsers.recognise(
        session, cookies.browser(), member_id=member_id, now=now
    ):
        notices.mail(
            session, Mail.NEW_BROWSER, member_id=member_id, language=pages.language(), now=now
        )


def end_session(session_id: UUID, member_id: UUID) -> list[SignOut]:
    """End one session and every grant issued in it; return the sign-ins that are over.

    Whoever presses twice is done the first time.
    """
    session, now = scope.db(), scope.now()
    if not sessions.end(session, session_id, member_id=member_id):
        return []
    over = grants.end_for_sessions(session, [session_id], reason=GrantEnd.LOGGED_OUT, now=now)
    footprint.record(
        session, Kind.SESSION_ENDED, member_id=member_id, now=now, browser_session=str(session_id)
    )
    return over


@dataclass(frozen=True)
class SignedOut:
    """The sign-ins that are over, and whether the page may say where they were."""

    over: Sequence[SignOut]
    is_private: bool = False


def sign_out_here() -> SignedOut:
    """End the session this browser names.

    Whoever comes to a shared computer after its session ran out may be the next to sit there: the
    services are told, for theirs may be open still, and the page names none.
    """
    left, ended = left_here(), list[SignOut]()
    may_be_another = scope.visitor() is None and left is not None and left.shared_computer
    if left is not None:
        ended = end_session(left.session_id, left.member_id)
        scope.forget_visitor()
    cookies.end_session()
    return SignedOut(ended, is_private=may_be_another)


def locked_words(locked: LoginLocked) -> str:
    """Say until when logging in is locked; the same for members and strangers."""
    until = pages.moment(locked.until)
    return pages.say("嘗試太多次，請在%(until)s之後再試，或臨櫃辦理。", until=until)


def failed_words(refused: Refused) -> str:
    """Say that logging in failed; never why. Whoever is no member yet gets a page of their own."""
    if refused.code == "member.not_approved":
        raise refused
    if refused.code == "login.busy":
        return pages.say("現在登入的人很多，請過一會兒再試。")
    return pages.say("帳號或密碼不正確。")
