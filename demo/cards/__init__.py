"""Cards made of software: they answer APDUs as plastic does, for the demo and for the tests.

A card knows no reader. `make demo` hands it to the card program directly; the tests put it into a
virtual reader of a real pcscd (`tests/cards`), and nothing above notices.
"""
