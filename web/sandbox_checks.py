"""Decide from what a client was seen to do whether it noticed what was wrong.

Doing nothing proves little: so a client first signs in as it should, and what it then does with
its tokens is what it is measured by.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from web.sandbox_faults import CHECKS, CONTROL, Fault, Proof
from web.sandbox_models import Trial

PATIENCE = timedelta(seconds=10)  # a client that uses a token does so by then


class Verdict(StrEnum):
    """How a check stands."""

    WAITING = "waiting"  # for a sign-in
    OPEN = "open"  # nothing speaks against it yet
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Result:
    """One check and how it stands."""

    fault: Fault
    verdict: Verdict
    trial: Trial | None


def results(trials: Mapping[str, Trial], *, now: datetime) -> list[Result]:
    """Return every check, given the last trial of each."""
    control = trials.get(CONTROL.code)
    uses = control is not None and control.used_at is not None
    return [
        Result(
            each,
            verdict(each, trials.get(each.code), uses_tokens=uses, now=now),
            trials.get(each.code),
        )
        for each in CHECKS
    ]


def verdict(fault: Fault, trial: Trial | None, *, uses_tokens: bool, now: datetime) -> Verdict:
    """Decide one check; `uses_tokens` says that the client calls userinfo where all is well."""
    if trial is None or trial.taken_at is None:
        return Verdict.WAITING
    if _is_convicted(fault, trial):
        return Verdict.FAILED
    if trial.told == fault.good or _is_cleared(fault, trial, uses_tokens=uses_tokens, now=now):
        return Verdict.PASSED
    return Verdict.OPEN


def _is_convicted(fault: Fault, trial: Trial) -> bool:
    """Say whether it did what it must not, or says that it did."""
    if fault.proof is Proof.SPURNS_CODE and trial.redeemed_at is not None:
        return True
    if fault.proof is Proof.SPURNS_TOKENS and trial.used_at is not None:
        return True
    return trial.told is not None and trial.told != fault.good


def _is_cleared(fault: Fault, trial: Trial, *, uses_tokens: bool, now: datetime) -> bool:
    """Say whether what it did not do proves something."""
    if fault.proof is Proof.REDEEMS:
        return trial.redeemed_at is not None
    if fault.proof is Proof.SPURNS_CODE:
        return trial.taken_at is not None and now >= trial.taken_at + PATIENCE
    if fault.proof is Proof.SPURNS_TOKENS and uses_tokens and trial.redeemed_at is not None:
        return now >= trial.redeemed_at + PATIENCE
    return False
