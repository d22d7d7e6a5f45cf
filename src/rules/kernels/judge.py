"""From a batch of passages to a batch of verdicts: `decision.md`, in its order.

Whatever decides is compared in integers or on z, never on a rounded value, so that the verdict is the same everywhere.
"""

import math

import numpy as np
import numpy.typing as npt

from rules.kernels.arrays import INTERCEPT_ZONE, NO_ROW, SILENT, WATCH, Law, Plates, Terms
from rules.kernels.groups import LARGEST_GROUP, find_groups, limit_groups
from rules.kernels.limits import limit_row, narrowed, rule_set_at, single_tyred
from rules.kernels.papers import find_papers, judge_permit
from rules.kernels.terms import choose_sigma, doubted_to, find_terms, find_tolerance, is_approved, speed_range
from wim.kernels.jit import Record, kernel
from wim.kernels.validity import (
    AXLE_UNCERTAIN,
    COUNT,
    EVIDENCE,
    REJECT,
    SIMULATED,
    SITE_DOUBTED,
    grade,
    has_empty_axle,
    load_flags,
    motion_flags,
    shape_flags,
    source_flags,
)

#: What "lower 95 % bound" means: a one-sided quantile of the normal distribution. It decides nothing.
Z_95 = 1.6448536269514722
_SQRT_2 = math.sqrt(2.0)


@kernel
def judge(
    passages: npt.NDArray[np.void], law: Law, terms: Terms, plates: Plates, verdicts: npt.NDArray[np.void]
) -> None:
    """Judge PASSAGE_WORDS, shape (n,), into VERDICT, shape (n,), every field of which is written."""
    for index in range(passages.shape[0]):
        judge_one(passages[index], law, terms, plates, verdicts[index])


@kernel
def judge_one(passage: Record, law: Law, terms: Terms, plates: Plates, verdict: Record) -> None:
    """Judge one passage into one verdict."""
    flags = np.int64(passage.flags) | load_flags(passage) | shape_flags(passage) | source_flags(passage)
    flags |= find_terms(passage, terms, verdict)
    tolerance_entered = find_tolerance(passage, terms, verdict)
    slowest, fastest = speed_range(terms, verdict)
    flags |= motion_flags(passage, slowest, fastest)
    choose_sigma(passage, verdict)
    find_papers(passage, plates, verdict)
    verdict.truck = passage.gross_kg >= law.truck_from_kg
    flags |= measure_against_law(passage, law, plates, verdict)
    # A doubt of ours says what grade it leaves; of one that came with the record nobody said, so it counts only.
    doubted = doubted_to(passage, terms, verdict)
    verdict.grade = min(grade(flags, has_empty_axle(passage)), doubted)
    if doubted < EVIDENCE:
        flags |= SITE_DOUBTED
    verdict.flags = flags
    rule_set = law.rule_sets[max(0, verdict.rule_set)]
    weigh_up(passage, rule_set, verdict)
    judge_permit(passage, plates, verdict)
    heavy = verdict.rule_set >= 0 and passage.gross_kg >= rule_set.hundred_tonne_kg
    verdict.hundred_tonne = heavy and verdict.permit < 0
    if verdict.band > 0 and verdict.hundred_tonne:
        verdict.band = HUNDRED_TONNE_BAND
    choose_zone(rule_set, verdict)
    verdict.proposal = is_proposal(passage, terms, rule_set, tolerance_entered, verdict)
    verdict.evidence = verdict.proposal and not flags & SIMULATED


@kernel
def is_proposal(passage: Record, terms: Terms, rule_set: Record, tolerance_entered: bool, verdict: Record) -> bool:
    """Whether a person is to review the record as evidence (decision §6), were it no simulated one."""
    return (
        verdict.zone == INTERCEPT_ZONE
        and verdict.grade == EVIDENCE
        and verdict.z >= rule_set.evidence_z
        and verdict.certificate >= 0
        and tolerance_entered
        and is_approved(passage, terms, verdict)
        and verdict.plate_certain
    )


#: 百噸王 are counted apart from the other bands.
HUNDRED_TONNE_BAND = 7


@kernel
def measure_against_law(passage: Record, law: Law, plates: Plates, verdict: Record) -> int:
    """Write rule_set, groups, pattern, limit, low_kg, high_kg and over_dimensions; return AXLE_UNCERTAIN or 0."""
    verdict.rule_set = rule_set_at(law, passage.time_ns)
    verdict.limit = NO_ROW
    verdict.low_kg = verdict.high_kg = 0
    verdict.over_dimensions = 0
    # Groups and pattern are found even where no rule set judges: by the first one's distances.
    rule_set = law.rule_sets[max(0, verdict.rule_set)]
    largest = find_groups(passage, rule_set.first_pair_mm, rule_set.pair_mm, verdict)
    limit_groups(passage, law, rule_set, verdict)
    if verdict.rule_set >= 0:
        choose_limit(passage, law, rule_set, plates, verdict)
        verdict.over_dimensions = dimensions_over(passage, rule_set)
    return AXLE_UNCERTAIN if largest > LARGEST_GROUP else 0


