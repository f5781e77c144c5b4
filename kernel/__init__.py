"""What everything stands on: database, clock, identifiers, secrets, errors, settings."""
