"""Write the table of settings in docs/configuration.md: `python -m tests.configuration --write`.

Names, variables, defaults and their order are the model's. What a setting means is said in the
table itself and kept there; a new setting must be explained before the table can be written.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePath

from pydantic import BaseModel, SecretStr

from kernel.settings import Settings

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"
HEAD = "| TOML | environment | default | meaning |\n| --- | --- | --- | --- |\n"
ROW = re.compile(r"^\| `([a-z0-9_.]+)` \| .+? \| .+? \| (.+) \|$", re.MULTILINE)


def fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Give each setting's name in TOML and its default, in the model's order."""
    for name, field in model.model_fields.items():
        if isinstance(field.default, BaseModel):
            yield from fields(type(field.default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", field.default


def written(document: str) -> str:
    """Return the document with its table as the model has it. Raises KeyError for what is new."""
    meanings = dict(ROW.findall(document))
    rows = [row(name, default, meanings[name]) for name, default in fields(Settings)]
    before, table = document.split(HEAD, 1)
    after = table[table.index("\n\n") + 1 :]
    return f"{before}{HEAD}{''.join(rows)}{after}"


def row(name: str, default: object, meaning: str) -> str:
    """Return one line of the table."""
    variable = f"TAIPEI_ID_{name.upper().replace('.', '__')}"
    return f"| `{name}` | `{variable}` | {told(default)} | {meaning} |\n"


def told(default: object) -> str:
    """Return a default as TOML has it."""
    if default is None:
        return "unset"
    if isinstance(default, SecretStr | PurePath):
        default = str(default)
    plain = list(default) if isinstance(default, tuple) else default
    return f"`{json.dumps(plain, ensure_ascii=False)}`"


if __name__ == "__main__":
    text = DOCUMENT.read_text("utf-8")
    if "--write" in sys.argv:
        DOCUMENT.write_text(written(text), "utf-8")
    sys.exit(written(text) != text and "--write" not in sys.argv)
