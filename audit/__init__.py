"""What happened: the system's append-only trail, and the ledger of what concerns a member.

`footprint` writes lines, `reading` shows them; `sealing` chains and signs them, `verifying` finds
what was changed afterwards, `proofs` lets a member prove it without us.
"""
