"""`wim doctor`: whether this machine has what the settings ask for, and how to mend what is missing."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import re
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Annotated, Literal

import typer

from service.access import open_tokens
from service.cli.starting import start
from service.policy import read_policy
from service.registry import Registry, read_registry
from service.settings import Settings
from service.store.engine import open_store, parse_url
from service.store.errors import StoreError
from wim.document import RegistryErrors

DISTRIBUTION = "wim-overload"
#: A person waits for the answer; a database that needs longer is away.
_PATIENCE_S = 3.0


@dataclass(frozen=True)
class Finding:
    """What one check came to; `remedy` is empty where there is nothing to mend."""

    check: str
    state: Literal["ok", "failed", "skipped"]
    detail: str
    remedy: str = ""


def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False) -> None:
    """Check Python packages, settings, policy, registry, tokens, database, Kafka and the cache of compiled kernels."""
    findings = list(examine())
    healthy = all(finding.state != "failed" for finding in findings)
    if as_json:
        checks = [dataclasses.asdict(finding) for finding in findings]
        typer.echo(json.dumps({"ok": healthy, "checks": checks}, ensure_ascii=False, indent=2))
    else:
        typer.echo("\n".join(_line(finding) for finding in findings))
    if not healthy:
        raise typer.Exit(1)


def examine() -> Iterator[Finding]:
    """Every check in turn; those that need the settings are skipped where these are wrong."""
    yield _packages()
    yield _kernels()
    try:
        settings = start()
    except RegistryErrors as errors:
        yield Finding("settings", "failed", str(errors), "mend these first; the other checks need them")
        return
    yield Finding("settings", "ok", "every name is known")
    for check in (_policy, _registry, _tokens, _database, _kafka):
        yield check(settings)


def _line(finding: Finding) -> str:
    detail = finding.detail.replace("\n", "\n" + " " * 18)
    remedy = f"\n{' ' * 18}→ {finding.remedy}" if finding.remedy else ""
    return f"{finding.state:<8} {finding.check:<9}{detail}{remedy}"


def _packages() -> Finding:
    wanted = [
        name[0]
        for line in requires(DISTRIBUTION) or ()
        if (name := re.match(r"[\w.-]+", line)) and "extra ==" not in line
    ]
    missing = [name for name in wanted if not _installed(name)]
    if missing:
        return Finding("packages", "failed", f"missing: {', '.join(missing)}", "install requirements/run.txt")
    python = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("packages", "ok", f"{DISTRIBUTION} {version(DISTRIBUTION)}, Python {python}, {len(wanted)} packages")


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _kernels() -> Finding:
    """numba refuses to compile with a cache where it finds no folder that it may write to."""
    try:
        from wim.kernels.crc import crc32
    except (ImportError, RuntimeError) as error:
        return Finding("kernels", "failed", str(error), "set NUMBA_CACHE_DIR to a folder that this user may write to")
    return Finding("kernels", "ok", f"compiled code is kept in {crc32.stats.cache_path}")  # type: ignore[attr-defined]


def _policy(settings: Settings) -> Finding:
    return _read("policy", settings.policy, lambda: read_policy(settings.policy), "every number at its default")


def _registry(settings: Settings) -> Finding:
    return _read("registry", settings.registry, lambda: read_registry(settings.registry), "no site is known")


def _tokens(settings: Settings) -> Finding:
    if settings.auth.mode != "tokens":
        return Finding("tokens", "skipped", f"mode {settings.auth.mode}, no token file")
    try:
        open_tokens(settings.auth.tokens, _registry_or_none(settings))
    except RegistryErrors as errors:
        return Finding("tokens", "failed", str(errors), "mend what is named; `wim api` does not start without")
    return Finding("tokens", "ok", str(settings.auth.tokens))


def _registry_or_none(settings: Settings) -> Registry:
    try:
        return read_registry(settings.registry)
    except RegistryErrors:  # which a check of its own says
        return Registry()


def _read(check: str, path: Path | None, read: Callable[[], object], without: str) -> Finding:
    if path is None:
        return Finding(check, "skipped", f"WIM_{check.upper()} is not set: {without}")
    try:
        read()
    except RegistryErrors as errors:
        return Finding(check, "failed", str(errors), "mend what is named")
    return Finding(check, "ok", str(path))


def _database(settings: Settings) -> Finding:
    url = settings.database.url.get_secret_value()
    try:
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return Finding("database", "failed", f"{parsed.database} is not there yet", "run `wim db upgrade`")
        store = open_store(url, _PATIENCE_S)
    except StoreError as error:
        return Finding("database", "failed", str(error))
    store.close()
    return Finding("database", "ok", store.name)


def _kafka(settings: Settings) -> Finding:
    from service.kafka import BrokerAwayError, reach  # half a second of imports

    servers = settings.kafka.bootstrap_servers
    if not any(_answers(address.strip()) for address in servers.split(",")):
        remedy = "start it, or set WIM_KAFKA__BOOTSTRAP_SERVERS to where it is"
        return Finding("kafka", "failed", f"nothing listens at {servers}", remedy)
    try:
        cluster = asyncio.run(reach(settings.kafka).identity(())).cluster
    except BrokerAwayError as error:
        return Finding("kafka", "failed", str(error))
    return Finding("kafka", "ok", f"{servers}, cluster {cluster}")


def _answers(address: str) -> bool:
    """Whether anything listens there: told at once, where a Kafka client would ask for ten seconds."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), _PATIENCE_S):
            return True
    except OSError:
        return False
