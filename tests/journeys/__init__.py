"""A person with a real browser, walking through the demo city."""
