"""Who is asking, by bearer token, and what their role, agency and corridors give them.

One entry of `tokens.toml` (mode `tokens`); `wim tokens new` prints them:

=============  =====================================================================================================
key            meaning (`?` = may be left out)
=============  =====================================================================================================
id             the public middle part of the token, `wim_ID_SECRET`: tells which entry to check
name           who holds it; stands in the ledger and the audit log
role           squad, police, duty, analyst, technician, admin, device
agency         road or police (not for a device)
squad          the squad's id (role squad only)
corridors?     ids; without it all of them
plates?        whether plates are shown; without it all but analysts, technicians and devices see them
until          the token's end, a date or time as in the registry
hash           `scrypt$N$r$p$SALT$HASH` of the secret, salt and hash in hex
=============  =====================================================================================================

Checking a secret costs tens of milliseconds and 16 MiB on purpose; a token that was right once is recognised by a keyed
digest in memory until its entry changes. A `TokenBook` may be used by several threads.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import structlog

from service.documents import read_toml
from service.registry import Registry
from wim.document import Faults, RegistryErrors, Table, WrongValueError, array, flag, one_of, reference, shown, text
from wim.periods import NEVER_NS, moment

_log = structlog.get_logger(__name__)

#: scrypt (r = 8, p = 1) at the work that RFC 7914 gives for a log-in; our secrets are random and would bear less.
_SCRYPT_N: Final = 2**14
#: What an entry may ask for: never less work than ours, never so much that one request stops the API.
_MOST_SCRYPT_N = 2**17
_MEMORY_BYTES = 2**28
_SALT_BYTES = 16
_SECRET_BYTES = 32
_PREFIX = "wim"
_HASH = re.compile(r"scrypt\$(\d{5,6})\$8\$1\$((?:[0-9a-f]{2}){16,64})\$([0-9a-f]{128})")
_ID = re.compile(r"[a-z0-9]{4,32}")


class Role(enum.StrEnum):
    """What somebody does; each route says which of them it serves (dispatch.md §5)."""

    SQUAD = "squad"
    POLICE = "police"
    DUTY = "duty"
    ANALYST = "analyst"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    DEVICE = "device"


#: They work with figures and strips, not with people: plates only where an entry says so.
_WITHOUT_PLATES = frozenset({Role.ANALYST, Role.TECHNICIAN, Role.DEVICE})


@dataclass(frozen=True)
class Principal:
    """Who is asking. `corridors` None is all of them; a `read_only` one is a screen on a wall and nobody's hand."""

    name: str
    role: Role
    agency: str | None = None
    squad: str | None = None
    corridors: frozenset[str] | None = None
    plates: bool = False
    read_only: bool = False

    def may_see(self, corridor: str) -> bool:
        """Whether the corridor is one of theirs."""
        return self.corridors is None or corridor in self.corridors


@dataclass(frozen=True)
class Hash:
    """What a secret was turned into: work factor, salt and digest of scrypt."""

    n: int
    salt: bytes
    digest: bytes

    def fits(self, secret: str) -> bool:
        """Whether it was this secret; slow on purpose."""
        return hmac.compare_digest(self.digest, _scrypt(secret, self.salt, self.n))

    def __str__(self) -> str:
        return f"scrypt${self.n}$8$1${self.salt.hex()}${self.digest.hex()}"


@dataclass(frozen=True)
class Credential:
    """One entry of the file: a principal, and how to know its token."""

    id: str
    principal: Principal
    until_ns: int
    hash: Hash


@dataclass(frozen=True)
class Admission:
    """What a token gives until its end; by `reference` the door tells later whether it still does.

    Without a reference nobody can take it back before its end.
    """

    principal: Principal
    until_ns: int
    reference: str | None


def default_plates(role: Role) -> bool:
    """Whether a role sees plates where its entry does not say."""
    return role not in _WITHOUT_PLATES


class Door(Protocol):
    """What the API asks at every request, and again while it streams."""

    def verify(self, token: str, now_ns: int) -> Principal | None:
        """Whose token it is, None where it is nobody's or has ended."""

    def admit(self, token: str, now_ns: int) -> Admission | None:
        """The same with what a session is made of, which lives on without the token."""

    def holder(self, reference: str, now_ns: int) -> Principal | None:
        """Whose admission it was, as they stand now; None where it was taken back or has ended."""


