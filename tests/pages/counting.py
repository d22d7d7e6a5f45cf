"""A day that was counted: what the figures on a wall are made of."""

from __future__ import annotations

import time

from service import messages
from service.agents.health import keep
from service.messages import Health, encode
from service.messages.vocabulary import Clock, Condition
from service.metrics import Metrics
from service.store import rates
from service.store.spans import HOUR_S
from service.store.tally import Series
from tests.pages.conftest import Road
from tests.service.store import counting

SERIES = Series("G104", "G104-K012", 1, 0, "cn-2016", "Asia/Shanghai")


def count(road: Road, trucks: int, over: int, hundred_tonne: int = 0) -> None:
    """Count so many trucks of G104 in the hour that runs, as the screen lane would write it."""
    now_s = time.time_ns() // 10**9
    hour_s = now_s // HOUR_S * HOUR_S
    fair, heavy = trucks - over, over
    events = [
        counting.Event(SERIES, hour_s, 6, 0, 0, fair, fair, 0, 0, 0, fair),
        counting.Event(SERIES, hour_s, 6, 2, 0, heavy, heavy, heavy, heavy, hundred_tonne, heavy),
    ]
    with road.desk.store.writing() as conn:
        rates.add(conn, counting.tally_of(events), now_s)


def beat(road: Road, site: str = "G104-K012", minutes: int = 1) -> None:
    """The newest beats of a unit whose lane 1 works, one a minute until now."""
    now_s = time.time_ns() // 10**9
    keep(road.desk.store, Metrics(), [_beat(site, now_s - 60 * ago) for ago in reversed(range(minutes))])


def _beat(site: str, at_s: int) -> bytes:
    lane = messages.LaneHealth(lane=1, up=True, strips=[])
    return encode(
        Health(
            id=f"{site}/{at_s}",
            version=1,
            time=messages.rfc3339(at_s * 10**9),
            site=site,
            run=4,
            lanes=[lane],
            camera=Condition.OK,
            clock=Clock.LOCKED,
        )
    )
