"""One step of the watch: the batches that wait in one shard, seen and kept in one transaction.

Whatever is seen is deleted, what it taught is saved, and what was found becomes a downgrade, or nothing of all this
has happened. So a crash at any point, or a second watch that meets the same batches, changes no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from service.store import audit, downgrades, tally, watches
from service.store.downgrades import Downgrade
from service.store.observed import LaneKey
from service.store.spans import HOUR_S
from service.store.tally import CELL, Series, Tally
from service.store.watches import HourRow, WatchedBatch
from service.watch import rows
from service.watch.lane import Finding, LaneWatch, drift
from service.watch.rows import FLAGS, KEPT, Rows
from wim.records import HOUR_NS, Grade

#: Who downgrades where no person did.
WATCH = "watch"

#: Batches that one transaction takes of each kind: some hundred lanes with a minute of traffic each, 20 ms on SQLite.
BATCHES = 256


@dataclass
class Seen:
    """What one step came to."""

    #: Batches of both kinds; a full step is followed by another.
    batches: int = 0
    trucks: int = 0
    opened: list[Downgrade] = field(default_factory=list)


@dataclass
class _Lane:
    """What came of one lane."""

    trucks: list[Rows] = field(default_factory=list)
    loads: list[tuple[int, Rows]] = field(default_factory=list)


def see(conn: Connection, shard: int, now_ns: int, limit: int = BATCHES) -> Seen:
    """See up to `limit` batches of each kind. Raises `FencedError` where another watch is at them."""
    batches, lines = watches.take(conn, shard, limit), watches.take_lines(conn, shard, limit)
    seen = Seen(len(batches) + len(lines), sum(batch.trucks for batch in batches))
    lanes: dict[LaneKey, _Lane] = {}
    _keep_hours(conn, batches, lanes)
    for one in lines:
        loads = np.frombuffer(one.rows, rows.loads_dtype(one.lines))
        lanes.setdefault(LaneKey(one.site, one.lane), _Lane()).loads.append((one.lines, loads))
    kept = watches.load(conn, lanes)
    after = {key: _watched(LaneWatch(kept[key]), lane) for key, lane in sorted(lanes.items())}
    saved = [watch.row() for watch in after.values()]
    watches.save(conn, saved)
    watches.keep_drift(conn, [one for one in map(drift, saved) if one is not None])
    seen.opened = _downgrade(conn, after, now_ns)
    return seen


def _watched(watch: LaneWatch, news: _Lane) -> LaneWatch:
    if news.trucks:
        watch.see(np.concatenate([rows.observations(trucks) for trucks in news.trucks]))
    for lines, loads in news.loads:
        watch.weigh(lines, loads)
    return watch


def _keep_hours(conn: Connection, batches: Sequence[WatchedBatch], lanes: dict[LaneKey, _Lane]) -> None:
    """Add the batches to the hours of their series, and deal out their trucks to the lanes."""
    counts: dict[tuple[int, int], npt.NDArray[np.int64]] = {}
    trucks_of: dict[tuple[int, int], list[Rows]] = {}
    names: dict[int, Series] = {}
    for batch in batches:
        series, trucks, hours = rows.unpacked(batch)
        names |= {one.id: one for one in series}
        for row in hours:
            key = series[row["series"]].id, int(row["hour_s"])
            news = np.concatenate([[row["passages"]], row["flags"]]).astype(np.int64)
            counts[key] = counts.get(key, 0) + news
        for number, one in enumerate(series):
            own = trucks[trucks["series"] == number]
            if len(own):
                lanes.setdefault(LaneKey(one.site, one.lane), _Lane()).trucks.append(own)
                _by_hour(one, rows.kept(own), trucks_of)
    kept = watches.load_hours(conn, counts)
    watches.save_hours(conn, [_grown(key, kept, names, counts[key], trucks_of.get(key, ())) for key in sorted(counts)])


def _by_hour(series: Series, trucks: Rows, found: dict[tuple[int, int], list[Rows]]) -> None:
    hours = trucks["time_ns"] // HOUR_NS * HOUR_S
    for hour_s in np.unique(hours).tolist():
        found.setdefault((series.id, hour_s), []).append(trucks[hours == hour_s])


def _grown(
    key: tuple[int, int],
    kept: Mapping[tuple[int, int], HourRow],
    names: Mapping[int, Series],
    counts: npt.NDArray[np.int64],
    trucks: Iterable[Rows],
) -> HourRow:
    series = names[key[0]]
    named, _ = tally.encode(Tally((series,), np.zeros(0, CELL)))
    blank = HourRow(*key, 0, series.site, series.lane, 0, bytes(8 * FLAGS), named, b"")
    before = kept.get(key, blank)
    return before._replace(
        version=before.version + 1,
        passages=before.passages + int(counts[0]),
        flags=(np.frombuffer(before.flags, "<i8") + counts[1:]).tobytes(),
        trucks=before.trucks + b"".join(part.astype(KEPT).tobytes() for part in trucks),
    )


def _downgrade(conn: Connection, lanes: Mapping[LaneKey, LaneWatch], now_ns: int) -> list[Downgrade]:
    """Open a downgrade for whatever stands against a lane, unless one of that source covers it already.

    A line that fails rings in its own chart and in those of its axles: that is one reason, not seven.
    """
    found = [(key, finding) for key, watch in lanes.items() for finding in watch.findings()]
    if not found:
        return []
    standing, opened = downgrades.open_ones(conn), list[Downgrade]()
    for key, finding in sorted(found, key=lambda one: one[1].good_ns):
        if not any(_covers(one, key, finding) for one in standing):
            one = _opened(key, finding, now_ns)
            standing.append(one)
            if downgrades.begin(conn, one):
                audit.note(conn, _entry(one))
                opened.append(one)
    return opened


def _covers(one: Downgrade, lane: LaneKey, finding: Finding) -> bool:
    same = (one.site, one.lane, one.source) == (*lane, finding.source)
    return same and one.from_ns <= finding.good_ns


def _opened(lane: LaneKey, finding: Finding, now_ns: int) -> Downgrade:
    return Downgrade(
        id=downgrades.identity(*lane, finding.source, finding.cause, finding.good_ns, now_ns),
        version=1,
        site=lane.site,
        lane=lane.lane,
        source=finding.source,
        cause=finding.cause,
        grade=Grade.COUNT,
        from_ns=finding.good_ns,
        until_ns=None,
        opened_ns=now_ns,
        opened_by=WATCH,
        reason=f"{finding.source}: {finding.cause}",
        recalled_s=finding.good_ns // HOUR_NS * HOUR_S,
        document=msgspec.json.encode(finding.figures).decode(),
    )


def _entry(one: Downgrade) -> audit.Entry:
    subject = f"site:{one.site}/{one.lane}"
    return audit.Entry(one.opened_ns, WATCH, "system", None, "site.downgrade", subject, one.reason, one.document)
