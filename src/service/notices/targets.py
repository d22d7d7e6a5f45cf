"""`notices.toml`: whom notices may go to. What is not in it is told nothing.

=====================  ===============================================================================================
table                  keys (`?` = may be left out)
=====================  ===============================================================================================
`[[wecom]]`            name, squad or desk, corridors?, key_file (holds the `key` of the robot's address), url?
`[[sms]]`              name, squad or desk, corridors?, number; leaves by `WIM_NOTICES__SMS_URL`
`[[sign]]`             name, stop_point, url, key_file?
`push_hosts?`          hosts of push services that a browser may name; default: those of the browsers' makers
=====================  ===============================================================================================

`desk` is `road` or `police`. `name` stands in lists, metrics and logs in place of number, address and key. A file is
looked for beside this one; addresses are https, or on this machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from service.documents import read_toml
from service.registry import Registry
from service.settings import is_loopback
from wim.document import Faults, Reader, Table, WrongValueError, array, one_of, reference, shown, text

WECOM, SMS, SIGN, WEB_PUSH = "wecom", "sms", "sign", "web_push"

#: Chrome and Edge on Android, Firefox, Edge on Windows, Safari; a subscription elsewhere is refused, for its address
#: is one that we would connect to. A leading dot stands for every name below.
PUSH_HOSTS: Final[tuple[str, ...]] = (
    "fcm.googleapis.com",
    "updates.push.services.mozilla.com",
    ".notify.windows.com",
    "web.push.apple.com",
)


#: Where the vendor takes what goes to its robots; a proxy of the region's own may stand before it.
WECOM_URL: Final = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"


@dataclass(frozen=True, slots=True)
class Gateway:
    """Where text messages leave, and the secret that both sides know."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Target:
    """One place that notices may go to; `squad`, `desk` or `stop_point` says whose news. `address` is the key of a
    robot, the number of a phone, the address of a sign."""

    adapter: str
    name: str
    address: str = field(repr=False)
    squad: str | None = None
    desk: str | None = None
    stop_point: str | None = None
    corridors: frozenset[str] | None = None
    url: str | None = field(default=None, repr=False)
    key: str | None = field(default=None, repr=False)

    def on(self, corridor: str) -> bool:
        """Whether it wants news of a corridor."""
        return self.corridors is None or corridor in self.corridors


@dataclass(frozen=True, slots=True)
class Targets:
    """Everybody that notices may go to."""

    entries: tuple[Target, ...] = ()
    push_hosts: tuple[str, ...] = PUSH_HOSTS

    def push_host_allowed(self, url: str) -> bool:
        """Whether a browser's push service is one that we connect to; a port of its own only on this machine."""
        if not is_safe_address(url):
            return False
        parts = urlsplit(url)
        host = parts.hostname or ""
        known = any(host == one or (one[:1] == "." and host.endswith(one)) for one in self.push_hosts)
        return known and (parts.port in (None, 443) or is_loopback(host))


def read_targets(path: Path | None, registry: Registry, has_gateway: bool) -> Targets:
    """The targets of a file; nobody without one.

    Raises:
        RegistryErrors: the file, or one that it names, cannot be read, or all that is wrong in it.
    """
    if path is None:
        return Targets()
    document = read_toml(path, "set WIM_NOTICES__TARGETS to the path of a notices file, or unset it")
    return parse_targets(document, path, registry, has_gateway)


def parse_targets(document: Mapping[str, object], path: Path, registry: Registry, has_gateway: bool) -> Targets:
    """The targets of a document. Raises RegistryErrors."""
    faults = Faults(str(path))
    root = Table(document, "", faults)
    read = _Reading(path.parent, registry)
    robots = root.entries("wecom", read.robot, "name")
    phones = root.entries("sms", read.phone, "name")
    signs = root.entries("sign", read.sign, "name")
    hosts = root.take_or("push_hosts", array(text(253)), PUSH_HOSTS)
    root.close()
    if phones and not has_gateway:
        faults.note("sms", "needs a gateway", "set WIM_NOTICES__SMS_URL and WIM_NOTICES__SMS_SECRET")
    faults.raise_any()
    return Targets((*robots, *phones, *signs), tuple(hosts))


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads tables; files are looked for in `folder`."""

    folder: Path
    registry: Registry

    def robot(self, table: Table) -> Target:
        key = table.take("key_file", self._secret, "")
        url = table.take_or("url", _address, WECOM_URL)
        return self._person(table, WECOM, key, url)

    def phone(self, table: Table) -> Target:
        return self._person(table, SMS, table.take("number", _number, ""))

    def sign(self, table: Table) -> Target:
        return Target(
            SIGN,
            table.take("name", text(64)),
            table.take("url", _address, ""),
            stop_point=table.take("stop_point", reference(self.registry.stop_points, "stop point")),
            key=table.maybe("key_file", self._secret),
        )

    def _person(self, table: Table, adapter: str, address: str, url: str | None = None) -> Target:
        squad = table.maybe("squad", reference(self.registry.squads, "squad"))
        desk = table.maybe("desk", one_of("road", "police"))
        if table.has("squad") == table.has("desk"):
            table.note("squad", "must stand, or else desk", "write whose news it is: squad or desk, not both")
        corridors = table.maybe("corridors", array(reference(self.registry.network.corridors, "corridor")))
        named = frozenset(corridors) if corridors is not None and table.sound else None
        return Target(adapter, table.take("name", text(64)), address, squad, desk, corridors=named, url=url)

    @property
    def _secret(self) -> Reader[str]:
        def read(value: object) -> str:
            if not isinstance(value, str):
                raise WrongValueError(f"is {shown(value)}", "write the path of a file that holds the key")
            try:
                found = (self.folder / value).read_text().strip()
            except (OSError, UnicodeDecodeError):
                raise WrongValueError(f"names {shown(value)}, which cannot be read", "make it readable") from None
            if not found.isprintable() or not found or " " in found:
                raise WrongValueError(f"names {shown(value)}, which holds no key", "write the key, one line") from None
            return found

        return read


def is_safe_address(url: str) -> bool:
    """Whether a secret may be sent there: https, or this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    return (
        (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))
        and bool(host)
        and not parts.username
    )


def _address(value: object) -> str:
    if not isinstance(value, str) or not is_safe_address(value):
        # Not repeated: an address may hold a key.
        raise WrongValueError("is no safe address", "write https://…; http only to this machine")
    return value


def _number(value: object) -> str:
    """Not repeated in errors: it is a person's."""
    digits = value.removeprefix("+") if isinstance(value, str) else ""
    if not digits.isascii() or not digits.isdigit() or not 5 <= len(digits) <= 15:
        raise WrongValueError("is no number of a phone", 'write it as "+86…", digits only')
    return str(value)
