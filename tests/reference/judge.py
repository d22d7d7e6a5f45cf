"""`decision.md` once more, one passage at a time, in plain Python: what the kernel is checked against.

It reads the files' own objects (rule sets, sites, papers), not the arrays that were compiled from them.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from rules.doubts import Doubt, left_by
from rules.permits import PlateRegister
from rules.ruleset import GroupRow, LimitRow, RuleSetFile, Severity
from wim.records import Flag
from wim.sites import Network, Site

TO_COUNT = (
    Flag.SUM_MISMATCH
    | Flag.SIDES_COPIED
    | Flag.SPACING_IMPLAUSIBLE
    | Flag.STRADDLING
    | Flag.AXLE_UNCERTAIN
    | Flag.TAILGATING
    | Flag.STOPPED
    | Flag.SITE_DOUBTED
    | Flag.SITE_UNKNOWN
)
TO_INTERCEPT = (
    Flag.AXLE_ONLY
    | Flag.SIDES_UNEQUAL
    | Flag.AXLE_IMPLAUSIBLE
    | Flag.SPEED_RANGE
    | Flag.ACCELERATING
    | Flag.STRIP_FAULT
    | Flag.CLOCK_UNLOCKED
    | Flag.CERTIFICATE
    | Flag.NO_PLATE
)


@dataclass
class World:
    """What a verdict depends on; `network` None is the neutral site."""

    rule_sets: tuple[RuleSetFile, ...]
    network: Network | None
    register: PlateRegister
    fixed: str | None = None
    thousandths: int = 5000
    truck_from_kg: int = 4500
    certain_from: int = 80
    doubts: tuple[Doubt, ...] = ()


def judge(passage: np.void, world: World) -> dict[str, Any]:
    """The verdict of one passage, by field names of VERDICT; names instead of rows."""
    site = world.network.sites.get(text(passage["site"])) if world.network else None
    flags = validity(passage, world, site)
    rule_set = rule_set_at(world, int(passage["time_ns"]))
    groups = find_groups(passage, rule_set or world.rule_sets[0])
    if max(groups) > 3:
        flags |= Flag.AXLE_UNCERTAIN
    grade = grade_of(passage, flags)
    if site is not None:
        left = left_by(world.doubts, site.id, int(passage["lane"]), int(passage["time_ns"]))
        grade, flags = min(grade, left), flags | (Flag.SITE_DOUBTED if left < 3 else Flag(0))
    papers = papers_of(passage, world)
    verdict: dict[str, Any] = {"flags": int(flags), "grade": grade, "groups": groups}
    verdict |= overload(passage, world, site, rule_set, groups, papers)
    gross = int(passage["gross_kg"])
    thousandths = tolerance(world, site, int(passage["time_ns"]))
    corridor = site.corridor if site else None
    covered = [p for p in papers["permits"] if covers(p, passage, corridor, thousandths or 5000, gross)]
    verdict["permit"] = covered[0].number if covered else None
    verdict["permit_exceeded"] = bool(papers["permits"]) and not covered
    verdict["hundred_tonne"] = rule_set is not None and gross >= rule_set.hundred_tonne.from_kg and not covered
    if verdict["over"] and verdict["hundred_tonne"]:
        verdict["band"] = 7
    verdict["exempt"] = bool(papers["exempt"])
    confidence = (rule_set or world.rule_sets[0]).confidence
    verdict["zone"] = zone_of(verdict, confidence.intercept_z)
    sure = verdict["z"] >= confidence.evidence_z and papers["certain"]
    verdict["proposal"] = sure and is_proposal(passage, verdict, site, thousandths)
    verdict["evidence"] = verdict["proposal"] and not flags & Flag.SIMULATED
    return verdict


def text(value: bytes) -> str:
    return bytes(value).rstrip(b"\0").decode()


def wheels(passage: np.void) -> list[tuple[int, int]]:
    count = int(passage["axle_count"])
    return list(zip(passage["left_kg"][:count].tolist(), passage["right_kg"][:count].tolist(), strict=True))


def spacings(passage: np.void) -> list[int]:
    return [int(value) for value in passage["spacing_mm"][: int(passage["axle_count"]) - 1]]


def validity(passage: np.void, world: World, site: Site | None) -> Flag:
    """Bits 0-8 and 10-19: the given ones and what the table of contracts §3 sets."""
    flags = Flag(int(passage["flags"]))
    gross, axles = int(passage["gross_kg"]), wheels(passage)
    left, right = sum(a for a, _ in axles), sum(b for _, b in axles)
    if right == 0:
        flags |= Flag.AXLE_ONLY
    if 1000 * abs(gross - left - right) > max(10_000 * len(axles), 2 * gross):
        flags |= Flag.SUM_MISMATCH
    if not flags & Flag.AXLE_ONLY:
        if len(axles) >= 2 and all(a == b for a, b in axles):
            flags |= Flag.SIDES_COPIED
        if 10 * abs(left - right) > 3 * gross:
            flags |= Flag.SIDES_UNEQUAL
    gaps, length = spacings(passage), int(passage["length_mm"])
    if any(gap < 600 or gap > 15_000 for gap in gaps) or sum(gaps) > 26_000 or 0 < length < sum(gaps):
        flags |= Flag.SPACING_IMPLAUSIBLE
    if any(a + b == 0 or a + b > 40_000 for a, b in axles):
        flags |= Flag.AXLE_IMPLAUSIBLE
    if len(axles) > 9 or length > 26_000:
        flags |= Flag.TAILGATING
    if len(axles) == 1:
        flags |= Flag.AXLE_COUNT
    if abs(float(passage["acceleration_ms2"])) > 1.0:
        flags |= Flag.ACCELERATING
    if len(text(passage["plate"])) <= 5:
        flags |= Flag.NO_PLATE
    if int(passage["source"]) == 4:
        flags |= Flag.SIMULATED
    return flags | site_flags(passage, world, site)


def site_flags(passage: np.void, world: World, site: Site | None) -> Flag:
    flags = Flag(0)
    slowest, fastest = 0.5, 100.0
    if world.network is not None:
        certificate = site.certificate_at(int(passage["time_ns"])) if site else None
        if certificate is None:
            flags |= Flag.CERTIFICATE
        else:
            slowest, fastest = certificate.speed_kmh
        if site is None or int(passage["lane"]) not in site.lanes:
            flags |= Flag.SITE_UNKNOWN
    speed = float(passage["speed_kmh"])
    if math.isnan(speed) or speed < float(np.float32(slowest)) or speed > float(np.float32(fastest)):
        flags |= Flag.SPEED_RANGE
    return flags


def grade_of(passage: np.void, flags: Flag) -> int:
    if flags & Flag.AXLE_COUNT or any(a + b == 0 for a, b in wheels(passage)):
        return 0
    if flags & TO_COUNT:
        return 1
    return 2 if flags & TO_INTERCEPT else 3


def rule_set_at(world: World, time_ns: int) -> RuleSetFile | None:
    if world.fixed:
        return next(r for r in world.rule_sets if r.id == world.fixed)
    found = [r for r in world.rule_sets if r.in_force and r.from_ns <= time_ns < r.until_ns]
    return max(found, key=lambda r: r.from_ns) if found else None


def find_groups(passage: np.void, rule_set: RuleSetFile) -> list[int]:
    groups = [1]
    for place, gap in enumerate(spacings(passage)):
        limit = rule_set.groups.first_pair_mm if place == 0 else rule_set.groups.pair_mm
        if gap < limit:
            groups[-1] += 1
        else:
            groups.append(1)
    return groups


def papers_of(passage: np.void, world: World) -> dict[str, Any]:
    plate, confidence = text(passage["plate"]), int(passage["plate_confidence"])
    time_ns, colour = int(passage["time_ns"]), int(passage["plate_colour"])
    certain = len(plate) > 5 and (confidence == 0 or confidence >= world.certain_from)
    if not certain:
        return {"certain": False, "permits": [], "exempt": [], "vehicle": None}
    register = world.register
    vehicles = [
        v for v in register.vehicles if v.plate == plate and (v.colour is None or colour == 255 or v.colour == colour)
    ]
    return {
        "certain": True,
        "permits": [p for p in register.permits if p.plate == plate],
        "exempt": [e for e in register.exemptions if e.plate == plate and e.from_ns <= time_ns < e.until_ns],
        "vehicle": vehicles[-1] if vehicles else None,
    }


def tolerance(world: World, site: Site | None, time_ns: int) -> int | None:
    if world.network is None:
        return world.thousandths
    entries = [t for t in site.tolerances if t.from_ns <= time_ns] if site else []
    return max(entries, key=lambda t: t.from_ns).thousandths if entries else None


def covers(permit: Any, passage: np.void, corridor: str | None, thousandths: int, gross: int) -> bool:
    in_time = permit.from_ns <= int(passage["time_ns"]) < permit.until_ns
    on_road = not permit.corridors or corridor in permit.corridors
    return in_time and on_road and gross * 100_000 <= permit.gross_kg * (100_000 + thousandths)


def overload(
    passage: np.void,
    world: World,
    site: Site | None,
    rule_set: RuleSetFile | None,
    groups: list[int],
    papers: dict[str, Any],
) -> dict[str, Any]:
    gross = int(passage["gross_kg"])
    truck = gross >= world.truck_from_kg
    nothing: dict[str, Any] = {
        "truck": truck,
        "rule_set": rule_set.id if rule_set else None,
        "limit": None,
        "low_kg": 0,
        "high_kg": 0,
        "excess_kg": 0,
        "rate_hundredths": 0,
        "over": False,
        "beyond_tolerance": False,
        "severity": 0,
        "band": 0,
        "z": math.nan,
        "p_over": math.nan,
        "over_dimensions": dimensions(passage, rule_set) if rule_set else 0,
        "group_limits": group_limits(passage, rule_set or world.rule_sets[0], groups),
    }
    row = limit_row(passage, rule_set, groups, papers["vehicle"]) if rule_set else None
    if row is None or rule_set is None:
        return nothing
    low, high = interval(row, papers["vehicle"])
    deduction = rule_set.deduction.single_tyre_kg * single_tyred(passage, groups)
    low, high = low - deduction, high - deduction
    excess = gross - high
    z = excess / (sigma_of(passage, world, site) * gross) if gross else -math.inf
    thousandths = tolerance(world, site, int(passage["time_ns"])) or 0
    if tolerance(world, site, int(passage["time_ns"])) is None:
        thousandths = 5000
    over = truck and excess > 0
    return nothing | {
        "limit": row.id,
        "low_kg": low,
        "high_kg": high,
        "excess_kg": excess,
        "rate_hundredths": math.floor(Fraction(10_000 * excess, high) + Fraction(1, 2)),
        "over": over,
        "beyond_tolerance": over and gross * 100_000 > high * (100_000 + thousandths),
        "severity": severity(excess, high, rule_set.severity) if over else 0,
        "band": band(excess, high) if over else 0,
        "z": z,
        "p_over": statistics.NormalDist().cdf(z),
    }


def limit_row(passage: np.void, rule_set: RuleSetFile, groups: list[int], vehicle: Any) -> LimitRow | None:
    axles = sum(groups)
    pattern = "-".join(map(str, groups))
    if vehicle is not None and vehicle.axles and sum(map(int, vehicle.axles.split("-"))) == axles:
        pattern = vehicle.axles
    last = spacings(passage)[-1] if axles > 1 else 0
    for row in rule_set.limit:
        least, most = row.axle_range
        if least <= axles <= most and last >= row.last_spacing_from_mm and pattern in (row.patterns or (pattern,)):
            return row
    return None


def interval(row: LimitRow, vehicle: Any) -> tuple[int, int]:
    low, high = row.low_kg, row.high_kg
    if vehicle is None:
        return low, high
    if row.narrow_by == "air_suspension" and vehicle.air_suspension is not None:
        return (high, high) if vehicle.air_suspension else (low, low)
    if row.narrow_by == "drive_axles" and vehicle.drive_axles:
        return (high, high) if vehicle.drive_axles > 1 else (low, low)
    if row.narrow_by == "rated_mass" and vehicle.rated_kg:
        return min(low, vehicle.rated_kg), min(high, vehicle.rated_kg)
    return low, high


def single_tyred(passage: np.void, groups: list[int]) -> int:
    behind = sum(groups[:2])
    return sum((int(passage["tyres"]) >> (2 * axle)) & 3 == 1 for axle in range(behind, sum(groups)))


def sigma_of(passage: np.void, world: World, site: Site | None) -> float:
    own = float(passage["gross_sigma"])
    if math.isfinite(own) and 0 < own <= 0.3001:
        return own
    certificate = site.certificate_at(int(passage["time_ns"])) if site else None
    return (certificate.class_percent if certificate else 5.0) / 257.58


def severity(excess: int, limit: int, steps: Severity) -> int:
    if excess <= steps.light_kg:
        return 1
    rate = Fraction(100 * excess, limit)
    return 2 + sum(rate >= bound for bound in steps.from_percent)


def band(excess: int, limit: int) -> int:
    rate = Fraction(100 * excess, limit)
    return 6 if rate >= 100 else 1 + sum(rate > bound for bound in (10, 20, 30, 50))


def dimensions(passage: np.void, rule_set: RuleSetFile) -> int:
    most = rule_set.dimensions
    return (
        (int(passage["length_mm"]) > most.length_mm)
        + 2 * (int(passage["width_mm"]) > most.width_mm)
        + 4 * (int(passage["height_mm"]) > most.height_mm)
    )


def group_limits(passage: np.void, rule_set: RuleSetFile, groups: list[int]) -> list[tuple[int, int, int]]:
    """Load, low and high limit of each group; 0 where its kind has none."""
    gaps, loads, first, found = spacings(passage), [a + b for a, b in wheels(passage)], 0, []
    for size in groups:
        inner = gaps[first : first + size - 1] or [0]
        low, high = kind(rule_set, size, min(inner)), kind(rule_set, size, max(inner))
        load = sum(loads[first : first + size])
        found.append((load, low.low_kg if low else 0, high.high_kg if high else 0))
        first += size
    return found


def kind(rule_set: RuleSetFile, size: int, gap: int) -> GroupRow | None:
    for row in rule_set.group:
        below = row.spacing_below_mm
        if row.axles == size and gap >= row.spacing_from_mm and (below is None or gap < below):
            return row
    return None


def zone_of(verdict: dict[str, Any], intercept_z: float) -> int:
    if verdict["permit"] or verdict["exempt"] or verdict["grade"] == 0:
        return 0
    sure = verdict["grade"] >= 2 and verdict["beyond_tolerance"] and verdict["z"] >= intercept_z
    if verdict["hundred_tonne"] or sure:
        return 2
    return 1 if verdict["over"] else 0


def is_proposal(passage: np.void, verdict: dict[str, Any], site: Site | None, thousandths: int | None) -> bool:
    if site is None or thousandths is None:
        return False
    time_ns = int(passage["time_ns"])
    return (
        verdict["zone"] == 2
        and verdict["grade"] == 3
        and site.certificate_at(time_ns) is not None
        and site.approval_at(time_ns) is not None
    )