def issue() -> tuple[str, str, Hash]:
    """A new token, to be shown once, its id, and what to keep of it."""
    key, secret, salt = secrets.token_hex(5), secrets.token_urlsafe(_SECRET_BYTES), secrets.token_bytes(_SALT_BYTES)
    return f"{_PREFIX}_{key}_{secret}", key, Hash(_SCRYPT_N, salt, _scrypt(secret, salt, _SCRYPT_N))


class TokenBook:
    """Tokens in memory."""

    def __init__(self, credentials: Iterable[Credential]) -> None:
        self._credentials = {item.id: item for item in credentials}
        self._key = secrets.token_bytes(32)
        self._recognised: dict[str, bytes] = {}

    def verify(self, token: str, now_ns: int) -> Principal | None:
        """Whose token it is, None where it is nobody's or has ended."""
        admission = self.admit(token, now_ns)
        return admission.principal if admission else None

    def admit(self, token: str, now_ns: int) -> Admission | None:
        """The same with its end and the name of its entry."""
        prefix, _, rest = token.partition("_")
        key, _, secret = rest.partition("_")
        credential = self._credentials.get(key)
        if prefix != _PREFIX or credential is None or now_ns >= credential.until_ns:
            return None
        if not self._is_right(credential, secret):
            return None
        return Admission(credential.principal, credential.until_ns, _reference(credential))

    def holder(self, reference: str, now_ns: int) -> Principal | None:
        """Whose entry it is, as it stands now; None where it is gone, has ended or has another secret by now."""
        credential = self._credentials.get(reference.partition(":")[0])
        if credential is None or now_ns >= credential.until_ns or _reference(credential) != reference:
            return None
        return credential.principal

    def _is_right(self, credential: Credential, secret: str) -> bool:
        digest = hashlib.blake2b(secret.encode(errors="replace"), key=self._key).digest()
        if hmac.compare_digest(digest, self._recognised.get(credential.id, b"")):
            return True
        if not credential.hash.fits(secret):
            return False
        self._recognised[credential.id] = digest
        return True


