"""HiPKI LocalSignServer's part, played: a window that asks the page for text and PIN, and signs.

    python -m tests.journeys.signer PORT CARD

CARD is a file with a card's form. The real program was not at hand; this one does what pages that
are written for it expect (docs/decisions/0076).
"""

import base64
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote

from cryptography.hazmat.primitives.asymmetric import rsa

from demo.cards.issuing import Form, piv_card
from tests.certificates import signing
from tests.live.programs import running

LOGIN_FAILED, PIN_INCORRECT, NOT_SUPPORTED = 0x76100006, 0xA0, 0x7600000E
WINDOW = """<!doctype html><html lang="zh-Hant-TW"><title>HiPKI</title><p>簽章中<script>
addEventListener("message", async ({ data }) => {
  const body = new URLSearchParams({ tbsPackage: data });
  const answer = await (await fetch("/sign", { method: "POST", body })).text();
  opener.postMessage(answer, "*");
  close();
});
opener.postMessage(JSON.stringify({ func: "getTbs" }), "*");
</script>"""


def answer(card: Form, package: str) -> dict[str, object]:
    """Return what the program answers to what a page wants signed."""
    asked = json.loads(package)
    if (asked["func"], asked["signatureType"]) != ("MakeSignature", "PKCS7"):
        return {"func": "sign", "ret_code": NOT_SUPPORTED}
    if unquote(asked["pin"]) != card["pin"]:
        return {"func": "sign", "ret_code": LOGIN_FAILED, "last_error": PIN_INCORRECT}
    text = base64.b64decode(asked["tbs"]) if asked["tbsEncoding"] == "base64" else b""
    signed = signing.cms(text, _signer(card))
    return {"func": "sign", "ret_code": 0, "signature": base64.b64encode(signed).decode()}


def _signer(card: Form) -> tuple[bytes, rsa.RSAPrivateKey]:
    made = piv_card(**card)
    assert isinstance(made.key, rsa.RSAPrivateKey)
    return made.certificate, made.key


@contextmanager
def started(port: int, card: Form, folder: Path) -> Iterator[None]:
    """Let such a program listen, with this card in its reader."""
    form = folder / "card.json"
    form.write_text(json.dumps(card), encoding="ascii")
    command = [sys.executable, "-m", "tests.journeys.signer", str(port), str(form)]
    ready = [f"http://127.0.0.1:{port}/popupForm"]
    with running(command, environment={}, log=folder / "signer.log", ready=ready):
        yield


def main() -> None:
    """Answer until somebody ends us."""
    port, form = int(sys.argv[1]), Path(sys.argv[2])
    card: Form = json.loads(form.read_text(encoding="ascii"))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say("text/html; charset=utf-8", WINDOW)

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say("application/json", json.dumps(answer(card, parse_qs(sent)["tbsPackage"][0])))

        def _say(self, kind: str, body: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(body.encode())

    HTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