@kernel
def choose_limit(passage: Record, law: Law, rule_set: Record, plates: Plates, verdict: Record) -> None:
    """Write limit, low_kg and high_kg of `verdict`."""
    axles = np.int64(passage.axle_count)
    pattern = verdict.pattern
    if verdict.vehicle >= 0:
        vehicle = plates.vehicles[verdict.vehicle]
        # A registered configuration tells more than spacings, but only of the axles that stand on the road.
        if vehicle.axles == axles and vehicle.pattern != 0:
            pattern = vehicle.pattern
    last_spacing_mm = np.int64(passage.spacing_mm[axles - 2]) if axles >= 2 else 0
    row = limit_row(law, rule_set, axles, pattern, last_spacing_mm)
    verdict.limit = row
    if row < 0:
        return
    low, high = np.int64(law.limits[row].low_kg), np.int64(law.limits[row].high_kg)
    if verdict.vehicle >= 0:
        low, high = narrowed(law.limits[row], plates.vehicles[verdict.vehicle])
    deduction = np.int64(rule_set.single_tyre_kg) * single_tyred(passage, verdict)
    verdict.low_kg = low - deduction
    verdict.high_kg = high - deduction


@kernel
def dimensions_over(passage: Record, rule_set: Record) -> int:
    """Bit 0 too long, 1 too wide, 2 too high."""
    over = 0
    if passage.length_mm > rule_set.length_mm:
        over |= 1
    if passage.width_mm > rule_set.width_mm:
        over |= 2
    if passage.height_mm > rule_set.height_mm:
        over |= 4
    return over


@kernel
def weigh_up(passage: Record, rule_set: Record, verdict: Record) -> None:
    """Write excess, rate, z, p_over, over, beyond_tolerance, severity and band: only of trucks that have a limit."""
    verdict.excess_kg = verdict.rate_hundredths = 0
    verdict.excess_low_kg = 0
    verdict.z = verdict.p_over = np.nan
    verdict.over = verdict.beyond_tolerance = verdict.severity = verdict.band = 0
    limit = np.int64(verdict.high_kg)
    if verdict.limit < 0 or limit <= 0:
        return
    gross = np.int64(passage.gross_kg)
    excess = gross - limit
    verdict.excess_kg = excess
    # Hundredths of a percent, half up: floor(x + 1/2) in integers.
    verdict.rate_hundredths = (20_000 * excess + limit) // (2 * limit)
    spread = verdict.sigma * gross
    verdict.z = excess / spread if spread > 0 else -np.inf
    verdict.p_over = 0.5 * math.erfc(-verdict.z / _SQRT_2)
    verdict.excess_low_kg = np.int64(math.floor(excess - Z_95 * spread))
    if verdict.truck and excess > 0:
        verdict.over = 1
        verdict.beyond_tolerance = gross * 100_000 > limit * (100_000 + np.int64(verdict.thousandths))
        verdict.severity = severity_of(excess, limit, rule_set)
        verdict.band = band_of(excess, limit)


@kernel
def severity_of(excess_kg: int, limit_kg: int, rule_set: Record) -> int:
    """1 up to the light excess, then 2 … 6 by the rate (decision §4). `excess_kg` is above 0."""
    if excess_kg <= rule_set.light_kg:
        return 1
    rate = 100 * excess_kg
    if rate < rule_set.severity_3_percent * limit_kg:
        return 2
    if rate < rule_set.severity_4_percent * limit_kg:
        return 3
    if rate < rule_set.severity_5_percent * limit_kg:
        return 4
    return 5 if rate < rule_set.severity_6_percent * limit_kg else 6


@kernel
def band_of(excess_kg: int, limit_kg: int) -> int:
    """1 … 6 for (0, 10], (10, 20], (20, 30], (30, 50], (50, 100), [100, oo) percent. `excess_kg` is above 0.

    The edges are names of columns and metrics (decision §4), so no table can move them.
    """
    rate = 100 * excess_kg
    if rate <= 10 * limit_kg:
        return 1
    if rate <= 20 * limit_kg:
        return 2
    if rate <= 30 * limit_kg:
        return 3
    if rate <= 50 * limit_kg:
        return 4
    return 5 if rate < 100 * limit_kg else 6


@kernel
def choose_zone(rule_set: Record, verdict: Record) -> None:
    """Write `zone` (decision §6)."""
    verdict.zone = SILENT
    if verdict.permit >= 0 or verdict.exemption >= 0 or verdict.grade == REJECT:
        return
    sure = verdict.grade > COUNT and verdict.beyond_tolerance and verdict.z >= rule_set.intercept_z
    if verdict.hundred_tonne or sure:
        verdict.zone = INTERCEPT_ZONE
    elif verdict.over:
        verdict.zone = WATCH
