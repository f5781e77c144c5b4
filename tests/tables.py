"""Give an empty database the tables that an operator's has, without building them every time.

Every revision runs once a process, for each kind of database; what comes after is a copy.
"""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

import migrations


def prepare(url: str) -> None:
    """Fill the empty database at `url`: a SQLite file by copying, any other by its revisions."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        Path(str(address.database)).write_bytes(_sqlite_file())
    else:
        migrations.upgrade(url)


@cache
def _sqlite_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tables.sqlite3"
        migrations.upgrade(f"sqlite+pysqlite:///{file}")
        return file.read_bytes()
