"""How often who may ask."""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import OrderedDict

#: Names remembered at once; beyond it the longest silent is forgotten, which gives it nothing but a full allowance.
_MOST_NAMES = 10_000

#: Wrong tokens that one address may try in a minute. Checking one costs some 30 ms and 16 MiB on purpose, so this keeps
#: a guesser below 2 % of one core. A phone's token is tried once and known from then on.
WRONG_TOKENS_PER_MINUTE = 30


class Allowance:
    """So many acts a minute for each name, as many at once; for several threads."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str, now_s: float) -> float:
        """Take one act; 0, or the seconds to wait where none is left."""
        with self._lock:
            left = self._refilled(name, now_s)
            granted = left >= 1
            self._left[name] = (left - 1 if granted else left, now_s)
            self._left.move_to_end(name)
            if len(self._left) > _MOST_NAMES:
                self._left.popitem(last=False)
        return 0.0 if granted else (1 - left) * 60 / self._per_minute

    def _refilled(self, name: str, now_s: float) -> float:
        left, then_s = self._left.get(name, (float(self._per_minute), now_s))
        return min(float(self._per_minute), left + max(0.0, now_s - then_s) * self._per_minute / 60)


class Strangers:
    """Slows down who guesses tokens, without shutting out the phones behind the same address: theirs are known."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        self._tries = Allowance(WRONG_TOKENS_PER_MINUTE)
        self._lock = threading.Lock()

    def admit(self, token: str, address: str, now_s: float) -> float:
        """0 where the token may be checked, else the seconds to wait."""
        with self._lock:
            if self._digest(token) in self._known:
                return 0.0
        return self._tries.take(address, now_s)

    def was_right(self, token: str) -> None:
        """Remember a token that was somebody's."""
        with self._lock:
            self._known[self._digest(token)] = None
            if len(self._known) > _MOST_NAMES:
                self._known.popitem(last=False)

    def _digest(self, token: str) -> bytes:
        return hashlib.blake2b(token.encode(errors="replace"), key=self._key).digest()
