"""A browser as far as rights matter: it keeps cookies, sends them back, and says where a write comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.testclient import TestClient

from tests.service.api.conftest import Api


@dataclass
class Browser:
    """One browser at the API; `csrf` is what its page learnt at the last sign-in."""

    api: Api
    csrf: str = ""
    client: TestClient = field(init=False)

    def __post_init__(self) -> None:
        self.client = TestClient(self.api.client.app, raise_server_exceptions=False)

    def sign_in(self, name: str) -> Any:
        """Sign in with an account's token."""
        return self.enter(token=self.api.tokens[name])

    def enter(self, **body: str) -> Any:
        """Sign in with what the body says."""
        answer = self.client.post("/v1/session", json=body)
        if answer.status_code == 200:
            self.csrf = answer.json()["csrf"]
        return answer

    def get(self, path: str) -> Any:
        """A read with the cookie."""
        return self.client.get(path)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """A write as a page of ours makes it; header names with _ for -."""
        usual = {"X-CSRF-Token": self.csrf, "Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"}
        named = usual | {key.replace("_", "-"): value for key, value in headers.items()}
        return self.client.request(method, path, json=body, headers=named)

    @property
    def cookie(self) -> str:
        """What it sends back."""
        return self.client.cookies["wim_session"]
