"""Trace the regulation: which tests prove which clause, written into docs/regulation.md.

    python -m tests.regulation --write

The markers `@pytest.mark.clause("10(4)")` are read from the source, without running anything. A
clause that no test proves stands in WAITING, with what it waits for; one that is proved does not.
"""

import argparse
import ast
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
TESTS = ROOT / "tests"
DOCUMENT = ROOT / "docs" / "regulation.md"

# What each clause demands of the software, in our words; the law itself is the city's to publish.
CLAUSES: Mapping[str, str] = {
    "1": "one identity, online and at counters, for services and for offers",
    "2(1)": "agencies include their institutions, schools and the metro corporation",
    "2(2)": "a counter is a person or an organisation",
    "2(3)": "what is shown: cards, certificates, devices",
    "2(4)": "what may be consolidated is a closed list",
    "2(5)": "cards, digital certificates and other online proofs identify",
    "2(6)": "activation notes say active, not active or unknown",
    "2(7)": "the city names the system",
    "2(8)1": "members: seven years old, approved by the Bureau, with a name and a password",
    "2(8)2": "card services want a card or a certificate",
    "2(8)3": "online services",
    "2(8)4": "offers at shops that have a contract",
    "2(8)5": "changes of personal data, at a counter or online",
    "2(8)6": "activation of a service: reviewed and noted by its agency",
    "2(8)7": "binding of a carrier, at a counter or online",
    "3-I": "agencies use the service, unless the Bureau agreed otherwise",
    "3-II": "consolidation keeps to data protection and to the closed list; plans are public",
    "4": "counters act by delegation: published, dated, for named matters",
    "4-II": "counters and their services are on the official site",
    "5(1)": "a counter has a computer and readers",
    "5(2)": "a counter has a desk and a clerk",
    "5(3)": "clerks are trained, again and again",
    "5(4)": "forms hold what was reviewed, and nothing else is asked",
    "6(1)": "a member alone uses the identity; misuse is heard, then ends offers",
    "6(2)": "agencies check that a member is in good standing",
    "6(3)": "agencies set who is entitled, verify before they stop, and hear petitions",
    "6(4)": "what is published has a document number",
    "7(1)": "applications at a counter: form, annexes, documents",
    "7(2)": "proxies: a letter, and both identities",
    "7(3)": "what can be read on the card fits the person",
    "7(4)": "no case closes without one carrier",
    "7(5)": "several services, each by its own rules",
    "7(6)1": "a card of one's own, with its annotation",
    "7(6)2": "a new card, collected at its counter or mailed",
    "7(6)3": "a device of one's own, with a certificate",
    "7(7)": "several cards; lost ones stop at once and are bound again",
    "7(8)": "a forgotten account name or password",
    "7(9)": "data change in the agreed ways only",
    "8(1)": "online applications: nationals and residents",
    "8(2)1": "the terms are read and accepted",
    "8(2)2": "a counter confirms before the Bureau reviews",
    "8(2)3": "cards are collected after a notice",
    "8(3)": "several cards, bound again online",
    "8(4)": "working days are set and published",
    "9": "audits",
    "10-I(1)": "records are right; an account can be deleted",
    "10-I(2)": "security is kept up",
    "10-I(3)": "no agency learns what another knows, except by consent",
    "10-I(4)": "shops learn nothing that identifies, except by consent",
    "10-II": "data that differ take no right away",
}
ALIASES = {"10(1)": "10-I(1)", "10(2)": "10-I(2)", "10(3)": "10-I(3)", "10(4)": "10-I(4)"} | {
    "8(5)": "7(9)",
    "7(6)": "7(6)1",
    "7.4": "10-I(2)",  # the control table of the Cyber Security Management Act
}
WAITING: Mapping[str, str] = {}


def proofs() -> dict[str, set[Path]]:
    """Return the test files of each clause. Raises KeyError for a clause that does not exist."""
    found: dict[str, set[Path]] = defaultdict(set)
    for path in sorted(TESTS.rglob("test_*.py")):
        for named in _named(ast.parse(path.read_text("utf-8"))):
            clause = ALIASES.get(named, named)
            if clause not in CLAUSES:
                raise KeyError(f"{path.relative_to(ROOT)} names clause {named}, which is none")
            found[clause].add(path.relative_to(ROOT))
    return found


def _named(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_marker(node.func):
            yield from (str(each.value) for each in node.args if isinstance(each, ast.Constant))


def _is_marker(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and function.attr == "clause"


def text(found: Mapping[str, set[Path]]) -> str:
    """Return the document."""
    rows = [
        f"| {clause} | {demand} | {_where(clause, found)} |" for clause, demand in CLAUSES.items()
    ]
    return "\n".join([*HEAD, *rows, ""])


HEAD = (
    "# The regulation, clause by clause",
    "",
    "Which tests prove what the city's regulation demands (point, item, sub-item). Written by",
    "`python -m tests.regulation --write` from the markers in the tests; `make test` fails when it",
    "is not true any more, and when a clause has neither a test nor a reason to wait.",
    "",
    "| Clause | Demands | Proved by |",
    "| --- | --- | --- |",
)


def _where(clause: str, found: Mapping[str, set[Path]]) -> str:
    if clause not in found:
        return f"*waits for {WAITING[clause]}*"
    rooms: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(found[clause]):
        rooms[path.parts[1]].append(path)
    return "; ".join(
        f"{room}: " + ", ".join(f"[{_short(path)}](../{path})" for path in paths)
        for room, paths in rooms.items()
    )


def _short(path: Path) -> str:
    return path.stem.removeprefix("test_").replace("_", " ")


def main() -> int:
    """Write the document, or say whether it is true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    wanted = text(proofs())
    if parser.parse_args().write:
        DOCUMENT.write_text(wanted, "utf-8")
        return 0
    return int(DOCUMENT.read_text("utf-8") != wanted)


if __name__ == "__main__":
    sys.exit(main())
