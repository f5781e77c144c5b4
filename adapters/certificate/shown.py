"""Carry a certificate from where its key answered to where it is believed or not."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A certificate whose key was proved to be there; it is not checked yet."""

    certificate: bytes = field(repr=False)  # DER
    origin_bound: bool  # nobody elsewhere could have had it answer for us
