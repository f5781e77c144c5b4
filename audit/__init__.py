"""What happened: the append-only trail of state changes and the ledger of disclosures."""
