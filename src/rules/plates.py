"""Permits, exemptions, registrations and the watch list by plate, laid out for the judging kernel."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

import numpy as np

from rules.kernels.arrays import PERIOD, PERMIT, PLATE, VEHICLE, Plates
from rules.layout import ranges, slots_for, text_words
from rules.patterns import parse_pattern, pattern_word
from rules.permits import Exemption, Permit, PlateRegister, Vehicle, Watch

#: Decision §8: below this confidence a plate does not stand for its vehicle; a region may set another in its policy.
CERTAIN_FROM = 80
_ANY_COLOUR = 255
_NO_CORRIDOR = -2

Paper = TypeVar("Paper", Permit, Vehicle, Exemption, Watch)


def no_plates(certain_from: int = CERTAIN_FROM) -> Plates:
    """Nobody has papers."""
    return compile_plates(PlateRegister((), (), (), ()), {}, certain_from=certain_from)


def compile_plates(
    register: PlateRegister,
    corridors: Mapping[str, int],
    open_cases: Collection[str] = (),
    certain_from: int = CERTAIN_FROM,
) -> Plates:
    """Lay out `register`; `corridors` gives each corridor's row, `open_cases` the plates whose trip is followed."""
    permits, vehicles = _by_plate(register.permits), _by_plate(register.vehicles)
    exempt, watched = _by_plate(register.exemptions), _by_plate(register.watches)
    plates = sorted({*permits, *vehicles, *exempt, *watched, *open_cases})
    rows = np.zeros(len(plates), PLATE)
    for row, plate in zip(rows, plates, strict=True):
        row["word0"], row["word1"] = text_words(plate)
        row["open_case"] = plate in open_cases
    permit_rows = ranges(rows, "permit", [[_permit(p) for p in permits.get(plate, ())] for plate in plates], PERMIT)
    places = [
        [corridors.get(name, _NO_CORRIDOR) for name in permit.corridors]
        for plate in plates
        for permit in permits.get(plate, ())
    ]
    return Plates(
        slots=slots_for(rows),
        plates=rows,
        permits=permit_rows,
        permit_corridors=ranges(permit_rows, "corridor", places, np.dtype(np.int32)),
        vehicles=ranges(rows, "vehicle", [[_vehicle(v) for v in vehicles.get(plate, ())] for plate in plates], VEHICLE),
        exemptions=ranges(
            rows, "exempt", [[(e.from_ns, e.until_ns) for e in exempt.get(plate, ())] for plate in plates], PERIOD
        ),
        watches=ranges(rows, "watch", [[(0, w.until_ns) for w in watched.get(plate, ())] for plate in plates], PERIOD),
        certain_from=certain_from,
    )


def papers_in_order(papers: Iterable[Paper]) -> list[Paper]:
    """Papers in the order in which the kernel numbers them: by plate, then as they were given."""
    grouped = _by_plate(papers)
    return [paper for plate in sorted(grouped) for paper in grouped[plate]]


def _by_plate(papers: Iterable[Paper]) -> dict[str, list[Paper]]:
    grouped: dict[str, list[Paper]] = {}
    for paper in papers:
        grouped.setdefault(paper.plate, []).append(paper)
    return grouped


def _permit(permit: Permit) -> tuple[int, int, int, int, int]:
    return permit.from_ns, permit.until_ns, permit.gross_kg, 0, 0


def _vehicle(vehicle: Vehicle) -> tuple[int, int, int, int, int, int]:
    sizes = parse_pattern(vehicle.axles) if vehicle.axles else ()
    air = -1 if vehicle.air_suspension is None else int(vehicle.air_suspension)
    colour = _ANY_COLOUR if vehicle.colour is None else vehicle.colour
    return colour, pattern_word(sizes), sum(sizes), vehicle.drive_axles or 0, air, vehicle.rated_kg or 0
