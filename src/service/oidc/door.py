"""Whose JWT it is: signed by a key of the issuer, for us, now.

The algorithm is the key's and never the token's word: "none" and secrets shared with everybody (HS256 with a public
key) are no algorithms of ours (RFC 8725 §3.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jwt
from jwt.exceptions import InvalidTokenError

from service.access import Admission, Principal
from service.oidc.claims import TokenRefusedError, principal_of
from service.oidc.provider import Provider
from service.oidc.settings import OidcSettings
from service.registry import Registry

ALGORITHMS: Final = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"})

#: Two clocks that are kept by NTP differ by less; RFC 7519 speaks of a few minutes at most.
LEEWAY_SECONDS = 30

_SECOND_NS = 10**9

#: PyJWT would ask the time of day itself; here time is an argument.
_CHECKS: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "require": ["exp", "iat", "iss", "aud"]}


class OidcDoor:
    """The door of mode oidc."""

    def __init__(self, provider: Provider, settings: OidcSettings, registry: Registry) -> None:
        self.provider = provider
        self._settings, self._registry = settings, registry

    def verify(self, token: str, now_ns: int) -> Principal:
        """Whose token it is. Raises `TokenRefusedError`, `IssuerAwayError`."""
        return self.admit(token, now_ns).principal

    def admit(self, token: str, now_ns: int) -> Admission:
        """The same with its end. Raises `TokenRefusedError`, `IssuerAwayError`."""
        claims = self.claims(token, self._settings.audience or "", now_ns)
        return Admission(self.principal(claims), int(claims["exp"]) * _SECOND_NS, None)

    def holder(self, reference: str, now_ns: int) -> None:
        """Nobody: what a provider admitted has no reference, and a session from another mode is over."""

    def principal(self, claims: Mapping[str, Any]) -> Principal:
        """What claims give. Raises `TokenRefusedError`."""
        return principal_of(claims, self._settings, self._registry)

    def claims(self, token: str, audience: str, now_ns: int) -> Mapping[str, Any]:
        """The claims of a token that is signed for an audience. Raises `TokenRefusedError`, `IssuerAwayError`."""
        try:
            key = self.provider.key(_key_name(token))
            if key is None or key.algorithm_name not in ALGORITHMS:
                raise TokenRefusedError("is signed with no key of the issuer", "get a new one there")
            found = jwt.decode(
                token,
                key,
                algorithms=[key.algorithm_name],
                audience=audience,
                issuer=self.provider.issuer,
                options=_CHECKS,
            )
        except InvalidTokenError as error:
            raise TokenRefusedError(f"is not one of the issuer for us ({error})", "get a new one there") from None
        _check_times(found, now_ns)
        return found


def _key_name(token: str) -> str:
    name = jwt.get_unverified_header(token).get("kid")
    if not isinstance(name, str):
        raise TokenRefusedError("does not say which key signed it", "let the issuer put `kid` into its head")
    return name


def _check_times(claims: Mapping[str, Any], now_ns: int) -> None:
    now_s = now_ns // _SECOND_NS
    times = {name: claims.get(name, 0) for name in ("exp", "nbf", "iat")}
    if not all(isinstance(one, int | float) and abs(one) < 2**40 for one in times.values()):
        raise TokenRefusedError("has a time that is none", "let the issuer put seconds since 1970 there")
    if now_s >= times["exp"] + LEEWAY_SECONDS:
        raise TokenRefusedError("has ended", "get a new one at the issuer")
    if max(times["nbf"], times["iat"]) > now_s + LEEWAY_SECONDS:
        raise TokenRefusedError("begins later", "wait, or set the clocks of issuer and API")
