"""What the routes are made of; `app.build` puts it together once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request

from service.access import Door
from service.api.limits import Allowance, Strangers
from service.api.live_feed import LiveFeed
from service.api.meters import Meters
from service.api.publisher import Publisher
from service.docket.terms import Terms
from service.notices.targets import Targets
from service.oidc.flow import Flow
from service.policy import Policy
from service.pseudonyms import Pseudonyms
from service.registry import Registry
from service.store.engine import Store


@dataclass(frozen=True)
class Parts:
    """Everything that outlives a request. `clock_ns` is the time of day, `steady_s` one that never jumps."""

    registry: Registry
    policy: Policy
    store: Store
    door: Door
    publisher: Publisher
    live: LiveFeed
    meters: Meters
    pseudonyms: Pseudonyms
    terms: Terms
    clock_ns: Callable[[], int]
    steady_s: Callable[[], float]
    requests: Allowance
    #: How many refusals of one account a minute are written down: a phone that repeats itself must not fill the disk.
    noted_refusals: Allowance = field(default_factory=lambda: Allowance(60))
    #: The address by which browsers come, where a proxy stands between (`WIM_API__PUBLIC_URL`).
    public_url: str | None = None
    strangers: Strangers = field(default_factory=Strangers)
    #: How often an address that nobody knows is written into the audit log.
    noted_strangers: Allowance = field(default_factory=lambda: Allowance(6))
    #: Which push services a browser may name, and the key of ours that it subscribes with (None: no notices).
    notice_targets: Targets = field(default_factory=Targets)
    push_key: str | None = None
    #: Where pictures are kept; None: nowhere.
    archive: Path | None = None
    #: Where people sign in with a browser instead (mode oidc); None: nowhere.
    flow: Flow | None = None
    #: How often one address may set out for the provider.
    sign_ins: Allowance = field(default_factory=lambda: Allowance(20))
    #: Codes for wall screens that one address may ask for: a screen asks anew every few minutes.
    pairings: Allowance = field(default_factory=lambda: Allowance(6))
    #: Bodies of passages that are checked at once: one of 8 MiB is 60 MB and half a second of one core.
    checks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(4))


async def _of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


#: The parameter by which a route gets them.
PartsOf = Annotated[Parts, Depends(_of)]
