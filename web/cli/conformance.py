"""`taipei-id conformance-seed`: put on record what an outside conformance suite needs."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import click

from adapters.password import adapter as password_adapter
from adapters.password.passwords import set_password
from clients import registration_tokens, registry
from clients.grant_types import CIBA, CODE, IMPLICIT, REFRESH
from clients.models import Environment, Profile
from clients.response_types import KNOWN
from consent.catalogue import SCOPES, claims_of_scopes, in_order
from idp.signing import new_key
from kernel import clock
from kernel.db import Json
from kernel.ids import new_id, new_secret
from members import register
from members.profile import Profile as Record
from web.cli.console import say, warn
from web.cli.opening import Opened, opened
from web.cli.refusals import Stop

STANDARD = [claim.name for claim in in_order(claims_of_scopes(SCOPES))]
RESIDENT: Json = {
    "name": "陳小美",
    "family_name": "陳",
    "given_name": "美",
    "middle_name": "小",
    "nickname": "小美",
    "preferred_username": "mei",
    "profile": "https://mei.invalid/",
    "picture": "https://mei.invalid/me.png",
    "website": "https://mei.invalid/",
    "gender": "female",
    "birthdate": "1990-04-01",
    "zoneinfo": "Asia/Taipei",
    "locale": "zh-Hant-TW",
    "updated_at": 1_700_000_000,
    "email": "mei@mail.invalid",
    "email_verified": True,
    "phone_number": "+886900000000",
    "phone_number_verified": True,
    "address": {"formatted": "臺北市某區某路 1 號", "locality": "臺北市", "country": "TW"},
}
WORDS = {"zh": "一致性測試", "en": "Conformance test"}
DUMMY = "?dummy1=lorem&dummy2=ipsum"
USES = 2_000
DAYS = timedelta(days=30)
BROWSER_GRANTS = (CODE, IMPLICIT, REFRESH)


@click.command(name="conformance-seed")
@click.option("--suite", required=True, help="The suite's address: https://localhost:8443.")
@click.option("--alias", default="taipei-id", show_default=True)
def conformance_seed(suite: str, alias: str) -> None:
    """Print the suite's configuration for each plan, having put members and clients on record.

    Only in demo mode: what it makes belongs to nobody. docs/conformance.md says how to go on.
    """
    with opened() as at:
        if not at.settings.demo:
            raise Stop("only in demo mode: a city's database is no place for a suite's clients")
        seed = _Seed(at, suite.rstrip("/"), alias, clock.now())
        plans = dict(seed.plans())
    warn("One configuration for each plan; the secrets in them are shown this once:")
    say(json.dumps(plans, ensure_ascii=False, indent=2))


class _Seed:
    """One run: everything it makes has the same number in its name."""

    def __init__(self, at: Opened, suite: str, alias: str, now: datetime) -> None:
        self._at, self._session, self._now = at, at.session, now
        self._base, self._alias = f"{suite}/test/a/{alias}", alias
        self._host = urlsplit(suite).hostname or "localhost"
        self._run = new_id().hex[-8:]
        self._organisation = ""

    def plans(self) -> Iterator[tuple[str, Json]]:
        """Give each plan's configuration, by the plan's name."""
        login, password = self._member()
        browser = self._browser(login, password)
        basic = [self._client(f"basic-{number}") for number in (1, 2)]
        post = self._client("post", auth_method="client_secret_post")
        static = {"client": basic[0], "client2": basic[1], "client_secret_post": post}
        yield "oidcc-basic-certification-test-plan", self._plan(browser, **static)
        yield "oidcc-formpost-basic-certification-test-plan", self._plan(browser, **static)
        yield "oidcc-config-certification-test-plan", self._plan(browser)
        yield "oidcc-rp-initiated-logout-certification-test-plan", self._plan(browser, **static)
        for channel in ("backchannel", "frontchannel"):
            told = {f"{channel}_logout_uri": f"{self._base}/{channel}_logout"}
            pair = [self._client(f"{channel}-{number}", **told) for number in (1, 2)]
            plan = f"oidcc-{channel}-rp-initiated-logout-certification-test-plan"
            yield plan, self._plan(browser, client=pair[0], client2=pair[1])
        yield "oidcc-session-management-certification-test-plan", self._plan(browser, **static)
        types = {"profile": Profile.HYBRID, "response_types": KNOWN, "grant_types": BROWSER_GRANTS}
        hybrid = [self._client(f"hybrid-{number}", **types) for number in (1, 2)]
        by_post = self._client("hybrid-post", auth_method="client_secret_post", **types)
        parts = {"client": hybrid[0], "client2": hybrid[1], "client_secret_post": by_post}
        for kind in ("implicit", "hybrid"):
            yield f"oidcc-{kind}-certification-test-plan", self._plan(browser, **parts)
        token = {"client_name": "suite", "initial_access_token": self._token(basic[0])}
        for plan in ("dynamic", "3rdparty-init-login"):
            yield f"oidcc-{plan}-certification-test-plan", self._plan(browser, client=token)
        resource = {"resource": {"resourceUrl": f"{self._at.settings.issuer}/userinfo"}}
        for plan, profile in (
            ("fapi2-security-profile-final-test-plan", "fapi2"),
            ("fapi2-message-signing-final-test-plan", "fapi2-signed"),
        ):
            pair = [self._key_client(f"{profile}-{number}", profile) for number in (1, 2)]
            yield plan, self._plan(browser, client=pair[0], client2=pair[1], **resource)

        pairs = {"poll": {}, "ping": {"ping_uri": f"{self._base}/ciba-notification-endpoint"}}
        for mode, heard in pairs.items():
            asks = {"grant_types": (CIBA, REFRESH), "redirect_uris": (), "certificate_bound": True}
            pair = [
                self._key_client(f"ciba-{mode}-{number}", Profile.FAPI_CIBA, **asks, **heard)
                for number in (1, 2)
            ]
            hinted = [{**each, "hint_type": "login_hint", "hint_value": login} for each in pair]
            yield (
                f"fapi-ciba-id1-test-plan ({mode})",
                self._plan(browser, client=hinted[0], client2=hinted[1], **resource),
            )

    def _plan(self, browser: list[Json], **parts: Json) -> Json:
        issuer = self._at.settings.issuer
        discovery = f"{issuer}/.well-known/openid-configuration"
        return {
            "alias": self._alias,
            "server": {"discoveryUrl": discovery, "login_hint": f"suite-{self._run}"},
            **parts,
            "browser": browser,
        }

    def _member(self) -> tuple[str, str]:
        login, password = f"suite-{self._run}", new_secret()
        ways = password_adapter.create(self._at.settings.model_dump())
        row = register.add(
            self._session, login, Record(**RESIDENT), keyring=self._at.keyring, now=self._now
        )
        set_password(
            self._session,
            row.id,
            password,
            hasher=ways.hasher,
            breaches=ways.breaches,
            now=self._now,
        )
        return login, password

    def _client(self, name: str, **changes: Any) -> Json:  # a form is JSON
        client_id = f"suite-{self._run}-{name}"
        callback = f"{self._base}/callback"
        form = registry.parse(
            {
                "client_id": client_id,
                "kind": "agency",
                "organisation": WORDS,
                "name": WORDS,
                "home_uri": self._base,
                "profile": Profile.CORE,
                "sector": self._host,
                "redirect_uris": [callback, callback + DUMMY],
                "post_logout_redirect_uris": [f"{self._base}/post_logout_redirect"],
                "id_token_alg": "RS256",
                "purposes": [_purpose()],
                **changes,
            }
        )
        secret = registry.add(self._session, form, now=self._now)
        told = {"client_id": client_id, "client_secret": secret, "scope": "openid"}
        return {name: value for name, value in told.items() if value is not None}

    def _key_client(self, name: str, profile: str, **changes: Any) -> Json:  # a form is JSON
        key = new_key("ES256")
        named = {"kid": key.thumbprint(), "use": "sig", "alg": "ES256"}
        public = {**key.as_dict(private=False), **named}
        told = self._client(
            name,
            profile=profile,
            auth_method="private_key_jwt",
            jwks={"keys": [public]},
            id_token_alg="ES256",  # noqa: S106  # no password
            **changes,
        )
        private = {**key.as_dict(private=True), **named}
        return {**told, "jwks": {"keys": [private]}, "dpop_signing_alg": "ES256"}

    def _token(self, client: Json) -> str:
        return registration_tokens.issue(
            self._session,
            registry.get(self._session, client["client_id"]).organisation,
            environment=Environment.SANDBOX,
            profile=Profile.CORE,
            uses=USES,
            lifetime=DAYS,
            now=self._now,
        )

    def _browser(self, login: str, password: str) -> list[Json]:
        """Return what the suite's browser does on our pages: their ids are stable."""
        shared = [["click", "id", f"claim.{name}.share", "optional"] for name in STANDARD]
        log_in = [
            ["text", "id", "login_id", login],
            ["text", "id", "password", password],
            ["click", "id", "submit_login"],
        ]
        issuer = self._at.settings.issuer
        tasks = [
            _task("Log in", f"{issuer}/interaction/*/login*", log_in),
            _task(
                "Consent", f"{issuer}/interaction/*/consent*", [*shared, _press("consent_allow")]
            ),
            _task("Form post", f"{issuer}/*", [_press("form_post_continue")]),
            _task("Arrive", f"{self._base}/*", [["wait", "id", "submission_complete", 10]]),
        ]
        leave = [_task("Log out", f"{issuer}/logout*", [_press("yes")])]
        return [
            {"match": f"{issuer}/authorize*", "tasks": tasks},
            {"match": f"{issuer}/logout*", "tasks": leave},
        ]


def _task(name: str, match: str, commands: list[list[Any]]) -> Json:
    return {"task": name, "match": match, "optional": True, "commands": commands}


def _press(button: str) -> list[Any]:
    return ["click", "id", button]


def _purpose() -> Json:
    words = ("name", "text", "retention", "legal_basis", "refusal_effect")
    claims = [{"name": name, "necessity": WORDS} for name in STANDARD]
    return {"code": "conformance", **dict.fromkeys(words, WORDS), "claims": claims}
