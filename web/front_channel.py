"""Let the browser itself tell clients that it signed out (OIDC Front-Channel Logout 1.0).

A page loads the registered address of each client in a frame, then goes on. What a client can do
in a frame depends on the browser, which may keep its cookies from it: who must know for certain
registers for the back channel (decision 0063).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug.wrappers import Response

from idp.addresses import with_parameters
from idp.sign_outs import SignOut
from kernel.wording import Bilingual
from web import headers, pages, scope

LONGEST_SECONDS = 5  # a client that does not answer holds nobody up


@dataclass(frozen=True)
class Frame:
    """One client's address to load, and whose it is."""

    address: str
    name: Bilingual


def page(ended: Iterable[SignOut], *, onward: str, is_private: bool = False) -> Response | None:
    """Return the page that tells the clients of this browser and goes on; None if there are none.

    `onward` is ours, or a *registered* address. If it `is_private`, nobody reads who they are.
    """
    frames = [frame for each in ended if (frame := _frame(each))]
    if not frames:
        return None
    headers.allow_frames(frame.address for frame in frames)
    body = pages.page(
        "leaving_services.html",
        frames=frames,
        names=[] if is_private else list(dict.fromkeys(frame.name for frame in frames)),
        onward=onward,
        longest_seconds=LONGEST_SECONDS,
    )
    sent = Response(body, mimetype="text/html")
    sent.headers["Refresh"] = f"{LONGEST_SECONDS}; url={onward}"  # where no script runs
    return sent


def _frame(ended: SignOut) -> Frame | None:
    provider = scope.rooms().provider
    client = provider.directory.find_by_id(scope.db(), ended.client_id, now=scope.now())
    if client is None or client.frontchannel_logout_uri is None or ended.session_id is None:
        return None
    sid = provider.session_names.sid(ended.session_id, client_id=client.id, sub=ended.sub)
    told = {"iss": provider.issuer, "sid": sid}
    return Frame(with_parameters(client.frontchannel_logout_uri, told), client.name)
