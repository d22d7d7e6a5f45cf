"""Signatures as Standard Webhooks (standardwebhooks.com, v1) has them, so that a receiver needs no code of ours.

=====================  ===============================================================================================
header                 value
=====================  ===============================================================================================
webhook-id             names the message; the same one sent again has the same, so a receiver takes it once
webhook-timestamp      when this try was signed, seconds since 1970; a receiver refuses what is minutes old
webhook-signature      `v1,` and the Base64 of HMAC-SHA256 over `ID.TIMESTAMP.BODY`
=====================  ===============================================================================================

A secret is `whsec_` and the Base64 of 24 to 64 random bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass, field

PREFIX = "whsec_"
#: What the standard asks of a secret.
_SHORTEST, _LONGEST = 24, 64


@dataclass(frozen=True, slots=True)
class Secret:
    """What both sides know."""

    key: bytes = field(repr=False)

    def headers(self, identity: str, at_s: int, body: bytes) -> dict[str, str]:
        """The headers of one try."""
        signed = f"{identity}.{at_s}.".encode() + body
        signature = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()
        return {
            "content-type": "application/json",
            "webhook-id": identity,
            "webhook-timestamp": str(at_s),
            "webhook-signature": f"v1,{signature}",
        }


def read_secret(text: str) -> Secret:
    """The secret in a text. Raises ValueError, which does not repeat it."""
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(PREFIX) or not _SHORTEST <= len(key) <= _LONGEST:
        raise ValueError(f"is no secret of a webhook: {PREFIX} and the Base64 of {_SHORTEST} to {_LONGEST} bytes")
    return Secret(key)
