"""Web Push: sealed as RFC 8291 shows, signed as RFC 8292 asks, over real HTTP to a local push service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.notices.notice import NoticeError
from service.notices.posting import open_session
from service.notices.sealing import Vapid, point, read_point, read_private_key, seal, to_bytes, to_text
from service.notices.web_push import Browser, message
from service.store.push import Subscription
from tests.service.notices.vendors import PLATE, Vendor, notice, vendor

#: RFC 8291, section 5 and appendix A.
RFC_SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
RFC_BROWSER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
RFC_AUTH, RFC_SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
RFC_TEXT = b"When I grow up, I want to be a watermelon"
RFC_BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_y"
    "l95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
AUTH = b"0123456789abcdef"


def test_a_message_is_sealed_as_the_rfc_shows() -> None:
    """With the RFC's own keys and salt, byte for byte."""
    sender = ec.derive_private_key(int.from_bytes(to_bytes(RFC_SENDER), "big"), ec.SECP256R1())
    assert to_text(seal(RFC_TEXT, to_bytes(RFC_BROWSER), to_bytes(RFC_AUTH), sender, to_bytes(RFC_SALT))) == RFC_BODY


def opened(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser makes of a body, written from the RFC's receiving side."""
    salt, size, sender = body[:16], body[20], body[21 : 21 + body[20]]
    shared = key.exchange(ec.ECDH(), read_point(sender))
    info = b"WebPush: info\x00" + point(key) + sender
    secret = HKDF(hashes.SHA256(), 32, auth, info).derive(shared)
    content = HKDF(hashes.SHA256(), 16, salt, b"Content-Encoding: aes128gcm\x00").derive(secret)
    nonce = HKDF(hashes.SHA256(), 12, salt, b"Content-Encoding: nonce\x00").derive(secret)
    return AESGCM(content).decrypt(nonce, body[21 + size :], None).removesuffix(b"\x02")


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with open_session() as made:
        yield made


@pytest.fixture
async def server() -> AsyncIterator[Vendor]:
    async with vendor() as made:
        yield made


def subscription(key: ec.EllipticCurvePrivateKey, url: str) -> Subscription:
    return Subscription("b1", "officer", "squad", "road", "liyang-2", None, url, to_text(point(key)), to_text(AUTH), 0)


async def test_a_browser_gets_what_only_it_can_read(session: aiohttp.ClientSession, server: Vendor) -> None:
    """The service sees for how long it matters and of what intercept, and neither plate nor weight."""
    key, ours = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    server.answer(201)
    vapid = Vapid(ours, "mailto:duty@example.org")
    await Browser(session, vapid, subscription(key, f"{server.url}/p/1"), lambda: 1_780_000_000.0).send(notice())
    [came] = server.came
    assert (came.headers["TTL"], came.headers["Urgency"], came.headers["Topic"]) == ("600", "high", notice().intercept)
    assert came.headers["Content-Encoding"] == "aes128gcm"
    assert PLATE.encode() not in came.body
    told = json.loads(opened(came.body, key, AUTH))
    assert (told["id"], told["code"], told["facts"]["gross_kg"]) == (notice().id, "offered", 61_000)
    assert PLATE in told["body"]


async def test_a_push_service_can_check_who_sends(session: aiohttp.ClientSession, server: Vendor) -> None:
    """The token is signed by the key beside it, for this service alone, and ends within the hour."""
    ours = ec.generate_private_key(ec.SECP256R1())
    server.answer(201)
    browser = subscription(ec.generate_private_key(ec.SECP256R1()), f"{server.url}/p/1")
    await Browser(session, Vapid(ours, "mailto:duty@example.org"), browser, lambda: 1_780_000_000.0).send(notice())
    scheme, _, rest = server.came[0].headers["Authorization"].partition(" ")
    token, _, key = rest.removeprefix("t=").partition(", k=")
    head, claims, signature = token.split(".")
    raw = to_bytes(signature)
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public = read_point(to_bytes(key))
    public.verify(signed, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signed, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA256()))
    assert scheme == "vapid"
    assert json.loads(to_bytes(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(to_bytes(claims)) == {"aud": server.url, "exp": 1_780_003_600, "sub": "mailto:duty@example.org"}


@pytest.mark.parametrize(
    ("status", "retryable", "gone"), [(404, False, True), (410, False, True), (413, False, False), (429, True, False)]
)
async def test_a_push_services_refusals_are_told_apart(
    session: aiohttp.ClientSession, server: Vendor, status: int, retryable: bool, gone: bool
) -> None:
    """A browser that is gone never comes back under that address."""
    server.answer(status)
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:duty@example.org")
    browser = Browser(session, vapid, subscription(ec.generate_private_key(ec.SECP256R1()), server.url))
    with pytest.raises(NoticeError) as raised:
        await browser.send(notice())
    assert (raised.value.retryable, raised.value.gone) == (retryable, gone)


def test_a_message_too_large_for_push_services_is_refused_here() -> None:
    """They take 4 096 bytes with everything around."""
    with pytest.raises(NoticeError, match="too many"):
        message(notice(corridor="路" * 1_500))


@pytest.mark.parametrize("kind", ["none", "curve", "public"])
def test_a_key_that_is_none_of_ours_is_refused(kind: str) -> None:
    """At the start, not at the first alarm."""
    private = ec.generate_private_key(ec.SECP384R1())
    pem = {
        "none": "no key",
        "curve": private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "public": private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    }[kind]
    with pytest.raises(ValueError, match=r"P-256|no private key"):
        read_private_key(pem)
