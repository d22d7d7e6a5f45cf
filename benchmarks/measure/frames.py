"""The frames of cases 4 and 5: half a second of four channels at 10 kHz, in which five axles cross two lines.

A vehicle of 5.8 m between its outer axles, for no longer one crosses 4 m of lines within 0.5 s; each model is another
one, simulated with all motion, noise, droop and converter of the accuracy benchmark. A topic holds them again and again
under the names of other lanes, with times and numbers of their own.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from sensors.simulator.signals.capture import capture
from sensors.simulator.signals.layouts import LAYOUTS, reference_document
from sensors.simulator.signals.reference import START_NS, Recipe, scenes
from sensors.simulator.signals.scene import Scene, Window
from sensors.simulator.signals.strips import Crossing
from sensors.simulator.signals.surroundings import Errors, response
from sensors.simulator.signals.suspension import Roughness, sprung
from sensors.simulator.signals.vehicle import assemble, sides
from wim.frames import NO_NOW_NS, decode_frame, encode_frame
from wim.sites import Lane, Site, parse_network

LAYOUT: Final = LAYOUTS["2x4.0"]
RATE_HZ, SAMPLES, AXLES = 10_000, 5_000, 5
#: Forty sites, so that each of the twelve partitions has some.
SITES, LANES = 40, 2
#: So many vehicles that no branch of a kernel is learned by heart.
MODELS = 64

_SPACING_M = np.array([1.8, 1.35, 1.31, 1.31])
_AXLE_KG = np.array([6_500.0, 6_500.0, 8_000.0, 8_000.0, 8_000.0])
_SPEEDS_KMH = (92.0, 99.0)
#: The most that a unit must keep before and behind (contracts §1), and a little.
_WINDOW = Window(0.055, 0.3)
_EVERY_NS = 1_000_000


def models(seed: int) -> list[bytes]:
    """MODELS frames, each of another vehicle; the same seed gives the same bytes."""
    recipe = Recipe("2x4.0", _SPEEDS_KMH, rates_hz=(RATE_HZ,))
    return [_frame(scene, np.random.default_rng((seed, row))) for row, scene in enumerate(scenes(recipe, MODELS, seed))]


def _frame(scene: Scene, rng: np.random.Generator) -> bytes:
    installation = replace(scene.installation, loops=())
    crossing = _five_axles(scene.crossings[0], scene, rng)
    whole = replace(scene, installation=installation, crossings=(crossing,), loop_shift_m=np.empty(0), window=_WINDOW)
    frame = decode_frame(capture(whole).message, NO_NOW_NS)
    return encode_frame(frame.head, frame.channels, np.ascontiguousarray(frame.counts[:, :SAMPLES]))


def _five_axles(crossing: Crossing, scene: Scene, rng: np.random.Generator) -> Crossing:
    """The same crossing by a vehicle of five axles."""
    axle_kg = _AXLE_KG * rng.normal(1, 0.03, AXLES)
    unit = np.zeros(AXLES, np.intp)
    vehicle = assemble("five axles", sides(axle_kg, rng), _SPACING_M * rng.normal(1, 0.01, AXLES - 1), unit, rng)
    felt = scene.installation.sensitivity(scene.time_ns, scene.true_c)
    return replace(
        crossing,
        vehicle=vehicle,
        suspension=sprung(axle_kg, vehicle.axle_m, unit, Roughness(), rng),
        lateral_m=crossing.lateral_m[:, :AXLES],
        response=felt[:, None] * response(scene.installation, AXLES, Errors(), rng),
    )


def registry_document() -> dict[str, Any]:
    """A registry with `SITES` sites of `LANES` lanes, each laid and calibrated like that of the models."""
    document = reference_document()
    site = next(one for one in document["site"] if one["id"] == LAYOUT.site)
    (lane,) = site["lane"]
    lanes = [lane | {"number": number + 1} for number in range(LANES)]
    sites = [site | {"id": name, "chainage_km": float(row), "lane": lanes} for row, name in enumerate(site_names())]
    return {"corridor": document["corridor"], "site": sites}


def site_names() -> list[str]:
    """The sites' ids."""
    return [f"M-K{row:03d}" for row in range(SITES)]


def first_lane() -> tuple[Site, Lane]:
    """A lane of that registry, to make a meter of."""
    site = parse_network(registry_document(), "benchmark").sites[site_names()[0]]
    return site, site.lanes[1]


def messages(made: list[bytes], count: int) -> Iterator[tuple[bytes, bytes]]:
    """Key and value of `count` frames in the order of their times, lane after lane in turn."""
    names = [name.encode() for name in site_names()]
    for number in range(count):
        sequence, lane = divmod(number, SITES * LANES)
        name = names[lane // LANES]
        yield name, _named(made[number % len(made)], name, lane % LANES + 1, sequence, START_NS + number * _EVERY_NS)


def number_of(site: str, lane: int, sequence: int) -> int:
    """Which of the messages a frame came from."""
    return sequence * SITES * LANES + site_names().index(site) * LANES + lane - 1


def _named(model: bytes, site: bytes, lane: int, sequence: int, start_ns: int) -> bytes:
    """The frame as another lane would have sent it."""
    message = bytearray(model)
    struct.pack_into("<Iq", message, 12, sequence, start_ns)
    struct.pack_into("<16sB", message, 32, site, lane)
    struct.pack_into("<I", message, 8, zlib.crc32(memoryview(message)[12:]))
    return bytes(message)
