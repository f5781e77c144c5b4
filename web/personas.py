"""Read the invented members that developers of a synthetic city may sign in as."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kernel.wording import Bilingual


class Persona(BaseModel):
    """A member that nobody is, as the file of the setting `personas` tells of them."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    login_id: str
    password: str
    special: Bilingual
    standing: str
    claims: dict[str, Any]  # JSON of several shapes
    cards: tuple[str, ...] = ()
    state: str = ""  # what they are good for, in one word; a sandbox lists people by it

    @property
    def answer(self) -> str:
        """Return what userinfo says of them where everything was approved and agreed to."""
        return json.dumps({"sub": "…", **self.claims}, ensure_ascii=False, indent=2)


_FILE = TypeAdapter(tuple[Persona, ...])


def read(file: Path | None) -> tuple[Persona, ...]:
    """Return the people in `file`; nobody if there is none. Raises ValidationError."""
    return () if file is None else _FILE.validate_json(file.read_bytes())
