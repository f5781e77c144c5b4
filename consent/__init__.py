"""What may leave: the catalogue of claims, the pure release rules, the ledger of consents."""
