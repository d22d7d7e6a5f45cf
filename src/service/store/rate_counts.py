"""Corridor counts out of the database: what is spread and what still waits, as one.

Both come as rows of one form: a key of eight columns, None where the column was merged, and the counts of
`tally.COUNTS`. The corridors asked for are part of every statement.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import BigInteger, Connection, Select, and_, cast, func, null, select

from rules.rates import Spread, spread_of
from service.store import tally
from service.store.rates import passage_hours
from service.store.spans import Span
from service.store.tables import rate_revisions, rate_series, rates, tallies
from service.store.tally import COUNTS, Grain, Series, Tally


class Key(NamedTuple):
    """What a row counts; `direction`, `site` … are None where the question merges them."""

    corridor: str
    start_s: int | None
    direction: int | None
    site: str | None
    lane: int | None
    axle_class: int | None
    band: int | None
    excluded: int | None


#: A key and its counts in the order of `COUNTS`.
Counted = tuple[Key, tuple[int, ...]]

_TRUCKS, _OVER = COUNTS.index("trucks"), COUNTS.index("over_beyond_tolerance")

_COLUMNS: dict[str, Any] = {
    "start_s": rates.c.start_s,
    "direction": rate_series.c.direction,
    "site": rate_series.c.site,
    "lane": rate_series.c.lane,
    "axle_class": rates.c.axle_class,
    "band": rates.c.band,
    "excluded": rates.c.excluded,
}


class Counts:
    """The counts of some corridors as one reading transaction sees them; of one rule set, or of all."""

    def __init__(self, conn: Connection, corridors: Collection[str], rule_set: str | None = None) -> None:
        self._conn, self._corridors, self._rule_set = conn, sorted(corridors), rule_set
        self._waiting = self._read_waiting()
        self._waiting_series = {one.id: one for real in self._waiting.series for one in (real, real.whole_site())}
        self._waiting_rows = tally.rows(self._waiting)

    def rows(
        self, grain: Grain, span: Span, apart: Collection[str], starts: Collection[int] | None = None
    ) -> Iterator[Counted]:
        """Rows of one grain that begin in the span; `apart` are the key's columns to keep apart. Keys may repeat.

        `starts` are the only beginnings of interest, if given.
        """
        width = len(Key._fields)
        spread = self._select(grain, span, apart).where(*([] if starts is None else [rates.c.start_s.in_(starts)]))
        for row in self._conn.execute(spread):
            yield Key(*row[:width]), tuple(row[width:])
        yield from self._waiting_in(grain, span, apart)

    def spreads(self, grain: Grain, span: Span, apart: Collection[str]) -> Iterator[tuple[Key, Spread]]:
        """How far the site-days of the span differ; the site is apart in any case. Hours of the span are one day each.

        The database squares and adds up whatever is spread; site-days that counts still wait for are squared here.
        """
        by_start = grain is not Grain.HOUR or "start_s" in apart
        one_day = {*apart, "site"} | ({"start_s"} if by_start else set())
        waiting = sorted({key.start_s for key, _ in self._waiting_in(grain, span, {"start_s"}) if key.start_s})
        loose: Iterator[Counted] = iter(())
        if waiting:
            loose = self.rows(grain, span, one_day, waiting if by_start else None)
        if by_start or not waiting:
            for row in self._conn.execute(self._select_spreads(grain, span, apart, one_day, waiting)):
                yield Key(*row[: len(Key._fields)]), Spread(*row[len(Key._fields) :])
        days: dict[Key, list[int]] = {}
        for key, counts in loose:
            day = days.setdefault(key, [0, 0])
            day[0] += counts[_TRUCKS]
            day[1] += counts[_OVER]
        for key, (trucks, over) in days.items():
            yield key if "start_s" in apart else key._replace(start_s=None), spread_of(trucks, over)

    def waiting_hours(self) -> dict[tuple[str, int], set[int]]:
        """Hours with a passage, by (site, lane), that still wait to be spread."""
        return {(lane.site, lane.lane): hours for lane, hours in passage_hours(self._waiting).items()}

    def rule_sets(self) -> dict[str, list[str]]:
        """The rule sets that anything was ever counted under, by corridor."""
        found = {(series.corridor, series.rule_set) for series in self._waiting.series}
        known = select(rate_series.c.corridor, rate_series.c.rule_set).where(*self._scope()).distinct()
        found.update((row.corridor, row.rule_set) for row in self._conn.execute(known))
        sets: dict[str, list[str]] = {corridor: [] for corridor in self._corridors}
        for corridor, rule_set in sorted(found):
            sets[corridor].append(rule_set)
        return sets

    def revisions(self) -> dict[str, int]:
        """The revision of each corridor; 0 where no period that was over ever changed."""
        wanted = select(rate_revisions).where(rate_revisions.c.corridor.in_(self._corridors))
        return dict.fromkeys(self._corridors, 0) | {row.corridor: row.revision for row in self._conn.execute(wanted)}

    def _select(self, grain: Grain, span: Span, apart: Collection[str]) -> Select[Any]:
        # PostgreSQL's sum of bigint is numeric, which comes as Decimal.
        sums = [cast(func.sum(rates.c[name]), BigInteger) for name in COUNTS]
        return self._grouped(grain, span, apart, sums)

    def _select_spreads(
        self, grain: Grain, span: Span, apart: Collection[str], one_day: Collection[str], without: Collection[int]
    ) -> Select[Any]:
        sums = [func.sum(rates.c[COUNTS[_TRUCKS]]).label("trucks"), func.sum(rates.c[COUNTS[_OVER]]).label("over")]
        days = self._grouped(grain, span, one_day, sums).where(rates.c.start_s.not_in(without)).subquery("days")
        trucks, over = cast(days.c.trucks, BigInteger), cast(days.c.over, BigInteger)
        parts = (trucks, over, trucks * trucks, trucks * over, over * over)
        kept = {"corridor", "site", *apart}
        key = [days.c[name] if name in kept else null() for name in Key._fields]
        totals = [cast(func.sum(part), BigInteger) for part in parts]
        statement = select(*key, func.count(), *totals).where(trucks > 0)
        return statement.group_by(*(days.c[name] for name in Key._fields if name in kept))

    def _grouped(self, grain: Grain, span: Span, apart: Collection[str], sums: Sequence[Any]) -> Select[Any]:
        key = [(column if name in apart else null()).label(name) for name, column in _COLUMNS.items()]
        grouped = [rate_series.c.corridor, *(_COLUMNS[name] for name in _COLUMNS if name in apart)]
        here = and_(
            rates.c.series == rate_series.c.id,
            rates.c.grain == grain,
            rates.c.start_s >= span.from_s,
            rates.c.start_s < span.to_s,
        )
        statement = select(rate_series.c.corridor, *key, *sums).select_from(rate_series.join(rates, here))
        return statement.where(*self._scope()).group_by(*grouped)

    def _scope(self) -> list[Any]:
        scope: list[Any] = [rate_series.c.corridor.in_(self._corridors)]
        if self._rule_set is not None:
            scope.append(rate_series.c.rule_set == self._rule_set)
        return scope

    def _read_waiting(self) -> Tally:
        batches = self._conn.execute(select(tallies.c.series, tallies.c.counts))
        return tally.join(self._asked(tally.decode(*row)) for row in batches)

    def _asked(self, batch: Tally) -> Tally:
        asked = np.array([self._asks(series) for series in batch.series], np.bool_)
        return batch.only(asked[batch.cells["series"]])

    def _asks(self, series: Series) -> bool:
        return series.corridor in self._corridors and self._rule_set in (None, series.rule_set)

    def _waiting_in(self, grain: Grain, span: Span, apart: Collection[str]) -> Iterator[Counted]:
        rows = self._waiting_rows
        inside = (rows["grain"] == grain) & (rows["start_s"] >= span.from_s) & (rows["start_s"] < span.to_s)
        for row in rows[inside].tolist():
            yield self._key(row, apart), row[-len(COUNTS) :]

    def _key(self, row: Sequence[int], apart: Collection[str]) -> Key:
        number, _, start_s, axle_class, band, excluded = row[:6]
        series = self._waiting_series[number]
        whole = Key(series.corridor, start_s, series.direction, series.site, series.lane, axle_class, band, excluded)
        return Key(whole.corridor, *(getattr(whole, name) if name in apart else None for name in _COLUMNS))


def waiting_cells(conn: Connection) -> int:
    """How many cells still wait to be spread."""
    return int(conn.execute(select(func.coalesce(func.sum(tallies.c.cells), 0))).scalar_one())
