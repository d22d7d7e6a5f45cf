"""Plates without their names: the same plate is always the same pseudonym, and only who has the key can try plates.

Analysts work with these (dispatch.md §5). A pseudonym is `~` and 15 hex digits of a keyed hash, so it fits where a
plate stands (16 bytes) and is never mistaken for one. That two of ten million plates share one has a probability of
4 in 100 000.
"""

from __future__ import annotations

import hashlib
import secrets

MARK = "~"
_DIGITS = 15
#: blake2b takes no longer key.
_KEY_BYTES = 64


class Pseudonyms:
    """The pseudonyms of one key; without a key those of this process only, which the next start makes anew."""

    def __init__(self, secret: str | None = None) -> None:
        given = hashlib.blake2b(secret.encode(), digest_size=_KEY_BYTES).digest() if secret else None
        self._key = given or secrets.token_bytes(_KEY_BYTES)

    def of(self, plate: str) -> str:
        """The pseudonym of a plate; no plate stays none, a pseudonym stays what it is."""
        if not plate or plate.startswith(MARK):
            return plate
        digest = hashlib.blake2b(plate.encode(), key=self._key, person=b"wim plate").hexdigest()
        return MARK + digest[:_DIGITS]
