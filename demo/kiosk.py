"""Sign a reader in at a kiosk, by the reader's own phone (RFC 8628): wait, ask, go on."""

from typing import Any

import segno
from markupsafe import Markup
from requests import RequestException, post

from demo.setup import Setup
from demo.signin import DENIED, REFUSED, STALE, TIMEOUT_SECONDS, UNREACHABLE, SignInFailed, Tokens

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
WAITING = frozenset({"authorization_pending", "slow_down"})
REASONS = {"access_denied": DENIED, "expired_token": STALE}


class Kiosk:
    """The conversation of a device without a keyboard of its own with the provider."""

    def __init__(self, setup: Setup) -> None:
        self._issuer = setup.issuer
        self._scope = setup.record["scope"]
        self._secret = (setup.record["client_id"], setup.record["client_secret"])

    def begin(self) -> dict[str, Any]:
        """Ask the provider for a code to show."""
        return self._call("/device_authorization", {"scope": self._scope})

    def ask(self, device_code: str) -> Tokens | None:
        """Return the tokens once the phone agreed, None while it has not answered."""
        told = self._call("/token", {"grant_type": GRANT_TYPE, "device_code": device_code})
        if told.get("error") in WAITING:
            return None
        if error := told.get("error"):
            raise SignInFailed(REASONS.get(error, STALE), error)
        return told

    def _call(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        try:
            answer = post(
                self._issuer + path, data=form, auth=self._secret, timeout=TIMEOUT_SECONDS
            )
            told = answer.json()
        except (RequestException, ValueError):
            raise SignInFailed(UNREACHABLE) from None
        if not isinstance(told, dict):
            raise SignInFailed(REFUSED, path)
        return told


def picture(address: str) -> Markup:
    """Return the code to scan, as a drawing in the page."""
    return Markup(segno.make_qr(address).svg_inline(scale=5, border=2, omitsize=True))  # noqa: S704  # of ours
