"""Serve two trivial Flask routes under the provider's own gunicorn: the units of the table.

    python -m bench.floor PORT WORKERS

No work of ours can be cheaper than the one that answers `ok`, and no login than the one that
verifies a password; a noisy machine makes them dearer in the same measure.
"""

import sys

from flask import Flask

from adapters.password.hashing import Hasher
from bench.city import PASSWORD
from kernel.settings import Settings
from web.serving import Serving


class Floor(Serving):
    """The same server around an application that does next to nothing."""

    def load(self) -> Flask:
        """Build the probe."""
        app = Flask(__name__, static_folder=None)
        hasher = Hasher(parallel=1)
        kept = hasher.hash(PASSWORD)
        app.add_url_rule("/", view_func=lambda: "ok", endpoint="probe")
        app.add_url_rule(
            "/password", view_func=lambda: str(hasher.matches(kept, PASSWORD)), endpoint="password"
        )
        return app


if __name__ == "__main__":
    port, workers = map(int, sys.argv[1:])
    settings = Settings(demo=True, issuer=f"http://localhost:{port}")
    sys.argv[1:] = []  # gunicorn would read them as its own
    Floor(settings, bind=f"127.0.0.1:{port}", workers=workers).run()
