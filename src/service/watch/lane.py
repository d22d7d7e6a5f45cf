"""What watches one lane: its charts and the judge of its data, as the database keeps them, and what they have found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import msgspec
import numpy as np
import structlog

from service.store.spans import HOUR_S
from service.store.watches import DriftRow, WatchRow
from service.watch import rows
from service.watch.rows import Rows
from wim.authenticity import Authenticity
from wim.charts import Alarm, StateError
from wim.drift import TrafficDrift
from wim.kernels.observe import MADE_UP
from wim.line_drift import LineDrift
from wim.observations import OBSERVATION
from wim.records import HOUR_NS

log = structlog.get_logger(__name__)

DRIFT: Final = "drift"
AUTHENTICITY: Final = "authenticity"


@dataclass(frozen=True, slots=True)
class Finding:
    """A reason to doubt a lane: what found it, since when, and its figures."""

    source: str
    cause: str
    good_ns: int
    figures: dict[str, Any]


class LaneWatch:
    """The three watchers of a lane while a transaction holds them."""

    def __init__(self, row: WatchRow) -> None:
        self._row = row
        self.traffic = _restored(row, "traffic", TrafficDrift.restore) or TrafficDrift()
        self.authenticity = _restored(row, "authenticity", Authenticity.restore) or Authenticity()
        # How many lines a lane has is in the state's own length; it is known with the first loads otherwise.
        self.lines: LineDrift | None = None
        self._newest_ns = 0

    def see(self, trucks: Rows) -> None:
        """Take in OBSERVATION (n,) of the lane, in the order in which they came."""
        news = trucks[trucks["time_ns"] >= self._row.reset_ns]
        self._note(news)
        self.traffic.update(news)
        # What says itself that it was made up need not be found out.
        self.authenticity.update(news[news["marks"] & MADE_UP == 0])

    def weigh(self, lines: int, loads: Rows) -> None:
        """Take in LOADS (n,) of the lane's lines, in the order in which they came."""
        if lines < 2:
            return
        if self.lines is None or self.lines.lines != lines:
            # Lines that were added or taken away are a new installation: what was usual is void.
            self.lines = self._lines_of(lines)
        news = loads[loads["time_ns"] >= self._row.reset_ns]
        self._note(news)
        self.lines.update(news, news["line_kg"])

    def findings(self) -> Iterator[Finding]:
        """Every reason that stands to doubt the lane."""
        for alarm in (*self.traffic.alarms, *(self.lines.alarms if self.lines else ())):
            yield _of_alarm(alarm)
        verdict = self.authenticity.verdict
        if verdict.doubted and verdict.since_ns is not None:
            against = [reason.name for reason in verdict.reasons if reason.against]
            yield Finding(AUTHENTICITY, " ".join(against), verdict.since_ns, _plain(asdict(verdict)))

    def row(self) -> WatchRow:
        """The lane as it is to be kept, under the version that follows the one that was read."""
        lines = self.lines.save() if self.lines else self._row.lines
        return self._row._replace(
            version=self._row.version + 1,
            figures=msgspec.json.encode(self._figures()).decode(),
            traffic=self.traffic.save(),
            lines=lines,
            authenticity=self.authenticity.save(),
        )

    def _note(self, trucks: Rows) -> None:
        if len(trucks):
            self._newest_ns = max(self._newest_ns, int(trucks["time_ns"].max()))

    def _lines_of(self, lines: int) -> LineDrift:
        return _restored(self._row, "lines", lambda state: LineDrift.restore(state, lines)) or LineDrift(lines)

    def _figures(self) -> dict[str, Any]:
        """What a person may want to know of the charts (`api.health` shows it)."""
        before = msgspec.json.decode(self._row.figures)
        lines = _told(self.lines.figures, self.lines.trucks) if self.lines else before.get("lines")
        verdict = asdict(self.authenticity.verdict)
        return {
            # A late truck of an earlier hour shows how the charts stand now, not how they stood then.
            "newest_ns": max(self._newest_ns, before.get("newest_ns", 0)),
            "traffic": _told(self.traffic.figures, self.traffic.trucks),
            "steer_axles": self.traffic.steer_axles,
            "lines": lines,
            "authenticity": {"trucks": self.authenticity.trucks, **_plain(verdict)},
        }


def drift(row: WatchRow) -> DriftRow | None:
    """How the charts of a lane stand, under the hour of its newest truck; None where no chart has been shown one."""
    figures = msgspec.json.decode(row.figures)
    if not figures["newest_ns"]:
        return None
    told = [one for kind in ("traffic", "lines") if figures[kind] for one in figures[kind]["charts"]]
    charts = {one["chart"]: [_rounded(one["score"]), _rounded(one["threshold"])] for one in told}
    hour_s = figures["newest_ns"] // HOUR_NS * HOUR_S
    return DriftRow(row.site, row.lane, hour_s, msgspec.json.encode(charts).decode())


def warm_up() -> None:
    """Compile or load the kernels of all watchers: in a transaction it would keep every lane waiting."""
    watch = LaneWatch(WatchRow("", 0))
    watch.see(np.zeros(1, OBSERVATION))
    watch.weigh(2, np.zeros(1, rows.loads_dtype(2)))
    watch.row()
    list(watch.findings())


def _restored(row: WatchRow, name: str, restore: Any) -> Any:
    """What the state was saved of; None where there is none, or another release gave it."""
    state = getattr(row, name)
    if not state:
        return None
    try:
        return restore(state)
    except StateError as error:
        log.warning("a chart begins anew", site=row.site, lane=row.lane, chart=name, problem=error.problem)
        return None


def _of_alarm(alarm: Alarm) -> Finding:
    return Finding(DRIFT, alarm.chart, alarm.good_ns, _plain(asdict(alarm)))


def _told(figures: Sequence[Any], trucks: int) -> dict[str, Any]:
    return {"trucks": trucks, "charts": [_plain(asdict(one)) for one in figures]}


def _rounded(value: float | None) -> float | None:
    """As fine as a chart can be read: scores are some tens at most."""
    return None if value is None else round(value, 3)


def _plain(value: Any) -> Any:
    """Words of lists as their text: what JSON and its readers know."""
    return msgspec.to_builtins(value)
