"""What a certain plate brings along: permit, exemption, registration, watch list, open case."""

import numpy as np

from rules.kernels.arrays import NO_ROW, Plates
from rules.kernels.lookup import find
from wim.kernels.jit import Record, kernel
from wim.kernels.validity import lacks_plate

ANY_COLOUR = 255


@kernel
def is_certain(passage: Record, certain_from: int) -> bool:
    """Whether the plate stands for its vehicle: read whole, and at the confidence asked for where the unit says one."""
    if lacks_plate(passage):
        return False
    return passage.plate_confidence == 0 or passage.plate_confidence >= certain_from


@kernel
def find_papers(passage: Record, plates: Plates, verdict: Record) -> None:
    """Write plate_certain, plate, vehicle, exemption, watch and open_case of `verdict`."""
    verdict.plate = verdict.vehicle = verdict.exemption = verdict.watch = NO_ROW
    verdict.open_case = 0
    verdict.plate_certain = is_certain(passage, plates.certain_from)
    if not verdict.plate_certain or plates.plates.shape[0] == 0:
        return
    row = find(plates.slots, plates.plates, passage.plate[0], passage.plate[1])
    if row < 0:
        return
    verdict.plate = row
    plate = plates.plates[row]
    verdict.open_case = plate.open_case
    verdict.exemption = in_period(plates.exemptions, plate.exempt_begin, plate.exempt_end, passage.time_ns)
    verdict.watch = in_period(plates.watches, plate.watch_begin, plate.watch_end, passage.time_ns)
    for vehicle in range(plate.vehicle_begin, plate.vehicle_end):
        if is_colour(plates.vehicles[vehicle].colour, passage.plate_colour):
            verdict.vehicle = vehicle


@kernel
def is_colour(registered: int, seen: int) -> bool:
    """Whether the colours agree where both are known."""
    return registered == ANY_COLOUR or seen == ANY_COLOUR or registered == seen


@kernel
def in_period(periods: Record, begin: int, end: int, time_ns: int) -> int:
    """The last of the rows begin … end whose period holds `time_ns`, or -1."""
    found = NO_ROW
    for row in range(begin, end):
        if periods[row].from_ns <= time_ns < periods[row].until_ns:
            found = row
    return found


@kernel
def judge_permit(passage: Record, plates: Plates, verdict: Record) -> None:
    """Write `permit` (the one that covers this crossing) and `permit_exceeded` (there is one, but none covers)."""
    verdict.permit = NO_ROW
    verdict.permit_exceeded = 0
    if verdict.plate < 0:
        return
    plate = plates.plates[verdict.plate]
    for row in range(plate.permit_begin, plate.permit_end):
        if covers(passage, plates, row, verdict.corridor, np.int64(verdict.thousandths)):
            verdict.permit = row
            return
    verdict.permit_exceeded = plate.permit_end > plate.permit_begin


@kernel
def covers(passage: Record, plates: Plates, row: int, corridor: int, thousandths: int) -> bool:
    """Whether this permit fits time, corridor and, with the site's tolerance, weight."""
    permit = plates.permits[row]
    if not permit.from_ns <= passage.time_ns < permit.until_ns:
        return False
    if np.int64(passage.gross_kg) * 100_000 > permit.gross_kg * (100_000 + thousandths):
        return False
    if permit.corridor_begin == permit.corridor_end:
        return True
    for index in range(permit.corridor_begin, permit.corridor_end):
        if plates.permit_corridors[index] == corridor:
            return True
    return False
