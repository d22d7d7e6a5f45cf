"""An OpenID Connect provider of the tests' own: real HTTP on a free port, real keys, real codes with PKCE."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "wim-api"
CLIENT = "wim-pages"
SECRET = "a secret: with + and /"

DESK = {
    "preferred_username": "wang.duty",
    "wim-role": "duty",
    "wim-agency": "road",
    "wim-corridors": ["G104"],
}


@dataclass(frozen=True)
class Key:
    """A signing key and its name."""

    name: str
    algorithm: str
    private: Any

    def public(self) -> dict[str, Any]:
        """As the provider publishes it."""
        kind = ECAlgorithm if self.algorithm.startswith("ES") else RSAAlgorithm
        told: dict[str, Any] = json.loads(kind.to_jwk(self.private.public_key()))
        return {**told, "kid": self.name, "use": "sig", "alg": self.algorithm}


def rsa_key(name: str) -> Key:
    """A new key for RS256."""
    return Key(name, "RS256", rsa.generate_private_key(65_537, 2_048))


def ec_key(name: str) -> Key:
    """A new key for ES256."""
    return Key(name, "ES256", ec.generate_private_key(ec.SECP256R1()))


@dataclass
class Idp:
    """The provider. `keys` is what it publishes; it signs with the last of them."""

    keys: list[Key]
    issuer: str = ""
    asked: list[str] = field(default_factory=list)
    up: bool = True
    person: dict[str, Any] = field(default_factory=lambda: dict(DESK))
    grants: dict[str, dict[str, str]] = field(default_factory=dict)
    #: What the ID token says instead of the truth.
    lies: dict[str, Any] = field(default_factory=dict)

    def token(self, key: Key | None = None, **changes: Any) -> str:
        """A token for the API; a claim that is None is left out."""
        now_s = int(time.time())
        usual = {"iss": self.issuer, "aud": AUDIENCE, "sub": "42", "iat": now_s, "exp": now_s + 600, **DESK}
        claims = {name: value for name, value in (usual | changes).items() if value is not None}
        chosen = key or self.keys[-1]
        return jwt.encode(claims, chosen.private, chosen.algorithm, headers={"kid": chosen.name})

    def answer(self, path: str, form: dict[str, str], authorization: str | None) -> tuple[int, Any]:
        """What it answers to a request."""
        self.asked.append(path)
        if not self.up:
            return 503, {}
        if path == "/.well-known/openid-configuration":
            names = {"jwks_uri": "keys", "authorization_endpoint": "authorize", "token_endpoint": "token"}
            return 200, {"issuer": self.issuer, **{name: f"{self.issuer}/{end}" for name, end in names.items()}}
        if path == "/keys":
            return 200, {"keys": [key.public() for key in self.keys]}
        return (200, self._redeemed(form)) if self._is_right(form, authorization) else (400, {"error": "invalid_grant"})

    def authorize(self, address: str) -> str:
        """A person signs in at the address that the browser was sent to; gives where it is sent back to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.grants[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def _is_right(self, form: dict[str, str], authorization: str | None) -> bool:
        grant = self.grants.get(form.get("code", ""))
        pair = base64.b64encode(f"{CLIENT}:{urlencode({'': SECRET})[1:].replace('+', '%20')}".encode()).decode()
        if grant is None or authorization != f"Basic {pair}":
            return False
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return (challenge, form["redirect_uri"]) == (grant["code_challenge"], grant["redirect_uri"])

    def _redeemed(self, form: dict[str, str]) -> dict[str, str]:
        grant = self.grants.pop(form["code"])
        told = {"aud": CLIENT, "nonce": grant["nonce"], **self.person, **self.lies}
        return {"id_token": self.token(**told), "access_token": "opaque", "token_type": "Bearer"}


@contextlib.contextmanager
def running(idp: Idp) -> Iterator[Idp]:
    """Serve it on a free port until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/authorize":
                self._send_back()
            else:
                self._tell({})

        def _send_back(self) -> None:
            """Whoever comes with a browser is signed in there already."""
            self.send_response(302)
            self.send_header("Location", idp.authorize(self.path))
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._tell({name: values[0] for name, values in parse_qs(body).items()})

        def _tell(self, form: dict[str, str]) -> None:
            status, told = idp.answer(urlsplit(self.path).path, form, self.headers["Authorization"])
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    idp.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield idp
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
