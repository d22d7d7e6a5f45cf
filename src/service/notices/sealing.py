"""What a push service may not read: messages sealed for one browser (RFC 8291), and who sends them (VAPID, RFC 8292).

Written against the RFCs, for the usual library (pywebpush) needs a package that is only to be had as source, and this
project installs wheels only. RFC 8291's own example is a test.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

#: The body is one record of this size at most (RFC 8188); push services take 4 096 bytes.
RECORD_BYTES = 4_096
#: Of those, what a message has room for: head 86, delimiter 1, tag 16.
MOST_BYTES = RECORD_BYTES - 103

#: RFC 8292 allows a day; an hour bounds what a stolen one is good for.
TOKEN_SECONDS = 3_600

POINT_BYTES, AUTH_BYTES = 65, 16


def read_private_key(pem: str) -> ec.EllipticCurvePrivateKey:
    """The key in a PEM text. Raises ValueError where it is none of P-256."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("is no private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("is no key of the curve P-256")
    return key


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public key of a private one, uncompressed."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def read_point(data: bytes) -> ec.EllipticCurvePublicKey:
    """A browser's public key. Raises ValueError where it is no point of the curve."""
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), data)


def to_text(data: bytes) -> str:
    """Bytes as the Push API writes them."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text: str) -> bytes:
    """The bytes of such a text. Raises ValueError."""
    if not text.isascii() or set(text) & set("+/"):
        raise ValueError("is not base64url")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def seal(
    message: bytes,
    browser_point: bytes,
    auth: bytes,
    one_time: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """The body that only the browser opens; `one_time` and `salt` are drawn, and given only to repeat an example."""
    sender, salt = one_time or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    shared = sender.exchange(ec.ECDH(), read_point(browser_point))
    ours = point(sender)
    secret = _expand(_extract(auth, shared), b"WebPush: info\x00" + browser_point + ours, 32)
    extracted = _extract(salt, secret)
    key = _expand(extracted, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _expand(extracted, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD_BYTES.to_bytes(4, "big") + len(ours).to_bytes(1, "big") + ours
    return head + AESGCM(key).encrypt(nonce, message + b"\x02", None)


@dataclass(frozen=True)
class Vapid:
    """Who sends: our key, and how a push service reaches whoever runs this."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    contact: str

    @property
    def public_key(self) -> str:
        """What a browser is given when it subscribes."""
        return to_text(point(self.key))

    def authorization(self, endpoint: str, now_s: int) -> str:
        """The header for one push service."""
        parts = urlsplit(endpoint)
        claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + TOKEN_SECONDS, "sub": self.contact}
        signed = ".".join(to_text(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
        r, s = decode_dss_signature(self.key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
        signature = to_text(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return f"vapid t={signed}.{signature}, k={self.public_key}"


def _extract(salt: bytes, secret: bytes) -> bytes:
    mac = hmac.HMAC(salt, hashes.SHA256())
    mac.update(secret)
    return mac.finalize()


def _expand(extracted: bytes, info: bytes, length: int) -> bytes:
    return HKDFExpand(hashes.SHA256(), length, info).derive(extracted)
