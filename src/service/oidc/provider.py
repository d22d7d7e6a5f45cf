"""The provider over HTTP: what it says of itself, its keys, and a token for a code.

Keys are asked for again when they are some minutes old or a token names one that we lack, which is how a provider
changes them; never more often than every few seconds, whatever tokens come. While it does not answer the keys that we
have stay good for an hour: a squad must not stand outside because of somebody else's restart.
"""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from jwt import PyJWK, PyJWKClient
from jwt.exceptions import PyJWKClientError, PyJWKError, PyJWKSetError

from service.oidc.settings import is_safe

log = structlog.get_logger(__name__)

#: As often as providers ask to be asked; a key that was taken back stops to be good within it.
FRESH_SECONDS = 300.0
#: Between two tries, so that made-up key names and a provider in need cost next to nothing.
AGAIN_SECONDS = 10.0
#: How long keys stay good while the provider is silent.
SILENT_SECONDS = 3_600.0

#: A request waits behind it; a provider that takes longer is as good as away.
_TIMEOUT_SECONDS = 5.0
#: A discovery document has 3 KB, a token with many claims 10.
_MOST_BYTES = 1_048_576

_DISCOVERY: Final = "/.well-known/openid-configuration"


class IssuerAwayError(RuntimeError):
    """The provider does not answer, or not as one."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"{url}: {problem}")
        self.url, self.problem = url, problem


class CodeRefusedError(RuntimeError):
    """The provider does not take a code: it was used, has ended or is another client's."""


class Provider:
    """One issuer, for several threads. `steady_s` is a clock that never jumps."""

    def __init__(self, issuer: str, jwks_url: str | None, steady_s: Callable[[], float]) -> None:
        self.issuer = issuer
        self._jwks_url, self._steady_s = jwks_url, steady_s
        self._lock = threading.Lock()
        self._about: Mapping[str, Any] | None = None
        self._keys: dict[str, PyJWK] = {}
        self._fetched_s = self._tried_s = float("-inf")
        self._silence = ""

    def key(self, name: str) -> PyJWK | None:
        """The key of that name, None where the provider has none such. Raises `IssuerAwayError`."""
        with self._lock:
            now_s = self._steady_s()
            due = now_s - self._fetched_s >= FRESH_SECONDS or name not in self._keys
            if due and now_s - self._tried_s >= AGAIN_SECONDS:
                self._fetch(now_s)
            if now_s - self._fetched_s >= SILENT_SECONDS:
                raise IssuerAwayError(self.issuer, self._silence or "it has not answered")
            return self._keys.get(name)

    def endpoint(self, name: str) -> str:
        """An address of the discovery document. Raises `IssuerAwayError`."""
        url = self.about().get(name)
        if not isinstance(url, str) or not is_safe(url):
            raise IssuerAwayError(self.issuer + _DISCOVERY, f"it names no {name} with https://")
        return url

    def about(self) -> Mapping[str, Any]:
        """The discovery document, asked for once. Raises `IssuerAwayError`."""
        if self._about is None:
            url = self.issuer.rstrip("/") + _DISCOVERY
            found = _json(url)
            if found.get("issuer") != self.issuer:
                raise IssuerAwayError(url, f"it is of {found.get('issuer')}; set WIM_AUTH__OIDC__ISSUER to that")
            self._about = found
        return self._about

    def redeem(self, form: Mapping[str, str], authorization: str | None) -> Mapping[str, Any]:
        """What the provider gives for a code. Raises `CodeRefusedError`, `IssuerAwayError`."""
        headers = {"Authorization": authorization} if authorization else {}
        return _json(self.endpoint("token_endpoint"), urlencode(form).encode(), headers)

    def _fetch(self, now_s: float) -> None:
        self._tried_s = now_s
        try:
            url = self._jwks_url or self.endpoint("jwks_uri")
            client = PyJWKClient(url, cache_jwk_set=False, timeout=_TIMEOUT_SECONDS)
            self._keys = {key.key_id: key for key in client.get_signing_keys() if key.key_id}
            self._fetched_s, self._silence = now_s, ""
        except (PyJWKClientError, PyJWKSetError, PyJWKError, IssuerAwayError, ValueError) as error:
            self._silence = str(error)
            log.warning("issuer_away", issuer=self.issuer, problem=str(error), effect="the keys that we have stay good")


def _json(url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> Mapping[str, Any]:
    asked = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(asked, timeout=_TIMEOUT_SECONDS) as answer:
            found = json.loads(answer.read(_MOST_BYTES))
    except urllib.error.HTTPError as error:
        if body is not None and error.code in (400, 401):
            raise CodeRefusedError(f"{url}: {error.code}") from None
        raise IssuerAwayError(url, f"it answered {error.code}") from None
    except (OSError, ValueError) as error:
        raise IssuerAwayError(url, str(error)) from None
    if not isinstance(found, Mapping):
        raise IssuerAwayError(url, "it answered no JSON object")
    return found
