"""OpenID Connect: from an authorization request to claims at the client.

authorize (client, redirect URI, then the rest) → interaction.next_step (the one place that
decides) → issue (a grant and its code) → token → userinfo (consent asked again) → logout.
pyop is the skeleton, met at its seams in `provider` and `state`.
"""
