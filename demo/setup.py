"""Tell a site who it is: its registration, its provider, its own database."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo import addresses, city

DATA_VARIABLE = "TAIPEI_ID_DEMO_DATA"
DATA = ".demo"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What a site is told when it starts."""

    record: dict[str, Any]  # its own entry of clients.json: what the provider gave it
    issuer: str
    database: Path
    start_page: str  # where the demo explains itself

    @property
    def home(self) -> str:
        """Return the site's registered address, without a slash at the end."""
        return str(self.record["registration"]["home_uri"]).rstrip("/")


def read_setup(client_id: str, file: str, environment: Mapping[str, str]) -> Setup:
    """Return what the site of `client_id` needs; its database is `file` in the data folder."""
    used = addresses.read(environment)
    return Setup(
        record=city.client(client_id, used),
        issuer=used.provider.origin,
        database=data_folder(environment) / file,
        start_page=f"{used.provider.origin}/demo",
    )


def data_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder that holds databases and logs; it may not exist yet."""
    return Path(environment.get(DATA_VARIABLE) or DATA).absolute()
