"""Whoever gathers traces: keeps what OTLP over HTTP brings, as the bytes that left."""

import gzip
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.live.programs import LOOK_SECONDS, PATIENCE_SECONDS


@dataclass
class Collector:
    """What was brought so far."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    def taken(self) -> bytes:
        """Return everything that was brought."""
        return b"".join(self.bodies)

    def wait_for(self, references: Iterable[str]) -> None:
        """Wait until the spans of these requests are here, and so those before them."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        for each in references:
            while each.encode() not in self.taken():
                assert time.monotonic() < deadline, f"no span of {each} came"
                time.sleep(LOOK_SECONDS)


@contextmanager
def collecting() -> Iterator[Collector]:
    """Take in traces on loopback while the block runs."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers["Content-Encoding"] == "gzip"
            collector.bodies.append(gzip.decompress(body) if packed else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    collector.url = f"http://127.0.0.1:{server.server_port}/v1/traces"
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
