"""`taipei-id doctor`: ask everything the provider stands on how it is, and say what to do."""

from collections.abc import Callable
from dataclasses import dataclass

import click

from kernel import settings as configuration
from kernel.settings import Settings, SettingsInvalid
from web.cli import certificate_checks, checks, people_checks, replica_checks
from web.cli.checks import Skipped, Unwell, Warned
from web.cli.console import say

Check = Callable[[Settings], str]


@dataclass(frozen=True)
class Finding:
    """What one check found: well, unwell, to be put right in time, or skipped."""

    mark: str
    title: str
    detail: str

    @property
    def line(self) -> str:
        """Return the finding as one line."""
        return f"{self.mark} {self.title}: {self.detail}"


CHECKS: tuple[tuple[str, Check], ...] = (
    ("environment", checks.environment),
    ("database", checks.database),
    ("schema", checks.schema),
    ("replica", replica_checks.replica),
    ("signing keys", checks.signing_keys),
    ("signing token", checks.signing_token),
    ("master key", checks.master_key),
    ("clock", checks.clock_),
    ("adapters", checks.adapters),
    ("card keys", checks.card_keys),
    ("certificates", certificate_checks.certificates),
    ("writable paths", checks.paths),
    ("TLS", checks.tls),
    ("mail", checks.mail),
    ("holidays", checks.holidays),
    ("approvals", people_checks.approvals),
    ("posts", people_checks.posts),
    ("clients' certificates", people_checks.client_certificates),
)


@click.command()
def doctor() -> None:
    """Check everything the provider stands on and say what to do; exit 1 if anything is unwell."""
    findings = diagnose()
    for finding in findings:
        say(finding.line)
    if any(finding.mark == "✗" for finding in findings):
        raise click.exceptions.Exit(1)


def diagnose() -> list[Finding]:
    """Return a finding for each check; without settings there is nothing else to ask."""
    try:
        settings = configuration.load()
    except SettingsInvalid as invalid:
        return [Finding("✗", "settings", line) for line in str(invalid).splitlines()]
    mode = "demo: never for real people" if settings.demo else settings.issuer
    found = [Finding("✓", "settings", f"readable ({mode})")]
    return found + [_ask(title, check, settings) for title, check in CHECKS]


def _ask(title: str, check: Check, settings: Settings) -> Finding:
    try:
        return Finding("✓", title, check(settings))
    except Skipped as skipped:
        return Finding("–", title, str(skipped))
    except Warned as warned:
        return Finding("!", title, str(warned))
    except Unwell as unwell:
        return Finding("✗", title, str(unwell))
    except Exception as bug:  # noqa: BLE001  # a doctor that falls over helps nobody
        # The text may quote a row or a secret; the kind of the exception does not.
        return Finding("✗", title, f"the check itself broke ({type(bug).__name__}); report this")
