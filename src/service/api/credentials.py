"""What a request shows of who asks: a token in a header, or the cookie of a browser that is signed in.

A cookie is the session's id, a point and 32 random bytes; the store keeps a digest of it. A
request with both is taken by its header.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

import msgspec
import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from service.access import Admission, Principal
from service.api.parts import Parts
from service.store import sessions
from service.store.errors import StoreError
from service.store.sessions import Session

log = structlog.get_logger(__name__)

COOKIE: Final = "wim_session"

_COOKIE = re.compile(r"([0-9a-f]{16})\.[A-Za-z0-9_-]{43}")
_SECRET_BYTES = 32

#: How stale "used last" may be: a list of sessions tells a phone in use from a forgotten one, and reads stay reads.
_USED_NS = 5 * 60 * 10**9


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token in the header Authorization."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Cookie:
    """The cookie of a browser that signed in."""

    value: str = field(repr=False)

    @property
    def session(self) -> str:
        """The session's id, which is no secret."""
        return self.value.partition(".")[0]

    @property
    def csrf(self) -> str:
        """What only a page of ours can know beside the cookie: made from it, so that there is nothing to keep."""
        return hashlib.blake2b(self.value.encode(), digest_size=16, person=b"wim csrf").hexdigest()


Shown = Bearer | Cookie


def holder(parts: Parts, shown: Shown) -> Principal | None:
    """Who that is by now; None where it is nobody's, has ended or was taken back."""
    if isinstance(shown, Bearer):
        return parts.door.verify(shown.token, parts.clock_ns())
    found = session_of(parts, shown)
    if found is None:
        return None
    _used(parts, found)
    return principal_of(parts, found)


def principal_of(parts: Parts, session: Session) -> Principal | None:
    """Who signed in there, as they stand now."""
    if session.reference is not None:
        return parts.door.holder(session.reference, parts.clock_ns())
    return msgspec.json.decode(session.principal, type=Principal)


def session_of(parts: Parts, cookie: Cookie) -> Session | None:
    """The session of a cookie, unless it is over."""
    if _COOKIE.fullmatch(cookie.value) is None:
        return None
    with parts.store.reading() as conn:
        found = sessions.get(conn, cookie.session, parts.clock_ns())
    return found if found and hmac.compare_digest(found.digest, digest(cookie.value)) else None


def begin(conn: Connection, kind: str, admission: Admission, address: str, now_ns: int) -> Cookie:
    """Begin a session of what somebody was admitted as; its cookie is nowhere but in the answer."""
    cookie = Cookie(f"{secrets.token_hex(8)}.{secrets.token_urlsafe(_SECRET_BYTES)}")
    who = admission.principal
    sessions.add(
        conn,
        Session(
            id=cookie.session,
            kind=kind,
            digest=digest(cookie.value),
            reference=admission.reference,
            name=who.name,
            agency=who.agency,
            principal=msgspec.json.encode(who).decode(),
            address=address,
            opened_ns=now_ns,
            used_ns=now_ns,
            until_ns=admission.until_ns,
        ),
    )
    return cookie


def digest(secret: str) -> bytes:
    """What is kept of a secret of ours: random enough that no work need be added."""
    return hashlib.blake2b(secret.encode(), digest_size=32).digest()


def _used(parts: Parts, session: Session) -> None:
    now_ns = parts.clock_ns()
    if now_ns - session.used_ns < _USED_NS:
        return
    try:
        with parts.store.writing() as conn:
            sessions.used(conn, session.id, now_ns)
    except (SQLAlchemyError, StoreError) as error:
        log.warning("session_use_not_kept", problem=type(error).__name__)
