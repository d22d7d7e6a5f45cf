"""`webhooks.toml`: to which systems joint actions are pushed, and to which hosts anything may be pushed at all.

=====================  ===============================================================================================
key                    meaning (`?` = may be left out)
=====================  ===============================================================================================
hosts                  host names that webhooks may go to; a webhook to any other is refused
private_hosts?         of those, the ones that may lie in a private network or on this machine
`[[webhook]]`          name, agency (`road` or `police`), url, secret_file (see `signing`), corridors?
=====================  ===============================================================================================

A host name that leads into a private network without being in `private_hosts` is refused when it is looked up, each
time anew: who answers for a name may change his answer. Addresses are https; http only to `private_hosts`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from service.documents import read_toml
from service.registry import Registry
from service.webhooks.signing import Secret, read_secret
from wim.document import Faults, Table, WrongValueError, array, one_of, reference, shown, text

_NO_HOSTS: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Webhook:
    """One system that joint actions are pushed to."""

    name: str
    agency: str
    url: str = field(repr=False)
    secret: Secret = field(repr=False)
    corridors: frozenset[str] | None = None

    def wants(self, corridor: str | None) -> bool:
        """Whether it is told of a corridor."""
        return self.corridors is None or corridor in self.corridors


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All of them, and where they may lead."""

    entries: tuple[Webhook, ...] = ()
    private_hosts: frozenset[str] = frozenset()

    def reachable(self, host: str, address: str) -> bool:
        """Whether a host may have an address; only a private host may have one that is not the world's."""
        return host in self.private_hosts or _is_of_the_world(ipaddress.ip_address(address))


def read_webhooks(path: Path | None, registry: Registry) -> Webhooks:
    """The webhooks of a file; none without one.

    Raises:
        RegistryErrors: the file, or one that it names, cannot be read, or all that is wrong in it.
    """
    if path is None:
        return Webhooks()
    document = read_toml(path, "set WIM_WEBHOOKS to the path of a webhooks file, or unset it")
    return parse_webhooks(document, path, registry)


def parse_webhooks(document: Mapping[str, object], path: Path, registry: Registry) -> Webhooks:
    """The webhooks of a document. Raises RegistryErrors."""
    faults = Faults(str(path))
    root = Table(document, "", faults)
    hosts = frozenset(root.take("hosts", array(text(253)), _NO_HOSTS))
    private = frozenset(root.take_or("private_hosts", array(text(253)), _NO_HOSTS))
    for host in sorted(private - hosts):
        faults.note("private_hosts", f"names {shown(host)}, which is not in hosts", "write it there too")
    reading = _Reading(path.parent, registry, hosts, private)
    entries = root.entries("webhook", reading.webhook, "name")
    root.close()
    faults.raise_any()
    return Webhooks(tuple(entries), private)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads tables; files are looked for in `folder`."""

    folder: Path
    registry: Registry
    hosts: frozenset[str]
    private: frozenset[str]

    def webhook(self, table: Table) -> Webhook:
        corridors = table.maybe("corridors", array(reference(self.registry.network.corridors, "corridor")))
        return Webhook(
            table.take("name", text(64)),
            table.take("agency", one_of("road", "police")),
            table.take("url", self._address, ""),
            table.take("secret_file", self._secret, Secret(b"")),
            None if corridors is None or not table.sound else frozenset(corridors),
        )

    def _address(self, value: object) -> str:
        try:
            parts = urlsplit(value if isinstance(value, str) else "")
            host, _ = parts.hostname or "", parts.port
        except ValueError:
            host = ""
        if not isinstance(value, str) or not host or "@" in parts.netloc or parts.scheme not in ("http", "https"):
            raise WrongValueError("is no address", "write https://HOST/PATH, without a password in it")
        if host not in self.hosts:
            raise WrongValueError(f"leads to {shown(host)}, which is not allowed", "add the host to `hosts`, or leave")
        if parts.scheme == "http" and host not in self.private:
            raise WrongValueError("would go in clear", "write https://…, or name the host in `private_hosts`")
        if _is_inside(host) and host not in self.private:
            raise WrongValueError(f"leads to {shown(host)}, a private address", "name it in `private_hosts`")
        return value

    def _secret(self, value: object) -> Secret:
        if not isinstance(value, str):
            raise WrongValueError(f"is {shown(value)}", "write the path of a file that holds the secret")
        try:
            return read_secret((self.folder / value).read_text().strip())
        except (OSError, UnicodeDecodeError):
            raise WrongValueError(f"names {shown(value)}, which cannot be read", "make it readable") from None
        except ValueError as error:
            raise WrongValueError(f"names {shown(value)}, which {error}", "make one, and give it to both") from None


def _is_inside(host: str) -> bool:
    """Whether a host is written as an address that is not the world's; a name is looked up when it is used."""
    try:
        return not _is_of_the_world(ipaddress.ip_address(host))
    except ValueError:
        return False


#: An IPv4 address stands in the last bits, and a translator leads there (RFC 6052); networks without IPv4 need it.
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

#: What `is_global` takes for the world's, and may lead into a network of ours all the same: a translator's own prefix
#: (RFC 8215), 6to4 and its relay (RFC 7526), IPv4 written as IPv6 (RFC 4291), site-local addresses (RFC 3879).
_BACK_DOORS = tuple(
    ipaddress.ip_network(one) for one in ("64:ff9b:1::/48", "2002::/16", "192.88.99.0/24", "::/96", "fec0::/10")
)


def _is_of_the_world(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one machine's, and lies in no private network, behind no door into one."""
    if address in _TRANSLATED:
        address = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.is_global and not address.is_multicast and not any(address in door for door in _BACK_DOORS)