class TokenFile:
    """The tokens of a file, read again when it changes, so that a revoked token ends with its next request.

    A file that became wrong changes nothing and is complained about: half a save must not lock out every squad.
    """

    def __init__(self, path: Path, registry: Registry) -> None:
        """Read the file. Raises RegistryErrors."""
        self._path, self._registry = path, registry
        self._lock = threading.Lock()
        self._state = self._look()
        self._book = TokenBook(read_tokens(path, registry))

    def verify(self, token: str, now_ns: int) -> Principal | None:
        """Whose token it is by the file as it is now, None where it is nobody's or has ended."""
        self._refresh()
        return self._book.verify(token, now_ns)

    def admit(self, token: str, now_ns: int) -> Admission | None:
        """The same with its end and the name of its entry."""
        self._refresh()
        return self._book.admit(token, now_ns)

    def holder(self, reference: str, now_ns: int) -> Principal | None:
        """Whose entry it is by the file as it is now, None where it is gone, has ended or has another secret."""
        self._refresh()
        return self._book.holder(reference, now_ns)

    def _look(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns

    def _refresh(self) -> None:
        with self._lock:
            state = self._look()
            if state == self._state:
                return
            self._state = state
            try:
                self._book = TokenBook(read_tokens(self._path, self._registry))
            except RegistryErrors as errors:
                _log.error("tokens_not_reloaded", problem=str(errors), effect="the tokens read before stay valid")


def open_tokens(path: Path | None, registry: Registry) -> TokenFile:
    """The token file that the settings name. Raises RegistryErrors."""
    if path is None:
        faults = Faults("environment")
        faults.note(
            "WIM_AUTH__TOKENS", "is missing in mode tokens", "set it to a token file; `wim tokens new` makes one"
        )
        faults.raise_any()
    assert path is not None
    return TokenFile(path, registry)


def demo_tokens(registry: Registry) -> tuple[TokenBook, dict[str, str]]:
    """Tokens for this start only, one for each role and squad: the book, and each holder's token to be printed."""
    tokens, credentials = {}, []
    for principal in _demo_principals(registry):
        tokens[principal.name], key, digest = issue()
        credentials.append(Credential(key, principal, NEVER_NS, digest))
    return TokenBook(credentials), tokens


def _demo_principals(registry: Registry) -> list[Principal]:
    roles = [
        Principal("demo-duty", Role.DUTY, "road", plates=True),
        Principal("demo-police", Role.POLICE, "police", plates=True),
        Principal("demo-analyst", Role.ANALYST, "road"),
        Principal("demo-technician", Role.TECHNICIAN, "road"),
        Principal("demo-admin", Role.ADMIN, "road", plates=True),
        Principal("demo-device", Role.DEVICE),
    ]
    squads = (
        Principal(f"demo-{squad.id}", Role.SQUAD, squad.agency, squad.id, plates=True)
        for squad in registry.squads.values()
    )
    return [*squads, *roles]


def read_tokens(path: Path, registry: Registry) -> tuple[Credential, ...]:
    """The entries of a token file. Raises RegistryErrors."""
    return parse_tokens(read_toml(path, "make entries with `wim tokens new`"), str(path), registry)


def parse_tokens(document: Mapping[str, object], origin: str, registry: Registry) -> tuple[Credential, ...]:
    """The entries of a document; squads and corridors must be the registry's. Raises RegistryErrors."""
    faults = Faults(origin)
    root = Table(document, "", faults)
    credentials = root.entries("token", lambda table: _credential(table, registry), "id")
    root.close()
    faults.raise_any()
    return tuple(credentials)


def _credential(table: Table, registry: Registry) -> Credential:
    principal = _principal(table, registry)
    until_ns = table.take("until", moment(registry.timezone))
    return Credential(table.take("id", _id, ""), principal, until_ns, table.take("hash", _hash))


def _principal(table: Table, registry: Registry) -> Principal:
    role = Role(table.take("role", one_of(*Role), Role.DEVICE))
    agency = table.maybe("agency", one_of("road", "police"))
    squad = table.maybe("squad", reference(registry.squads, "squad"))
    if table.sound:
        _check_role(table, role, agency, squad, registry)
    corridors = table.maybe("corridors", array(reference(registry.network.corridors, "corridor")))
    plates = table.take_or("plates", flag, default_plates(role))
    name = table.take("name", text(64))
    return Principal(name, role, agency, squad, None if corridors is None else _set(table, corridors), plates)


def _set(table: Table, corridors: tuple[str, ...]) -> frozenset[str]:
    return frozenset(corridors) if table.sound else frozenset()


def _check_role(table: Table, role: Role, agency: str | None, squad: str | None, registry: Registry) -> None:
    if agency is None and role is not Role.DEVICE:
        table.note("agency", "is missing", 'write "road" or "police"')
    if role is Role.POLICE and agency == "road":
        table.note("agency", 'is "road" for the role police', 'write "police"')
    if role is Role.SQUAD and squad is None:
        table.note("squad", "is missing for the role squad", "write the squad's id")
    if role is not Role.SQUAD and squad is not None:
        table.note("squad", f"is set for the role {role}", "leave it out; only the role squad has one")
    if role is Role.SQUAD and squad is not None and agency not in (None, registry.squads[squad].agency):
        table.note("agency", f"is not that of {shown(squad)}", f"write {shown(registry.squads[squad].agency)}")


def _id(value: object) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise WrongValueError(f"is {shown(value)}", "copy the entry that `wim tokens new` printed")
    return value


def _hash(value: object) -> Hash:
    """The value is not repeated in errors: it belongs to nobody's log."""
    found = _HASH.fullmatch(value) if isinstance(value, str) else None
    n = int(found[1]) if found else 0
    if found is None or n.bit_count() != 1 or not _SCRYPT_N <= n <= _MOST_SCRYPT_N:
        raise WrongValueError("is no scrypt hash of ours", "copy the entry that `wim tokens new` printed")
    return Hash(n, bytes.fromhex(found[2]), bytes.fromhex(found[3]))


def _reference(credential: Credential) -> str:
    """The entry and which secret it had: a session of the old one does not outlive a new one."""
    return f"{credential.id}:{hashlib.blake2b(str(credential.hash).encode(), digest_size=8).hexdigest()}"


def _scrypt(secret: str, salt: bytes, n: int) -> bytes:
    return hashlib.scrypt(secret.encode(errors="replace"), salt=salt, n=n, r=8, p=1, maxmem=_MEMORY_BYTES)
