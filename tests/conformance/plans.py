"""The certification plans we claim, module by module (conformance suite 5.2.4)."""

BASIC = """
oidcc-server
oidcc-response-type-missing
oidcc-idtoken-signature
oidcc-idtoken-unsigned
oidcc-userinfo-get
oidcc-userinfo-post-header
oidcc-userinfo-post-body
oidcc-ensure-request-without-nonce-succeeds-for-code-flow
oidcc-scope-profile
oidcc-scope-email
oidcc-scope-address
oidcc-scope-phone
oidcc-scope-all
oidcc-alternate-happy-flow
oidcc-display-page
oidcc-display-popup
oidcc-prompt-login
oidcc-prompt-none-not-logged-in
oidcc-prompt-none-logged-in
oidcc-max-age-1
oidcc-max-age-10000
oidcc-ensure-request-with-unknown-parameter-succeeds
oidcc-id-token-hint
oidcc-login-hint
oidcc-ui-locales
oidcc-claims-locales
oidcc-ensure-request-with-acr-values-succeeds
oidcc-codereuse
oidcc-codereuse-30seconds
oidcc-ensure-registered-redirect-uri
oidcc-ensure-post-request-succeeds
oidcc-server-client-secret-post
oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
oidcc-claims-essential
oidcc-ensure-request-object-with-redirect-uri
oidcc-refresh-token
oidcc-ensure-request-with-valid-pkce-succeeds
""".split()
WITHOUT_NONCE = "oidcc-ensure-request-without-nonce-fails"  # of the types with an id_token
NONCE_FREE = "oidcc-ensure-request-without-nonce-succeeds-for-code-flow"
_THROUGH_BROWSER = frozenset(BASIC) - {
    "oidcc-idtoken-unsigned",
    "oidcc-ensure-post-request-succeeds",
    "oidcc-alternate-happy-flow",
    "oidcc-response-type-missing",
    "oidcc-ensure-request-with-valid-pkce-succeeds",
    NONCE_FREE,
}
_FOR_CODES = {
    *("oidcc-codereuse", "oidcc-codereuse-30seconds", "oidcc-refresh-token"),
    "oidcc-server-client-secret-post",
}
_FOR_USERINFO = {"oidcc-userinfo-get", "oidcc-userinfo-post-header", "oidcc-userinfo-post-body"}
_ONCE = {"oidcc-alternate-happy-flow", "oidcc-response-type-missing"}
_IMPLICIT = (_THROUGH_BROWSER - _FOR_CODES - _FOR_USERINFO) | {
    "oidcc-alternate-happy-flow",
    WITHOUT_NONCE,
}
# One run of the basic modules each: Basic, Form Post, and the response types of Implicit, Hybrid.
WAYS = {
    "query": frozenset(BASIC),
    "form_post": frozenset(BASIC),
    "code id_token": _THROUGH_BROWSER
    | _ONCE
    | {WITHOUT_NONCE, "oidcc-ensure-request-with-valid-pkce-succeeds"},
    "code token": _THROUGH_BROWSER | {NONCE_FREE},
    "code id_token token": _THROUGH_BROWSER | {WITHOUT_NONCE},
    "id_token": _IMPLICIT,
    "id_token token": _IMPLICIT | _FOR_USERINFO | {"oidcc-response-type-missing"},
}
CONFIG = ["oidcc-discovery-endpoint-verification"]
# As they apply to plain FAPI with OpenID Connect; the suite's pairs of proof and binding leave out
# what is about the other kind.
FAPI2 = """
discovery-end-point-verification
happy-flow
user-rejects-authentication
ensure-authorization-request-without-state-success
ensure-authorization-request-without-nonce-success
ensure-authorization-request-with-64-char-nonce-success
ensure-other-scope-order-succeeds
test-claims-parameter-identity-claims
access-token-type-header-case-sensitivity
check-dpop-proof-nbf-exp
ensure-dpopproof-with-iat-10seconds-before-succeeds
ensure-dpopproof-with-iat-10seconds-after-succeeds
ensure-mismatched-dpop-jkt-fails
ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
ensure-token-endpoint-fails-with-mismatched-dpop-jkt
ensure-dpopproof-at-par-endpoint-binding-success
ensure-dpop-auth-code-binding-success
ensure-different-nonce-inside-and-outside-request-object
ensure-different-state-inside-and-outside-request-object
ensure-authorization-request-with-long-nonce
ensure-authorization-request-with-long-state
state-only-outside-request-object-not-used
ensure-request-object-without-redirect-uri-fails
plain-fapi-tolerate-unregistered-redirect-uri
ensure-unsigned-authorization-request-without-using-par-fails
ensure-redirect-uri-in-authorization-request
ensure-response-type-code-idtoken-fails
ensure-response-type-token-fails
ensure-client-id-in-token-endpoint
ensure-holder-of-key-required
ensure-authorization-code-is-bound-to-client
attempt-reuse-authorization-code-after-one-second
ensure-token-endpoint-fails-with-expired-auth-code
ensure-signed-client-assertion-with-RS256-fails
ensure-client-assertion-in-token-endpoint
ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
ensure-client-assertion-with-wrong-aud-fails
ensure-client-assertion-with-no-sub-fails
dpop-negative-tests
refresh-token
par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
par-attempt-reuse-request_uri
par-attempt-to-use-expired-request_uri
par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
par-attempt-to-use-request_uri-for-different-client
par-authorization-request-containing-request_uri-form-param
par-attempt-invalid-http-method
par-ensure-pkce-required
ensure-pkce-code-verifier-required
incorrect-pkce-code-verifier-rejected
par-plain-pkce-rejected
par-without-duplicate-parameters
par-test-array-as-audience-fails
par-test-par-endpoint-url-as-audience-fails
par-test-token-endpoint-url-as-audience-fails
""".split()

