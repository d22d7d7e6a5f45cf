"""Guarantees of the door of mode oidc: only what the issuer signed for us, now, opens it; over real HTTP."""

from __future__ import annotations

import base64
import hmac
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.access import Role
from service.oidc.claims import TokenRefusedError
from service.oidc.provider import AGAIN_SECONDS, FRESH_SECONDS, SILENT_SECONDS, IssuerAwayError
from tests.service.oidc.conftest import Gate
from tests.service.oidc.idp import Key, rsa_key


def test_a_token_of_the_issuer_says_who_asks(gate: Gate) -> None:
    """Name, role, agency and corridors come from its claims, and its end with it."""
    found = gate.let_in(gate.idp.token())
    assert (found.name, found.role, found.agency, found.corridors) == ("wang.duty", Role.DUTY, "road", {"G104"})
    end_s = int(time.time()) + 100
    assert gate.door.admit(gate.idp.token(exp=end_s), time.time_ns()).until_ns == end_s * 10**9


def test_both_kinds_of_keys_are_known(gate: Gate, keys: tuple[Key, Key]) -> None:
    """RS256 and ES256."""
    gate.idp.keys = list(keys)
    assert [gate.let_in(gate.idp.token(key)).name for key in keys] == ["wang.duty"] * 2


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"aud": "another-api"}, "Audience"),
    ({"aud": None}, "aud"),
    ({"iss": "https://evil.example"}, "issuer"),
    ({"iss": None}, "iss"),
    ({"exp": int(time.time()) - 60}, "has ended"),
    ({"exp": None}, "exp"),
    ({"exp": "never"}, "time that is none"),
    ({"exp": 1e300}, "time that is none"),
    ({"nbf": int(time.time()) + 3_600}, "begins later"),
    ({"iat": int(time.time()) + 3_600}, "begins later"),
]


@pytest.mark.parametrize(("claims", "problem"), WRONG)
def test_a_token_that_is_not_for_us_now_is_refused(gate: Gate, claims: dict[str, Any], problem: str) -> None:
    """Each of issuer, audience and times must be there and right, and what is wrong is said."""
    with pytest.raises(TokenRefusedError, match=problem):
        gate.let_in(gate.idp.token(**claims))


def test_time_is_that_of_the_request(gate: Gate) -> None:
    """A token is good to its end and half a minute for the clocks, and then no more."""
    token = gate.idp.token()
    assert gate.let_in(token, later_s=620).name == "wang.duty"
    with pytest.raises(TokenRefusedError, match="has ended"):
        gate.let_in(token, later_s=640)


def forged(gate: Gate, secret: bytes = b"", **head: Any) -> str:
    """The claims of a right token under a head of the forger's choice, signed with a secret if there is one."""
    signed = f"{packed(json.dumps(head).encode())}.{gate.idp.token().split('.')[1]}"
    return f"{signed}.{packed(hmac.digest(secret, signed.encode(), 'sha256')) if secret else ''}"


def packed(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_no_algorithm_of_the_tokens_own_choice(gate: Gate, keys: tuple[Key, Key]) -> None:
    """Not "none", not a secret made of the public key, not a key that the token brings along."""
    public = keys[0].private.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    mine = rsa_key("mine")
    claims = jwt.decode(gate.idp.token(), options={"verify_signature": False})
    brought = jwt.encode(claims, mine.private, "RS256", headers={"kid": "first", "jwk": mine.public()})
    shared = forged(gate, pem, alg="HS256", kid="first")
    for token in (forged(gate, alg="none", kid="first"), forged(gate, alg="NONE", kid="first"), shared, brought):
        with pytest.raises(TokenRefusedError, match="not one of the issuer"):
            gate.let_in(token)


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "....", "é.é.é", "wim_0_x", "e30.e30."])
def test_what_is_no_token_is_refused(gate: Gate, token: str) -> None:
    """Nonsense is told apart from a provider that is away, and asks it nothing."""
    with pytest.raises(TokenRefusedError):
        gate.let_in(token)
    assert gate.idp.asked == []


