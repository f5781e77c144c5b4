"""The ledger: chained, sealed, verified."""
