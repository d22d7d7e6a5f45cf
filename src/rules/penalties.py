"""What the law's table makes of an excess: an indication for people, never a decision."""

from __future__ import annotations

from dataclasses import dataclass

from rules.ruleset import DimensionFine, Penalty


@dataclass(frozen=True, slots=True)
class FineRange:
    """From … to, in yuan."""

    low_yuan: int
    high_yuan: int


def mass_fine_yuan(excess_kg: int, penalty: Penalty) -> int:
    """Yuan for an excess of gross weight: only whole steps count, nothing up to the free mass (Order 62 Art. 43)."""
    if excess_kg <= penalty.free_kg:
        return 0
    return min(excess_kg // penalty.step_kg * penalty.yuan_per_step, penalty.most_yuan)


def dimension_fine(length_mm: int, width_mm: int, height_mm: int, penalty: Penalty) -> FineRange | None:
    """The range for a vehicle that is over a dimension: the first band in which all three fit; None without bands."""
    for band in penalty.dimension:
        if _fits(length_mm, band.length_mm) and _fits(width_mm, band.width_mm) and _fits(height_mm, band.height_mm):
            return _range(band)
    return None


def _fits(value_mm: int, bound_mm: int | None) -> bool:
    return bound_mm is None or value_mm <= bound_mm


def _range(band: DimensionFine) -> FineRange:
    return FineRange(band.low_yuan, band.high_yuan)
