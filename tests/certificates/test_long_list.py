"""A list as long as a city: loaded within bounds of memory, looked up at once."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.certificates import pki
from tests.certificates.files import long_list

ENTRIES = 400_000
MOST_MIB = 50
CHILD = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from cryptography import x509
from adapters.certificate import revocation_lists
from adapters.certificate.profiles import Issuer
from kernel.db import Base, open_engine, sessions, transaction

list_, authority, database = sys.argv[1:]
issuer = Issuer(certificate=x509.load_der_x509_certificate(Path(authority).read_bytes()))
engine = open_engine(f"sqlite+pysqlite:///{database}")
tables = [Base.metadata.tables[name] for name in ("revocation_list", "revoked_serial")]
Base.metadata.create_all(engine, tables=tables)
now = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with transaction(sessions(engine)) as session:
    count = revocation_lists.load(session, issuer, Path(list_).read_bytes(), now=now)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with transaction(sessions(engine)) as session:
    found = [revocation_lists.find(session, issuer, each) for each in (10**36 + 399_999, 10**35)]
said = [each.revoked for each in found]
print(json.dumps({"count": count, "mib": (after - before) / 1024, "revoked": said}))
"""


@pytest.mark.slow
def test_four_hundred_thousand_entries_fit_into_fifty_mebibytes(tmp_path: Path) -> None:
    serials = (10**36 + number for number in range(ENTRIES))
    (tmp_path / "list.crl").write_bytes(long_list(pki.generation(2), serials))
    (tmp_path / "authority.cer").write_bytes(pki.generation(2).der)
    files = [str(tmp_path / each) for each in ("list.crl", "authority.cer", "lists.sqlite3")]

    done = subprocess.run(
        [sys.executable, "-c", CHILD, *files], capture_output=True, text=True, check=True
    )

    said = json.loads(done.stdout)
    assert said["count"] == ENTRIES
    assert said["revoked"] == [True, False]
    assert said["mib"] < MOST_MIB
