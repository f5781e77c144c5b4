"""A visitor of one site: follows its sign-in as a browser would, with the stub as the provider."""

import re
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from tests.demo.stub_provider import StubProvider


class Visitor:
    def __init__(self, app: Flask, provider: StubProvider, language: str = "en") -> None:
        self.http = app.test_client()
        self._provider = provider
        self._headers = {"Accept-Language": language}

    def get(self, path: str, **query: str) -> TestResponse:
        return self.http.get(path, query_string=query, headers=self._headers)

    def send(self, path: str, page: str) -> TestResponse:
        return self.http.post(path, data={"csrf_token": self.token_on(page)}, headers=self._headers)

    def token_on(self, page: str) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get(page).text)
        assert found
        return found[1]

    def start(self) -> dict[str, str]:
        answer = self.get("/login")
        assert answer.status_code == 302
        asked = {
            name: value[0] for name, value in parse_qs(urlsplit(answer.location).query).items()
        }
        self._provider.nonce = asked["nonce"]
        return asked

    def come_back(self, state: str, **changes: str) -> TestResponse:
        query = {"code": "a-code", "state": state, "iss": self._provider.issuer} | changes
        return self.get("/callback", **{name: value for name, value in query.items() if value})

    def sign_in(self) -> TestResponse:
        return self.come_back(self.start()["state"])
