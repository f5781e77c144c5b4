"""Prove who you are by a digital certificate: the citizen's card, an officer's, a device's own.

A certificate passes the checks of `checks`, one after another and each with a refusal of its own;
then `revocation` says whether it still holds, and nothing is let in while nobody can say.
"""
