"""Taking back what was judged too well: the past of a downgrade, from its last good time on.

Three things are taken back, each exactly once: the trucks leave the net figures (`excluded` says SITE_DOUBTED), the
violations are listed, and each of them is told anew under its next version, as judging it under the doubt says. The
cases lane files that version like any other, so an intercept whose best evidence it was is told as well; what to do
about it stays with people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from rules.doubts import zone_left
from rules.screen import Zone
from service import messages
from service.docket.arrivals import GRADES
from service.lanes.work import Message
from service.messages import Violation, encode, headers_of, plate_key, site_source, traceparent
from service.messages.vocabulary import Grade as GradeWord
from service.messages.vocabulary import Zone as ZoneWord
from service.store import downgrades, exclusions, rates, tally, violations, watches
from service.store.downgrades import EVERY_LANE, Downgrade
from service.store.spans import HOUR_S
from service.store.tally import Series, Tally
from service.store.watches import HourRow
from service.topics import VIOLATIONS
from service.watch import rows
from service.watch.rows import KEPT, Rows
from wim.records import Flag, Grade

#: Hours that one transaction recounts: a day of a lane's cells are some thousand rows.
HOURS = 24

#: How `rates` names the exclusion.
EXCLUDED = Flag.SITE_DOUBTED.bit_length()

_DOUBTED = Flag.SITE_DOUBTED.name
_ZONES = {ZoneWord.SILENT: Zone.SILENT, ZoneWord.WATCH: Zone.WATCH, ZoneWord.INTERCEPT: Zone.INTERCEPT}


def recall(conn: Connection, downgrade: Downgrade, now_ns: int, hours: int = HOURS) -> bool:
    """Take back some of the past; True once it is all done. All batches that waited must have been seen before.

    Raises `FencedError` where another watch is at it.
    """
    end_ns = now_ns if downgrade.until_ns is None else downgrade.until_ns
    first_s = watches.next_hour(conn, downgrade.site, downgrade.recalled_s) if downgrade.grade <= Grade.COUNT else None
    if first_s is None or first_s * 10**9 >= end_ns:
        downgrades.list_recalls(conn, downgrade, now_ns)
        downgrades.recalled_to(conn, downgrade, downgrade.recalled_s, whole=True)
        return True
    next_s = first_s + hours * HOUR_S
    exclusions.hold(conn)
    lane = None if downgrade.lane == EVERY_LANE else downgrade.lane
    _recount(conn, watches.hours_of(conn, downgrade.site, lane, first_s, next_s), downgrade, now_ns)
    downgrades.recalled_to(conn, downgrade, next_s, whole=False)
    return False


def _recount(conn: Connection, hours: Sequence[HourRow], downgrade: Downgrade, now_ns: int) -> None:
    out = exclusions.standing_at(conn, downgrade.site, hours[0].hour_s * 10**9, _end_ns(hours)) if hours else set()
    changed: list[HourRow] = []
    cells: list[Rows] = [np.zeros(0, rows.CHANGE)]
    series: list[Series] = []
    for row in hours:
        trucks = np.frombuffer(row.trucks, KEPT).copy()
        moved = _moved(trucks, downgrade) & ~np.isin(trucks["time_ns"], [at for lane, at in out if lane == row.lane])
        if not moved.any():
            continue
        number = len(series)
        series.append(tally.decode(row.named, b"").series[0])
        cells.append(rows.cells_of(trucks[moved], number, row.hour_s, 0, -1))
        cells.append(rows.cells_of(trucks[moved], number, row.hour_s, EXCLUDED, 1))
        trucks["excluded"][moved] = EXCLUDED
        changed.append(row._replace(version=row.version + 1, trucks=trucks.tobytes()))
    rates.correct(conn, Tally(tuple(series), np.concatenate(cells)), now_ns // 10**9)
    watches.save_hours(conn, changed)


def _end_ns(hours: Sequence[HourRow]) -> int:
    return (hours[-1].hour_s + HOUR_S) * 10**9


def _moved(trucks: Rows, downgrade: Downgrade) -> npt.NDArray[np.bool_]:
    """Which of KEPT (n,) leave the net figures: those of the span that nothing else has left out, shape (n,)."""
    inside: npt.NDArray[np.bool_] = (trucks["excluded"] == 0) & (trucks["time_ns"] >= downgrade.from_ns)
    return inside if downgrade.until_ns is None else inside & (trucks["time_ns"] < downgrade.until_ns)


@dataclass(frozen=True, slots=True)
class Pending:
    """Violations that are listed and not told yet, as they are kept, and the grade that is left of each."""

    violations: Mapping[str, Violation]
    left: Mapping[str, int]

    def told_anew(self) -> tuple[list[Message], list[str]]:
        """The next version of each, and the ids of those that were judged so from the start."""
        told, untouched = [], []
        for passage, violation in self.violations.items():
            if _DOUBTED not in violation.flags or _graded(violation) > self.left[passage]:
                told.append(_message(doubted(violation, self.left[passage])))
            elif violation.version == 1:
                untouched.append(passage)
        return told, untouched


def pending(conn: Connection, limit: int) -> Pending:
    """Up to `limit` of what is listed, the oldest first."""
    whose = downgrades.unsent(conn, limit)
    if not whose:
        return Pending({}, {})
    by_id = downgrades.get(conn, [one for listed in whose.values() for one in listed])
    found = violations.documents(conn, whose)
    return Pending(
        {passage: messages.decode(Violation, found[passage].encode()) for passage in whose if passage in found},
        {passage: min(by_id[one].grade for one in listed) for passage, listed in whose.items()},
    )


def doubted(violation: Violation, grade: int) -> Violation:
    """The violation as judging it under a doubt that leaves `grade` would have said, in its next version."""
    left = min(grade, _graded(violation))
    zone = zone_left(_ZONES.get(violation.zone, Zone.WATCH), left, violation.hundred_tonne)
    flags = _with_doubt(violation.flags)
    return msgspec.structs.replace(
        violation,
        version=violation.version + 1,
        passage=msgspec.structs.replace(violation.passage, flags=flags),
        grade=GradeWord(Grade(left).name.lower()),
        flags=flags,
        zone=ZoneWord(Zone(zone).name.lower()),
        evidence=False,
        proposal=False,
    )


def _graded(violation: Violation) -> int:
    """The grade as the rules number it; a word of a later release proves nothing."""
    return GRADES.get(violation.grade, Grade.REJECT)


def _with_doubt(flags: Sequence[str]) -> list[str]:
    """The names with SITE_DOUBTED in its place; an unknown name of a later release stays last."""
    order = {flag.name: flag.bit_length() for flag in Flag}
    return sorted({*flags, str(_DOUBTED)}, key=lambda name: order.get(name, len(order) + 1))


def _message(violation: Violation) -> Message:
    passage = violation.passage
    trace = traceparent(violation.id, "watch")
    source = site_source(passage.site)
    headers = headers_of(violation.id, violation.version, violation.time, violation.schema, source, trace)
    key = plate_key(passage.plate, passage.site, passage.lane)
    return Message(VIOLATIONS, key, encode(violation), headers)
