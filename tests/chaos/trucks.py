"""Numbered trucks whose verdicts are known: what the chaos tests send, and what they expect back.

Truck n crosses lane 1 of site n mod 4 once, as passage n of that lane's roadside unit. Every twenty-first weighs 45 to
51 t on three axles, 20 t and more above what the law allows for them; the others weigh 12 to 18 t. Nothing here asks
the product what it thinks: `is_over` is all there is to know.

Weights, sides, spacings and speeds differ from truck to truck as those of a road do, or the watch over the sensors
would doubt the lanes, and rightly.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from confluent_kafka import Producer

from service.publishing import pack
from service.topics import LARGE_BYTES
from tests.service.roads import ALWAYS, corridor, site, squad, stop_point
from tests.service.told import crossings
from wim.records import Passages, text

SITES = tuple(f"G104-K01{number}" for number in range(4))
#: Odd, so that every site has its share of them.
OVER_EVERY = 21
LEGAL_KG, OVER_KG = 15_000, 48_000
_SPREAD_KG = 3_000

_CERTIFICATE = {"number": "JJG-1", "class": 5, "from": date(2020, 1, 1), "until": date(2100, 1, 1)}
_TOLERANCE = {"from": date(2020, 1, 1), "percent": 5.0}

REGISTRY = (
    corridor("G104", length_km=120.0)
    + "".join(
        site(name, 10.0 + at, certificate=[_CERTIFICATE], tolerance=[_TOLERANCE]) for at, name in enumerate(SITES)
    )
    + stop_point("yard", 40.0, static_scale=True, capacity=50)
    + squad("one", "road", "yard", stops_per_hour=60, shifts=[ALWAYS])
    + squad("patrol", "police", "yard", stops_per_hour=60, shifts=[ALWAYS])
)

#: A message waits so long for a broker that is away: longer than any fault lasts.
_PATIENCE_MS = 900_000
_TICK_S = 0.05


def is_over(number: int) -> bool:
    """Whether truck `number` is one of the heavy ones."""
    return number % OVER_EVERY == OVER_EVERY - 1


def plate_of(number: int) -> str:
    """A plate that only this truck has."""
    return f"苏{chr(ord('A') + number // 100_000)}{number % 100_000:05d}"


def trucks(numbers: Sequence[int], time_ns: int) -> Passages:
    """The passages of these trucks, one nanosecond after the other."""
    passages = crossings(len(numbers), time_ns=time_ns)
    for row, number in enumerate(numbers):
        _load(passages[row], number)
        passages["site"][row], passages["plate"][row] = SITES[number % 4].encode(), plate_of(number).encode()
        passages["sequence"][row] = number
    passages["time_ns"] += np.arange(len(numbers))
    passages["origin_ns"] = passages["time_ns"]
    passages["plate_confidence"] = 98
    return passages


def gross_kg(number: int) -> int:
    """What truck `number` weighs."""
    middle_kg = OVER_KG if is_over(number) else LEGAL_KG
    return middle_kg + int(_chance(number).uniform(-_SPREAD_KG, _SPREAD_KG))


def _load(passage: np.void, number: int) -> None:
    """Spread the truck's weight over its wheels, and let it drive as fast as its load lets it."""
    chance, weight_kg = _chance(number, "load"), gross_kg(number)
    axles = chance.normal((0.28, 0.36, 0.36), 0.02)
    left = chance.normal(0.5, 0.02, 3)
    passage["left_kg"][:3] = axles / axles.sum() * left * weight_kg
    passage["right_kg"][:3] = axles / axles.sum() * (1 - left) * weight_kg
    passage["spacing_mm"][:2] = chance.normal((3_800, 1_350), (150, 40))
    passage["speed_kmh"] = chance.normal(84 - weight_kg / 2_500, 5)
    passage["gross_kg"] = weight_kg


def _chance(number: int, what: str = "") -> np.random.Generator:
    """The same luck for the same truck, whoever asks."""
    return np.random.default_rng([number, len(what)])


@dataclass
class Traffic:
    """Trucks on the road, `per_second` of them from `with` to its end; every one is acknowledged by the broker then."""

    servers: str
    per_second: int = 200
    sent: int = 0
    #: What the broker refused, in its words; the road has lost nothing where this is empty.
    refused: list[str] = field(default_factory=list)
    #: Passages by (site, hour of event time).
    crossed: Counter[tuple[str, int]] = field(default_factory=Counter)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _broken: BaseException | None = None

    def __enter__(self) -> Traffic:
        self._thread = threading.Thread(target=self._drive, name="traffic")
        self._thread.start()
        return self

    def __exit__(self, *ended: object) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join()
        if self._broken is not None:
            raise self._broken

    @property
    def over(self) -> list[int]:
        """The numbers of the heavy trucks so far."""
        return [number for number in range(self.sent) if is_over(number)]

    def crossed_at(self, site: str) -> int:
        """Vehicles that crossed a site so far."""
        return sum(count for (name, _), count in list(self.crossed.items()) if name == site)

    def _drive(self) -> None:
        try:
            self._send()
        except BaseException as broken:
            self._broken = broken

    def _send(self) -> None:
        producer = Producer(
            {
                "bootstrap.servers": self.servers,
                "enable.idempotence": True,
                "message.max.bytes": LARGE_BYTES,
                "message.timeout.ms": _PATIENCE_MS,
                "log_level": 0,
            }
        )
        began = time.monotonic()
        while not self._over.wait(_TICK_S):
            due = int((time.monotonic() - began) * self.per_second)
            self._let_go(producer, range(self.sent, due))
            producer.poll(0)
        assert producer.flush(_PATIENCE_MS / 1000) == 0, "trucks that the broker never took"

    def _let_go(self, producer: Producer, numbers: range) -> None:
        if not numbers:
            return
        passages = trucks(numbers, time.time_ns())
        self.note(passages)
        for message in pack(passages):
            producer.produce(message.topic, message.value, message.key, on_delivery=self.delivered)

    def note(self, passages: Passages) -> None:
        """These trucks, which come after those before, are on the way."""
        hours = passages["time_ns"] // (3600 * 10**9) * 3600
        self.crossed.update(zip(map(text, passages["site"].tolist()), hours.tolist(), strict=True))
        self.sent = int(passages["sequence"][-1]) + 1

    def delivered(self, error: object, _message: object) -> None:
        if error is not None:
            self.refused.append(str(error))
