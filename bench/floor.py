"""Serve one trivial Flask route under the provider's own gunicorn: the unit of every ratio.

    python -m bench.floor PORT WORKERS

No work of ours can be cheaper than this, and a noisy machine makes it dearer in the same measure.
"""

import sys

from flask import Flask

from kernel.settings import Settings
from web.serving import Serving


class Floor(Serving):
    """The same server around an application that does nothing."""

    def load(self) -> Flask:
        """Build the probe."""
        app = Flask(__name__, static_folder=None)
        app.add_url_rule("/", view_func=lambda: "ok", endpoint="probe")
        return app


if __name__ == "__main__":
    port, workers = map(int, sys.argv[1:])
    settings = Settings(demo=True, issuer=f"http://localhost:{port}")
    sys.argv[1:] = []  # gunicorn would read them as its own
    Floor(settings, bind=f"127.0.0.1:{port}", workers=workers).run()
