"""Guarantees of adding up counts, against dictionaries."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from service.store import tally
from service.store.spans import HOUR_S, local_starts
from service.store.tally import CELL, COUNTS, Grain, Series, Tally

SERIES = [
    Series(corridor, f"{corridor}-K{site}", lane, lane % 2, rule_set, zone)
    for corridor, zone in (("G104", "Asia/Shanghai"), ("S340", "Europe/Berlin"))
    for site in range(2)
    for lane in (1, 2)
    for rule_set in ("cn-2016", "")
]
CELLS = st.lists(
    st.tuples(
        st.integers(0, len(SERIES) - 1),
        st.integers(450_000, 450_060),
        st.integers(2, 3),
        st.integers(0, 1),
        st.integers(0, 2),
        st.integers(0, 9),
    ),
    max_size=60,
)


@given(st.lists(CELLS, max_size=4))
def test_rows_of_every_grain_hold_the_sums_of_their_cells(batches: list[list[tuple[int, ...]]]) -> None:
    """Each row is the sum of the cells of its hour, day, month or site-day, one a key, in the order of the key."""
    rows = tally.rows(tally.join([tally_of(cells) for cells in batches]))
    expected: Counter[tuple[int, ...]] = Counter()
    for cells in batches:
        for number, hour, axle_class, band, excluded, count in cells:
            series = SERIES[number]
            day_s, month_s = local_starts(hour * HOUR_S, series.timezone)
            cell = axle_class, band, excluded
            expected[series.id, Grain.HOUR, hour * HOUR_S, *cell] += count
            expected[series.id, Grain.DAY, day_s, *cell] += count
            expected[series.id, Grain.MONTH, month_s, *cell] += count
            expected[series.id, Grain.LANE_SUM, day_s, 0, 0, 0] += count
            site = series.whole_site().id
            expected[site, Grain.SITE_DAY, day_s, 0, band, excluded] += count
            expected[site, Grain.SITE_MONTH, month_s, 0, band, excluded] += count
            expected[site, Grain.SITE_SUM, day_s, 0, 0, 0] += count
            expected[site, Grain.CLASS_SUM, day_s, axle_class, 0, 0] += count
    keys = [tuple(row)[:6] for row in rows.tolist()]
    assert keys == sorted(expected)
    for field, name in enumerate(COUNTS):
        assert rows[name].tolist() == [expected[key] * (field + 1) for key in sorted(expected)]


@given(CELLS)
def test_encoded_tally_comes_back(cells: list[tuple[int, ...]]) -> None:
    """What is kept of a batch in the database is the batch."""
    before = tally_of(cells)
    after = tally.decode(*tally.encode(before))
    assert after.series == before.series
    assert np.array_equal(after.cells, before.cells)


@given(CELLS)
def test_shards_divide_a_tally_by_site(cells: list[tuple[int, ...]]) -> None:
    """Every cell is in one shard, all of a site's in the same, and the parts add up to the whole."""
    whole = tally_of(cells)
    parts = tally.shards(whole, 3)
    shard_of: dict[str, int] = {}
    for shard, part in parts.items():
        for series in part.series:
            assert shard_of.setdefault(series.site, shard) == shard
    assert np.array_equal(tally.rows(tally.join(parts.values())), tally.rows(whole))


def test_series_of_one_name_has_one_number_everywhere() -> None:
    """The number of a series follows from its name alone, so every worker and every release gives the same."""
    series = Series("G104", "G104-K012", 1, 0, "cn-2016", "Asia/Shanghai")
    assert series.id == 1018002922557765
    assert series.id == Series("G104", "G104-K012", 1, 0, "cn-2016", "UTC").id
    assert len({one.id for each in SERIES for one in (each, each.whole_site())}) == len(SERIES) + len(SERIES)


def tally_of(cells: list[tuple[int, ...]]) -> Tally:
    array = np.zeros(len(cells), CELL)
    for row, (number, hour, axle_class, band, excluded, count) in zip(array, cells, strict=True):
        row["series"], row["start_s"] = number, hour * HOUR_S
        row["axle_class"], row["band"], row["excluded"] = axle_class, band, excluded
        for field, name in enumerate(COUNTS):
            row[name] = count * (field + 1)
    return Tally(tuple(SERIES), array)
