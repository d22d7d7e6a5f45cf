"""Guarantees of `webhooks.toml`: nothing is pushed where nobody allowed it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from service.registry import Registry, parse_registry
from service.webhooks.targets import Webhooks, parse_webhooks, read_webhooks
from tests.service.webhooks.test_signing import SECRET
from wim.document import RegistryErrors

REGISTRY = '[[corridor]]\nid = "G104"\ntimezone = "Asia/Shanghai"\n'
USUAL = """
hosts = ["hooks.example.org", "127.0.0.1", "desk.example.org"]
private_hosts = ["127.0.0.1"]
[[webhook]]
name = "police"
agency = "police"
url = "https://hooks.example.org/joint"
secret_file = "secret"
corridors = ["G104"]
"""


@pytest.fixture
def registry() -> Registry:
    return parse_registry(tomllib.loads(REGISTRY), "sites.toml")


def parsed(text: str, folder: Path, registry: Registry) -> Webhooks:
    (folder / "secret").write_text(f"{SECRET}\n")
    return parse_webhooks(tomllib.loads(text), folder / "webhooks.toml", registry)


def problems(text: str, folder: Path, registry: Registry) -> str:
    with pytest.raises(RegistryErrors) as errors:
        parsed(text, folder, registry)
    return str(errors.value)


def test_a_file_is_read_whole(tmp_path: Path, registry: Registry) -> None:
    """Who is told of which corridors, where, under which secret; neither shows in a log."""
    hooks = parsed(USUAL, tmp_path, registry)
    (hook,) = hooks.entries
    assert (hook.name, hook.agency, hook.url) == ("police", "police", "https://hooks.example.org/joint")
    assert (hook.wants("G104"), hook.wants("S340"), hook.wants(None)) == (True, False, False)
    assert "hooks.example.org" not in repr(hook)
    assert read_webhooks(None, registry) == Webhooks()


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("https://elsewhere.example.org/x", "which is not allowed"),
        ("https://127.0.0.2/x", "which is not allowed"),
        ("http://hooks.example.org/joint", "would go in clear"),
        ("https://me:secret@hooks.example.org/joint", "is no address"),
        ("https://:secret@hooks.example.org/joint", "is no address"),
        ("ftp://hooks.example.org/joint", "is no address"),
        ("https://hooks.example.org:port/", "is no address"),
        ("joint", "is no address"),
    ],
)
def test_a_target_outside_the_list_is_refused(tmp_path: Path, registry: Registry, url: str, problem: str) -> None:
    """With the place and what to do, before anything is sent."""
    told = problems(USUAL.replace("https://hooks.example.org/joint", url), tmp_path, registry)
    assert problem in told
    assert "webhook" in told


def test_a_private_address_must_be_named_as_one(tmp_path: Path, registry: Registry) -> None:
    """An address inside is refused, though it is on the list, until it is named as private too."""
    inside = USUAL.replace("hooks.example.org", "10.1.2.3")
    assert "private address" in problems(inside, tmp_path, registry)
    named = inside.replace('private_hosts = ["127.0.0.1"]', 'private_hosts = ["127.0.0.1", "10.1.2.3"]')
    assert len(parsed(named, tmp_path, registry).entries) == 1
    unlisted = USUAL.replace('private_hosts = ["127.0.0.1"]', 'private_hosts = ["10.9.9.9"]')
    assert "not in hosts" in problems(unlisted, tmp_path, registry)


def test_a_secret_that_is_none_is_refused(tmp_path: Path, registry: Registry) -> None:
    """Without repeating what stands in the file."""
    (tmp_path / "weak").write_text("hunter2-hunter2")
    told = problems(USUAL.replace('"secret"', '"weak"'), tmp_path, registry)
    assert "is no secret" in told
    assert "hunter2" not in told
    assert "cannot be read" in problems(USUAL.replace('"secret"', '"absent"'), tmp_path, registry)


def test_what_a_name_may_lead_to() -> None:
    """A name of the world's may have no address inside: neither a loopback's, a private network's nor a cloud's own."""
    hooks = Webhooks(private_hosts=frozenset({"inside"}))
    for address in ("127.0.0.1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "::1", "fe80::1", "fd00::1"):
        assert not hooks.reachable("hooks.example.org", address)
        assert hooks.reachable("inside", address)
    assert hooks.reachable("hooks.example.org", "93.184.216.34")


def test_what_looks_like_the_worlds_and_leads_inside_is_refused() -> None:
    """Multicast, IPv4 that stands in IPv6, translators and site-local prefixes; what is translated to the world may."""
    hooks = Webhooks()
    for address in ("224.0.0.1", "ff02::1", "64:ff9b::a00:1", "64:ff9b:1::1", "2002:a00:1::1", "::10.0.0.1", "fec0::1"):
        assert not hooks.reachable("hooks.example.org", address), address
    for address in ("64:ff9b::5db8:d822", "2606:4700::6810:85e5"):
        assert hooks.reachable("hooks.example.org", address), address