OF_ASSERTIONS = """
ensure-signed-client-assertion-with-RS256-fails
ensure-client-assertion-in-token-endpoint
ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
ensure-client-assertion-with-wrong-aud-fails
ensure-client-assertion-with-no-sub-fails
par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
par-test-array-as-audience-fails
par-test-par-endpoint-url-as-audience-fails
par-test-token-endpoint-url-as-audience-fails
""".split()
OF_DPOP = """
check-dpop-proof-nbf-exp
ensure-dpopproof-with-iat-10seconds-before-succeeds
ensure-dpopproof-with-iat-10seconds-after-succeeds
ensure-mismatched-dpop-jkt-fails
ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
ensure-token-endpoint-fails-with-mismatched-dpop-jkt
ensure-dpopproof-at-par-endpoint-binding-success
ensure-dpop-auth-code-binding-success
dpop-negative-tests
""".split()
PAIRS = {
    "pkjwt+dpop": frozenset(FAPI2),
    "pkjwt+mtls": frozenset(FAPI2) - frozenset(OF_DPOP),
    "mtls+dpop": frozenset(FAPI2) - frozenset(OF_ASSERTIONS),
    "mtls+mtls": frozenset(FAPI2) - frozenset(OF_DPOP) - frozenset(OF_ASSERTIONS),
}
RP_LOGOUT = """
oidcc-rp-initiated-logout-discovery-endpoint-verification
oidcc-rp-initiated-logout
oidcc-rp-initiated-logout-no-state
oidcc-rp-initiated-logout-bad-post-logout-redirect-uri
oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri
oidcc-rp-initiated-logout-modified-id-token-hint
oidcc-rp-initiated-logout-bad-id-token-hint
oidcc-rp-initiated-logout-no-id-token-hint
oidcc-rp-initiated-logout-no-params
oidcc-rp-initiated-logout-no-post-logout-redirect-uri
oidcc-rp-initiated-logout-only-state
""".split()

BACK_CHANNEL = """
oidcc-backchannel-logout-discovery-endpoint-verification
oidcc-backchannel-rp-initiated-logout
""".split()

FRONT_CHANNEL = """
oidcc-frontchannel-logout-discovery-endpoint-verification
oidcc-frontchannel-rp-initiated-logout
""".split()

SESSION = """
oidcc-session-management-discovery-endpoint-verification
oidcc-session-management-rp-initiated-logout
""".split()

EKYC = """
happypath
happypath-emptyobject
happypath-essentialfalse
unknown-claim-omitted
unknown-essential-claim-omitted
unknown-claim-specialchars-omitted
one-claim-with-random-value-omitted
request-only-in-idtoken
request-only-in-userinfo
testuserprovidedrequest
testbasedonuserinfo-defaults
test-userinfo-notfoundinop
""".split()

# What the plan adds to FAPI 2.0 for signed requests and responses (JAR and JARM), plain FAPI.
MESSAGE_SIGNING = """
ensure-request-object-with-multiple-aud-succeeds
ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted
ensure-request-object-without-exp-fails
ensure-request-object-without-nbf-fails
ensure-expired-request-object-fails
ensure-request-object-with-bad-aud-fails
ensure-request-object-with-exp-over-60-fails
ensure-request-object-with-nbf-over-60-fails
ensure-signed-request-object-with-RS256-fails
ensure-request-object-signature-algorithm-is-not-none
ensure-request-object-with-invalid-signature-fails
ensure-matching-key-in-authorization-request
ensure-unsigned-request-at-par-endpoint-fails
par-authorization-request-containing-request_uri
""".split()

