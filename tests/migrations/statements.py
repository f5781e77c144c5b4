"""Take SQL apart as far as `rules` reads it: one change a statement, no dress."""

import re
from collections.abc import Iterator

BODY = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)  # of a function: it runs when it is called
TEXT = re.compile(r"'(?:[^']|'')*'")
REMARK = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
DRESS = re.compile(r'"|\bIF (?:NOT )?EXISTS |\bONLY |\bpublic\.', re.IGNORECASE)
SEVERAL = re.compile(
    r"(ALTER TABLE \w+|DROP TABLE|TRUNCATE(?: TABLE)?|LOCK(?: TABLE)?) ", re.IGNORECASE
)
LIKE = {"TRUNCATE TABLE": "TRUNCATE", "LOCK": "LOCK TABLE"}


def simple(statement: str) -> Iterator[str]:
    """Yield each change of a statement as a statement of its own, without quotes and options."""
    bare = REMARK.sub(" ", TEXT.sub("''", BODY.sub("''", statement)))
    for each in bare.split(";"):
        plain = re.sub(r"\s+", " ", DRESS.sub("", re.sub(r"\s+", " ", each))).strip()
        if plain:
            yield from _clauses(plain)


def _clauses(statement: str) -> Iterator[str]:
    head = SEVERAL.match(statement)
    if head is None:
        yield statement
        return
    verb = LIKE.get(head[1].upper(), head[1])
    yield from (f"{verb} {clause}" for clause in _apart(statement[head.end() :]))


def _apart(clauses: str) -> Iterator[str]:
    """Yield what commas part, those within brackets apart."""
    depth, begin = 0, 0
    for place, sign in enumerate(clauses):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if sign == "," and depth == 0:
            yield clauses[begin:place].strip()
            begin = place + 1
    yield clauses[begin:].strip()
