"""Say which fault means something in which way to sign in: in a browser, at a device, by CIBA.

What means nothing in a way is not met there, and waits for a sign-in in which it does.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from idp import ciba, devices
from kernel.wording import Bilingual
from web.sandbox_faults import TO_ARM, Where


class Way(StrEnum):
    """How somebody comes to be signed in."""

    BROWSER = "browser"  # the answer in a query, a fragment or a form; plain, or signed (JARM)
    DEVICE = "device"  # RFC 8628
    CIBA = "ciba"


WORDS: Mapping[Way, Bilingual] = MappingProxyType(
    {
        Way.BROWSER: Bilingual("瀏覽器", "Browser"),
        Way.DEVICE: Bilingual("裝置（RFC 8628）", "Device (RFC 8628)"),
        Way.CIBA: Bilingual("CIBA", "CIBA"),
    }
)
BEGUN_AT: Mapping[str, Way] = MappingProxyType(
    {devices.PATH: Way.DEVICE, ciba.PATH: Way.CIBA}
)  # where a client begins without a browser
HANDLES = ("device_code", "auth_req_id")  # what it then has instead of a code
POLLED = "access_denied"  # told to who polls (RFC 8628 3.5; CIBA 11)
BEGINNING = frozenset({"temporarily_unavailable", "server_error"})
_ALIKE = frozenset({Where.NOWHERE, Where.TOKEN, Where.ID_TOKEN, Where.USERINFO})
_NO_NONCE = "wrong_nonce"  # none is sent where no browser carries the request
AWAY = frozenset(
    {each.code for each in TO_ARM if each.where in _ALIKE} - {_NO_NONCE} | {POLLED} | BEGINNING
)
MET: Mapping[Way, frozenset[str]] = MappingProxyType(
    {
        Way.BROWSER: frozenset(each.code for each in TO_ARM),
        Way.DEVICE: AWAY,
        Way.CIBA: AWAY,
    }
)
