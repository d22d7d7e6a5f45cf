"""How often a stranger is taken for a vehicle, and how often the vehicle itself is found, on a real record.

One site's record stands for two. Its first days are what the site knows; each violation of the days after is looked for
among all vehicles of the hours before, as if another site had seen them: none of them is it, unless a truck came by
twice, so what is matched is a stranger. Nobody has a plate. Then the vehicle itself is put among them, as another scale
would have seen it, and it is counted whether it is matched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from dispatch.fingerprint import (
    AXLE_SIGMA,
    SCALE_SIGMA,
    SPACING_MM_SIGMA,
    SPACING_SIGMA,
    Candidate,
    Crossing,
    Population,
    probable_match,
)
from dispatch.weighings import USUAL_SIGMA
from rules.plates import no_plates
from rules.ruleset import load_book
from rules.screen import Screen, Zone
from rules.terms import DEFAULT_THOUSANDTHS, neutral_terms
from wim.formats import open_passages
from wim.records import DAY_NS, HOUR_NS

Line = dict[str, Any]

#: The site knows what passed in so many days.
KNOWN_DAYS = 7
#: "A plain 2 % match" of dispatch.md §1.
PLAIN_PERCENT = 2.0

HERE, THERE = "here", "there"
SEED = 20_210_601


@dataclass(frozen=True)
class Kind:
    """The legible vehicles of one axle count: what the site knows, and the days after by rising time."""

    axles: int
    population: Population
    later: tuple[Crossing, ...]
    elsewhere: tuple[Crossing, ...]
    times_ns: np.ndarray[Any, np.dtype[np.int64]]
    violations: tuple[int, ...]

    def before(self, index: int, window_ns: tuple[int, int]) -> tuple[Crossing, ...]:
        """What passed elsewhere so long before one of them."""
        nearest, longest = window_ns
        first, end = np.searchsorted(self.times_ns, self.times_ns[index] - np.array([longest, nearest]))
        return self.elsewhere[first:end]


def read(path: Path, lanes: Sequence[int]) -> list[Kind]:
    """The record's vehicles on these lanes by axle count."""
    passages = np.concatenate([chunk.passages for chunk in open_passages(path)])
    passages = passages[np.isin(passages["lane"], lanes)]
    law = load_book(()).fixed("cn-2016").law
    zones = Screen(law, neutral_terms(DEFAULT_THOUSANDTHS), no_plates()).judge(passages)["zone"]
    violates = (zones == Zone.INTERCEPT) | (zones == Zone.WATCH)
    order = np.argsort(passages["time_ns"], kind="stable")
    rows = [(_crossing(passages[at], int(at)), bool(violates[at])) for at in order]
    known_until_ns = int(passages["time_ns"].min()) + KNOWN_DAYS * DAY_NS
    kinds = (_kind(axles, rows, known_until_ns) for axles in np.unique(passages["axle_count"]).tolist())
    return [kind for kind in kinds if kind.violations and kind.population.knows_enough]


def _crossing(passage: np.void, row: int) -> Crossing:
    axles = int(passage["axle_count"])
    loads = passage["left_kg"].astype(int) + passage["right_kg"]
    return Crossing(
        f"{row}",
        HERE,
        int(passage["time_ns"]),
        tuple(passage["spacing_mm"][: axles - 1].tolist()),
        tuple(loads[:axles].tolist()),
    )


def _kind(axles: int, rows: Sequence[tuple[Crossing, bool]], known_until_ns: int) -> Kind:
    fitting = [(one, violates) for one, violates in rows if one.legible and len(one.axles_kg) == axles]
    known = [one for one, _ in fitting if one.time_ns < known_until_ns]
    later = fitting[len(known) :]
    return Kind(
        axles,
        Population.of(known, axles),
        tuple(one for one, _ in later),
        tuple(replace(one, site=THERE) for one, _ in later),
        np.array([one.time_ns for one, _ in later], np.int64),
        tuple(index for index, (_, violates) in enumerate(later) if violates),
    )


@dataclass(slots=True)
class Count:
    """What became of the violations of one axle count."""

    violations: int = 0
    candidates: int = 0
    strangers: int = 0
    twins: int = 0
    found: int = 0
    wrong: int = 0


def count(kind: Kind, window_hours: tuple[float, float], every: int = 1) -> Count:
    """Strangers that are matched, twins that a plain comparison matches, and how often the vehicle itself is found.

    every: of the violations only each so-manieth, which the tests do.
    """
    random = np.random.default_rng([SEED, kind.axles])
    nearest, longest = (round(hours * HOUR_NS) for hours in window_hours)
    result = Count()
    for index in kind.violations[::every]:
        seen = kind.later[index]
        others = kind.before(index, (nearest, longest))
        itself = replace(_measured_again(seen, random), time_ns=seen.time_ns - nearest)
        stranger = _match(seen, others, kind)
        among = _match(seen, (*others, itself), kind)
        result.violations += 1
        result.candidates += len(others)
        result.strangers += stranger is not None
        result.twins += any(_plain(seen, other) for other in others)
        result.found += among == itself.passage
        result.wrong += among not in (None, itself.passage)
    return result


def _match(seen: Crossing, others: Sequence[Crossing], kind: Kind) -> str | None:
    match = probable_match(seen, [Candidate(other, 0.0) for other in others], kind.population)
    return match.earlier if match else None


def _plain(seen: Crossing, other: Crossing) -> bool:
    pairs = [*zip(seen.spacings_mm, other.spacings_mm, strict=True), (sum(seen.axles_kg), sum(other.axles_kg))]
    return all(abs(one - another) * 100 <= PLAIN_PERCENT * one for one, another in pairs)


def _measured_again(seen: Crossing, random: np.random.Generator) -> Crossing:
    """The vehicle as another scale sees it: both measurements are off, so the difference has twice the variance."""
    spacings, axles = np.array(seen.spacings_mm), np.array(seen.axles_kg)
    twice = np.sqrt(2)
    speed_scale, weight_scale = random.normal(0, (SCALE_SIGMA * twice, USUAL_SIGMA * twice))
    spacings = spacings * (1 + speed_scale + random.normal(0, SPACING_SIGMA * twice, len(spacings)))
    spacings = spacings + random.normal(0, SPACING_MM_SIGMA * twice, len(spacings))
    axles = axles * np.exp(weight_scale + random.normal(0, AXLE_SIGMA * twice, len(axles)))
    return Crossing("itself", THERE, seen.time_ns, _written(spacings), _written(axles))


def _written(values: npt.NDArray[np.float64]) -> tuple[int, ...]:
    """As a record has them: whole, and above nothing."""
    return tuple(int(value) for value in np.maximum(1, np.rint(values)))


def line(name: str, counts: Sequence[Count], most_percent: float | None) -> Line:
    """Counts of a scenario as it is printed; `met` where the false-merge rate is held."""
    total = {field: sum(getattr(one, field) for one in counts) for field in Count.__slots__}
    share = {field: round(100 * total[field] / max(1, total["violations"]), 2) for field in Count.__slots__[2:]}
    return {
        "scenario": name,
        "violations": total["violations"],
        "candidates_mean": round(total["candidates"] / max(1, total["violations"]), 1),
        "false_merge_percent": share["strangers"],
        "plain_2_percent_match_percent": share["twins"],
        "found_percent": share["found"],
        "wrong_beside_itself_percent": share["wrong"],
        "limit_percent": most_percent,
        "met": most_percent is None or share["strangers"] <= most_percent,
    }
