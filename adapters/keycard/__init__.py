"""Chip cards by their key: any card that signs after its PIN, whoever issued it.

The member ties the card to the account; from then on its key is known here, and what its
certificate says does not matter. A card whose certificate a pinned authority vouches for is more:
that is `adapters.certificate` (docs/decisions/0043).
"""
