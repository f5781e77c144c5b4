"""Account name and password: a secret shared with the city, the way in that everyone has.

typed → NFKC, at most 1,024 characters → Argon2id, a few at a time → proof of knowledge.
A new password: `rules` (length, account name, breach list, the last three) → `passwords`.
"""
