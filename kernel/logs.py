"""Write logs: identifiers, event names and codes only; JSON in production, readable at a terminal.

Our own code logs through `structlog.get_logger()`; what libraries log passes the same processors.
"""

import logging
import re
import sys
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from typing import TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

# They print tokens, Authorization headers and user data at DEBUG (PYOP 17).
TALKATIVE = ("pyop", "oic", "jwkest")
HIDDEN = "[hidden]"
ABOUT: ContextVar[Callable[[], dict[str, str]] | None] = ContextVar("about", default=None)
SECRET_NAMES = re.compile(
    r"token|secret|password|passwd|passphrase|authorization|cookie|assertion|credential|"
    r"private|master_key|nonce|verifier|csrf|claims_values|userinfo|"
    r"^code$|_code$|^pin$|^otp$|^login$|^login_hint$|_hint$|^state$|^jwk$|^proof$|^answer$|"
    r"^e?mail$|^phone|^address$|^birthdate$|^(family_|given_)?name$",
    re.IGNORECASE,
)
# A name that only sounds secret: it says how, when or which, never what.
HARMLESS_NAMES = frozenset({"error_code", "status_code", "token_type", "token_kind"})
IN_TEXT = (
    (
        re.compile(
            r"(?i)\b((?:[a-z_]*token|code|code_verifier|client_secret|client_assertion|password|"
            r"state|nonce|login_hint|id_token_hint|assertion|csrf_token)=)[^&\s\"',;)\]]+"
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"(?i)\b(bearer|basic|dpop)\s+[A-Za-z0-9._~+/=-]{8,}"), rf"\1 {HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,4}"), HIDDEN),
    (re.compile(r"(?s)\[parameters: .*?\]\s*(?=\(Background|$|\n)"), f"[parameters: {HIDDEN}]\n"),
    (re.compile(r"(?m)^(DETAIL:).*$"), rf"\1 {HIDDEN}"),
)


def configure(
    *, level: int = logging.INFO, readable: bool | None = None, stream: TextIO | None = None
) -> None:
    """Send every log line to `stream` (standard error): JSON, or text for people if `readable`.

    Left unsaid, it is readable where the stream is a terminal. Calling it again replaces the
    former arrangement, as a worker does after it was forked.
    """
    out = stream or sys.stderr
    people = out.isatty() if readable is None else readable
    structlog.configure(
        processors=[*_gather(), ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        ProcessorFormatter(foreign_pre_chain=_gather(), processors=_finish(people=people))
    )
    logging.root.handlers = [handler]
    logging.root.setLevel(level)
    quieten(TALKATIVE)


def quieten(names: Iterable[str]) -> None:
    """Keep the loggers `names` at INFO or above, whatever the root logger says."""
    for name in names:
        logger = logging.getLogger(name)
        logger.setLevel(max(logging.INFO, logger.level))


def tell_about(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Put on every line what is told about the request that is being answered, if one is."""
    about = ABOUT.get()
    return event if about is None else {**about(), **event}


def hide(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values whose names sound secret, and what looks like a secret inside texts."""
    return {name: _hidden(name, value) for name, value in event.items()}


def _hidden(name: str, value: object) -> object:
    if name not in HARMLESS_NAMES and SECRET_NAMES.search(name) and value is not None:
        return HIDDEN
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, dict):
        return {str(key): _hidden(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_hidden("", each) for each in value]
    return value


def _masked(text: str) -> str:
    for pattern, replacement in IN_TEXT:
        text = pattern.sub(replacement, text)
    return text


def _gather() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        tell_about,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]


def _finish(*, people: bool) -> list[Processor]:
    """Return the last steps: exceptions become text first, so that `hide` sees them too."""
    return [
        ProcessorFormatter.remove_processors_meta,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        hide,
        structlog.dev.ConsoleRenderer()
        if people
        else structlog.processors.JSONRenderer(default=str, ensure_ascii=False),
    ]
