"""Read what a page let a card sign that took text and PIN from the page, as HiPKI's program does.

No origin is under the signature: a page elsewhere can relay our text to such a program, and it saw
the PIN. So this is a second source an operator may allow, and it is worth less (`idp.acr`). The
text names us, the moment and the question, for whatever a program shows of it.
"""

import base64
import json
from datetime import datetime

from adapters import web_eid
from adapters.certificate import cms
from adapters.contract import Challenge, Context, NotProven

FORMAT = "page-signed:1"


def text(context: Context, challenge: Challenge) -> str:
    """Return what the page gives the program to sign (`tbs`), as UTF-8."""
    until = _moment(challenge.expires_at)
    return f"臺北市單一識別服務 Taipei ID\n{context.origin}\n{until}\n{challenge.nonce}"


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def signed(context: Context, challenge: Challenge, token: str) -> bytes:
    """Return the certificate (DER) whose key signed the text.

    `token` is JSON: the form, and the program's answer (CMS, base64). Raises NotProven.
    """
    try:
        message = base64.b64decode(json.loads(token)["signature"], validate=True)
    except (ValueError, KeyError, TypeError):
        raise NotProven("token.malformed") from None
    return cms.signer_of(message, text(context, challenge).encode())


def is_one(token: str) -> bool:
    """Say whether a token claims to be of this form; what it is worth is decided by that."""
    return web_eid.claims_form(token, FORMAT)
