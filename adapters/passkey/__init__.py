"""Passkeys: a key in a phone, computer or fob that signs for this site only, after its holder.

`ceremony` is the one door to the WebAuthn library; `enrolment` binds a new key, `adapter` proves
an old one. Keys are discoverable, so nobody types an account name and no list of keys is handed
out before it is known who asks (docs/decisions/0034).
"""
