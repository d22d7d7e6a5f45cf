"""`wim api`: from the settings to a socket that answers, and back within seconds of SIGTERM."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog
import uvicorn

from service import logs
from service.access import Door, demo_tokens, open_tokens
from service.api.app import build
from service.api.limits import Allowance
from service.api.live_feed import LiveFeed
from service.api.meters import Meters
from service.api.parts import Parts
from service.api.publisher import Publisher
from service.awaiting import START_PATIENCE_SECONDS
from service.docket.terms import terms_of
from service.kafka import reach
from service.listening import AddressTakenError
from service.notices.setting_up import targets_of, vapid_of
from service.oidc.door import OidcDoor
from service.oidc.flow import Flow
from service.oidc.provider import Provider
from service.oidc.settings import OidcSettings
from service.policy import read_policy
from service.pseudonyms import Pseudonyms
from service.registry import Registry, read_registry
from service.settings import Settings
from service.store.engine import Store, open_store

log = structlog.get_logger(__name__)


#: What requests under way get to end once the process is told to stop; live feeds are sent home at once.
STOP_SECONDS = 5

#: Connections that may wait to be accepted.
_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class Opened:
    """What a person needs to know of an API that listens; `tokens` by holder in demo mode, else empty."""

    url: str
    tokens: Mapping[str, str]


def serve(settings: Settings, opened: Callable[[Opened], None]) -> None:
    """Serve until SIGTERM or SIGINT; `opened` hears once the socket listens.

    Raises whatever keeps it from starting, with its remedy: a wrong registry, policy or token file, a database that is
    away or old, an address that is taken.
    """
    logs.configure(settings.log)
    registry, policy = read_registry(settings.registry), read_policy(settings.policy)
    door, tokens = _door(settings, registry)
    targets, vapid = targets_of(settings.notices, registry), vapid_of(settings.notices)
    with listening(settings.api.host, settings.api.port) as listener, _store(settings) as store:
        parts = Parts(
            registry=registry,
            policy=policy,
            store=store,
            door=door,
            publisher=Publisher(reach(settings.kafka)),
            live=LiveFeed(store),
            meters=Meters(),
            pseudonyms=_pseudonyms(settings),
            terms=terms_of(policy, registry.network, registry.forces),
            clock_ns=time.time_ns,
            steady_s=time.monotonic,
            requests=Allowance(policy.requests_per_minute),
            notice_targets=targets,
            push_key=vapid.public_key if vapid else None,
            archive=_folder(settings.archive),
            public_url=settings.api.public_url,
            flow=_flow(door, settings.auth.oidc),
        )
        server = Server(_config(settings, parts), parts.live)
        opened(Opened(_url(settings, listener), tokens))
        gc.freeze()
        server.run(sockets=[listener])


class Server(uvicorn.Server):
    """A server that sends live readers home before it waits for the rest."""

    def __init__(self, config: uvicorn.Config, live: LiveFeed) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._live.close()
        await super().shutdown(sockets)


def _config(settings: Settings, parts: Parts) -> uvicorn.Config:
    return uvicorn.Config(
        build(parts),
        loop="uvloop",
        lifespan="on",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=settings.api.tls_certificate_file,
        ssl_keyfile=settings.api.tls_key_file,
    )


def _door(settings: Settings, registry: Registry) -> tuple[Door, Mapping[str, str]]:
    if settings.auth.mode == "demo":
        return demo_tokens(registry)
    if settings.auth.mode == "oidc":
        return _oidc(settings.auth.oidc, registry), {}
    return open_tokens(settings.auth.tokens, registry), {}


def _oidc(settings: OidcSettings, registry: Registry) -> OidcDoor:
    return OidcDoor(Provider(settings.issuer or "", settings.jwks_url, time.monotonic), settings, registry)


def _flow(door: Door, settings: OidcSettings) -> Flow | None:
    return Flow(door, settings, settings.client_id) if isinstance(door, OidcDoor) and settings.client_id else None


def _folder(place: str) -> Path | None:
    """The archive's folder; buckets are not served in this release."""
    return Path(place) if place and "://" not in place else None


def _pseudonyms(settings: Settings) -> Pseudonyms:
    key = settings.auth.pseudonym_key
    if key is None:
        log.info("pseudonyms_of_this_start", remedy="set WIM_AUTH__PSEUDONYM_KEY to keep them over restarts")
        return Pseudonyms()
    return Pseudonyms(key.get_secret_value())


@contextlib.contextmanager
def _store(settings: Settings) -> Iterator[Store]:
    store = open_store(settings.database.url.get_secret_value(), START_PATIENCE_SECONDS)
    try:
        yield store
    finally:
        store.close()


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there until the block ends. Raises AddressTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            raise AddressTakenError(host, port, error, "WIM_API__") from None
        listener.listen(_BACKLOG)
        yield listener


def _url(settings: Settings, listener: socket.socket) -> str:
    scheme = "https" if settings.api.tls_certificate_file else "http"
    host, port = listener.getsockname()[:2]
    return f"{scheme}://{_shown(host)}:{port}"


def _shown(host: str) -> str:
    address = ipaddress.ip_address(host)
    return f"[{host}]" if address.version == 6 else host