# With response_type=code, where `hybrid` is on: discovery must name the implicit types.
DYNAMIC = """
oidcc-idtoken-rs256
oidcc-idtoken-unsigned
oidcc-userinfo-rs256
oidcc-ensure-redirect-uri-in-authorization-request
oidcc-redirect-uri-query-OK
oidcc-redirect-uri-query-mismatch
oidcc-redirect-uri-query-added
oidcc-redirect-uri-regfrag
oidcc-discovery-endpoint-verification
oidcc-server
oidcc-registration-logo-uri
oidcc-registration-policy-uri
oidcc-registration-tos-uri
oidcc-registration-jwks-uri
oidcc-registration-sector-uri
oidcc-registration-sector-bad
oidcc-server-rotate-keys
oidcc-refresh-token-rp-key-rotation
oidcc-request-uri-unsigned
oidcc-request-uri-signed-rs256
oidcc-ensure-request-object-with-redirect-uri
oidcc-refresh-token
oidcc-ensure-client-assertion-with-iss-aud-succeeds
""".split()


def _of_ciba(names: str) -> list[str]:
    return [f"fapi-ciba-id1-{name}" for name in names.split()]


# As they apply to plain FAPI; the suite's plan has more for Brazil and ConnectID.
CIBA_REQUESTS = _of_ciba("""
ensure-request-object-missing-aud-fails
ensure-request-object-bad-aud-fails
ensure-request-object-missing-iss-fails
ensure-request-object-bad-iss-fails
ensure-request-object-missing-exp-fails
ensure-request-object-expired-exp-fails
ensure-request-object-exp-is-70-minutes-in-future-fails
ensure-request-object-missing-iat-fails
ensure-request-object-missing-nbf-fails
ensure-request-object-nbf-is-10-minutes-in-future-fails
ensure-request-object-nbf-is-70-minutes-in-past-fails
ensure-request-object-missing-jti-fails
ensure-request-object-signature-algorithm-is-none-fails
ensure-request-object-signature-algorithm-is-bad-fails
ensure-request-object-signature-algorithm-is-RS256-fails
ensure-request-object-signed-by-other-client-fails
ensure-unsigned-backchannel-authorization-request-fails
ensure-authorization-request-with-multiple-hints-fails
""")
CIBA_FLOWS = _of_ciba("""
discovery-end-point-verification
user-rejects-authentication
multiple-call-to-token-endpoint
auth-req-id-expired
ensure-authorization-request-with-binding-message-succeeds
ensure-other-scope-order-succeeds
ensure-requested-expiry-as-string-succeeds
ensure-authorization-request-with-potentially-bad-binding-message
ensure-wrong-auth-req-id-in-token-endpoint-request
refresh-token
ensure-mtls-holder-of-key-required
""")
CIBA_OF_CERTIFICATES = _of_ciba("""
ensure-different-client-id-and-issuer-in-backchannel-authorization-request
ensure-wrong-client-id-in-token-endpoint-request
ensure-wrong-client-id-in-backchannel-authorization-request
""")
CIBA_OF_ASSERTIONS = _of_ciba("""
ensure-without-client-assertion-in-token-endpoint-request
ensure-without-client-assertion-in-backchannel-authorization-request
ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
""")
CIBA_OF_PINGS = _of_ciba("""
ping-backchannel-notification-endpoint-response-has-body
ping-backchannel-notification-endpoint-response-401
ping-backchannel-notification-endpoint-response-403
ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry
ping-backchannel-notification-endpoint-return-redirect-request
""")
CIBA = [
    *("fapi-ciba-id1", *CIBA_FLOWS, *CIBA_REQUESTS),
    *(*CIBA_OF_CERTIFICATES, *CIBA_OF_ASSERTIONS, *CIBA_OF_PINGS),
]
_CIBA_COMMON = frozenset(["fapi-ciba-id1", *CIBA_FLOWS, *CIBA_REQUESTS])
CIBA_WAYS = {
    f"{mode}-{proof}": _CIBA_COMMON | own | pings
    for mode, pings in (("poll", frozenset[str]()), ("ping", frozenset(CIBA_OF_PINGS)))
    for proof, own in (
        ("pkjwt", frozenset(CIBA_OF_ASSERTIONS)),
        ("mtls", frozenset(CIBA_OF_CERTIFICATES)),
    )
}

THIRD_PARTY = ["oidcc-3rd_party-init-login", "oidcc-3rd_party-init-login-nohttps"]

# Form Post, Implicit and Hybrid are Basic in other ways, but for one module.
PLANS = {
    "basic": BASIC,
    "hybrid": [WITHOUT_NONCE],
    "dynamic": DYNAMIC,
    "config": CONFIG,
    "fapi2": FAPI2,
    "rp_logout": RP_LOGOUT,
    "back_channel": BACK_CHANNEL,
    "front_channel": FRONT_CHANNEL,
    "session": SESSION,
    "message_signing": MESSAGE_SIGNING,
    "ekyc": EKYC,
    "ciba": CIBA,
    "third_party": THIRD_PARTY,
}
PREFIX = {  # left out above, and in the cases' names
    **dict.fromkeys(("fapi2", "message_signing"), "fapi2-security-profile-final-"),
    "ekyc": "ekyc-server-",
}
