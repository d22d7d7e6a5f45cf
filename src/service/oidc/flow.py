"""A person signs in with a browser: authorization code with PKCE (RFC 7636), state and nonce.

The browser carries what belongs to its own sign-in in a cookie of ten minutes; nothing is kept here meanwhile. Of what
the provider gives for the code only the ID token is looked at, once; no token reaches the browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from service.access import Principal
from service.oidc.claims import TokenRefusedError
from service.oidc.door import OidcDoor
from service.oidc.settings import OidcSettings


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sign-in under way; all of it is random, and known to one browser and us."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    def cookie(self) -> str:
        """As the browser keeps it."""
        return f"{self.state}.{self.nonce}.{self.verifier}"


def attempt() -> Attempt:
    """A new one."""
    return Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))


def attempt_of(cookie: str, state: str) -> Attempt | None:
    """The attempt of a browser, None where the provider's answer is to another one."""
    parts = cookie.split(".")
    if len(parts) != 3 or not hmac.compare_digest(parts[0].encode(), state.encode()):
        return None
    return Attempt(*parts)


class Flow:
    """Signing in at the provider as the client `client_id`."""

    def __init__(self, door: OidcDoor, settings: OidcSettings, client_id: str) -> None:
        self._door, self._settings, self._client_id = door, settings, client_id

    def address(self, attempt: Attempt, back: str) -> str:
        """Where the browser goes; `back` is where the provider sends it then. Raises `IssuerAwayError`."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).rstrip(b"=")
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": self._settings.scope,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        start = self._door.provider.endpoint("authorization_endpoint")
        return f"{start}{'&' if '?' in start else '?'}{urlencode(asked)}"

    def principal(self, attempt: Attempt, code: str, back: str, now_ns: int) -> Principal:
        """Who signed in. Raises `TokenRefusedError`, `CodeRefusedError`, `IssuerAwayError`."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": self._client_id,
            "code_verifier": attempt.verifier,
        }
        given = self._door.provider.redeem(form, self._authorization()).get("id_token")
        if not isinstance(given, str):
            raise TokenRefusedError("is missing in the provider's answer", "let WIM_AUTH__OIDC__SCOPE hold openid")
        claims = self._door.claims(given, self._client_id, now_ns)
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), attempt.nonce.encode()):
            raise TokenRefusedError("is of another sign-in", "sign in again")
        return self._door.principal(claims)

    def _authorization(self) -> str | None:
        """client_secret_basic (RFC 6749 §2.3.1: both parts are form-encoded first); None for a public client."""
        secret = self._settings.client_secret
        if secret is None:
            return None
        pair = f"{quote(self._client_id, safe='')}:{quote(secret.get_secret_value(), safe='')}"
        return f"Basic {base64.b64encode(pair.encode()).decode()}"
