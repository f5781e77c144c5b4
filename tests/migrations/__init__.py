"""Up, down, up; models and tables agree; the ledgers refuse changes."""