def test_a_key_in_common_is_no_key(gate: Gate) -> None:
    """A provider that publishes a shared secret by mistake lets nobody in with it."""
    secret = base64.urlsafe_b64encode(b"s" * 64).decode()
    shared = {"kty": "oct", "k": secret, "kid": "shared", "alg": "HS256", "use": "sig"}
    gate.idp.answer = lambda *asked: (  # type: ignore[method-assign]
        (200, {"keys": [shared]})
        if asked[0] == "/keys"
        else (200, {"issuer": gate.idp.issuer, "jwks_uri": f"{gate.idp.issuer}/keys"})
    )
    claims = jwt.decode(gate.idp.token(), options={"verify_signature": False})
    with pytest.raises(TokenRefusedError, match="no key of the issuer"):
        gate.let_in(jwt.encode(claims, b"s" * 64, "HS256", headers={"kid": "shared"}))


def test_a_new_key_is_fetched_when_a_token_names_it(gate: Gate, keys: tuple[Key, Key]) -> None:
    """The provider changes its key, and nobody need restart us."""
    assert gate.let_in(gate.idp.token()).name == "wang.duty"
    gate.idp.keys = [keys[1]]
    gate.now_s = AGAIN_SECONDS
    assert gate.let_in(gate.idp.token()).name == "wang.duty"
    with pytest.raises(TokenRefusedError, match="no key of the issuer"):
        gate.let_in(gate.idp.token(keys[0]))


def test_a_key_that_was_taken_back_ends(gate: Gate, keys: tuple[Key, Key]) -> None:
    """Within minutes, without a token that names another one."""
    old = gate.idp.token()
    assert gate.let_in(old).name == "wang.duty"
    gate.idp.keys = [keys[1]]
    gate.now_s = FRESH_SECONDS
    with pytest.raises(TokenRefusedError):
        gate.let_in(old)


def test_made_up_keys_do_not_make_us_ask(gate: Gate) -> None:
    """A hundred tokens with keys of their own cost the provider one question."""
    stranger = rsa_key("none of yours")
    for _ in range(100):
        with pytest.raises(TokenRefusedError, match="no key of the issuer"):
            gate.let_in(gate.idp.token(stranger))
    assert gate.idp.asked.count("/keys") == 1


def test_keys_outlive_a_provider_that_is_silent_for_a_while(gate: Gate) -> None:
    """Its restart locks nobody out; after an hour nobody knows any more whose keys they are."""
    token = gate.idp.token(exp=int(time.time()) + 7_200)
    gate.let_in(token)
    gate.idp.up = False
    gate.now_s = SILENT_SECONDS - 1
    assert gate.let_in(token).name == "wang.duty"
    gate.now_s = SILENT_SECONDS
    with pytest.raises(IssuerAwayError, match="503"):
        gate.let_in(token)
    gate.idp.up = True
    gate.now_s += AGAIN_SECONDS
    assert gate.let_in(token).name == "wang.duty"


def test_a_provider_that_was_never_there_is_named(gate: Gate) -> None:
    """The log of the first request says which address does not answer."""
    gate.open(issuer="http://127.0.0.1:1")
    with pytest.raises(IssuerAwayError, match=r"127\.0\.0\.1:1"):
        gate.let_in(gate.idp.token())


def test_a_provider_of_another_name_is_told(gate: Gate) -> None:
    """Its discovery document must be of the very issuer that is set: a slash too many is a wrong setting."""
    gate.open(issuer=f"{gate.idp.issuer}/")
    with pytest.raises(IssuerAwayError, match="WIM_AUTH__OIDC__ISSUER"):
        gate.let_in(gate.idp.token())


def test_keys_may_be_elsewhere(gate: Gate) -> None:
    """With their address set no discovery is asked for."""
    gate.open(jwks_url=f"{gate.idp.issuer}/keys")
    assert gate.let_in(gate.idp.token()).name == "wang.duty"
    assert gate.idp.asked == ["/keys"]
