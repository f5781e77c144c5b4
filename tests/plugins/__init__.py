"""Packages as others would write them: they stand outside the house and keep its contract."""
