"""Several trucks and squads at once: who stops whom, so that together they stop what is worth most.

One truck after the other, the first would take the squad that alone can reach the second. So of all pairs of one truck
and one squad those are taken whose sum of priority × p_catch is greatest, tier by tier (`dispatch.reach`), no squad
twice and no stop point beyond its places. Where two pairs want the last place of a stop point, the one worth less has
to do without that place, and the sum is looked for again.

The sum is found by shortest augmenting paths (Kuhn, Munkres): the matrices are a handful of trucks by a province's
squads on duty, for which a library of numerics would be a large thing to install.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from dispatch.reach import Choice, Tier, Verdict, Weighed, decide, preference

#: A region may give a severity the weight 0; such a truck comes after all others, and before a squad that stands idle.
_LEAST_PRIORITY: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Wish:
    """A truck that should be stopped: what that is worth, and what `dispatch.reach.weigh` found of every squad."""

    priority: float
    considered: tuple[Weighed, ...]


class _Pair(NamedTuple):
    """One truck and one squad at the best place that is left to them."""

    wish: int
    found: Weighed
    worth: float


def assign(wishes: Sequence[Wish], places: Mapping[str, int]) -> tuple[Choice, ...]:
    """A choice for each truck, in their order; `places` is how many trucks each stop point can still take.

    What a truck does without is said: a squad that got another truck is busy, a stop point that others filled is full.
    """
    left = [list(wish.considered) for wish in wishes]
    chosen: dict[int, Weighed] = {}
    for tier in Tier:
        room = dict(places)
        room.update({point: room.get(point, 0) - used for point, used in _used(chosen.values()).items()})
        for pair in _of_tier(wishes, left, tier, chosen, room):
            chosen[pair.wish] = pair.found
    taken = {found.squad for found in chosen.values()}
    return tuple(_choice(rows, chosen.get(index), taken) for index, rows in enumerate(left))


def _of_tier(
    wishes: Sequence[Wish],
    left: list[list[Weighed]],
    tier: Tier,
    chosen: Mapping[int, Weighed],
    room: Mapping[str, int],
) -> list[_Pair]:
    """The pairs of one tier; a place that a truck cannot have any more is marked as full in `left`."""
    taken = {found.squad for found in chosen.values()}
    while True:
        able = [
            _Pair(index, found, max(wishes[index].priority, _LEAST_PRIORITY) * (found.p_catch or 0.0))
            for index, rows in enumerate(left)
            if index not in chosen
            for found in _best_of_each(rows, tier)
            if found.squad not in taken
        ]
        pairs = _greatest_sum(able)
        crowded = _crowded(pairs, room)
        if not crowded:
            return pairs
        for pair in crowded:
            rows = left[pair.wish]
            rows[rows.index(pair.found)] = replace(pair.found, verdict=Verdict.CAPACITY)


def _best_of_each(rows: Iterable[Weighed], tier: Tier) -> Iterable[Weighed]:
    """Of each squad that could catch the truck, the place that it would be sent to."""
    best: dict[str, Weighed] = {}
    for found in rows:
        if found.verdict is Verdict.LESS_LIKELY and found.tier is tier:
            best[found.squad] = min(best.get(found.squad, found), found, key=preference)
    return best.values()


def _crowded(pairs: Iterable[_Pair], room: Mapping[str, int]) -> list[_Pair]:
    """Who has to leave a stop point: those worth least, until the others have room."""
    leaving = []
    used: Counter[str] = Counter()
    for pair in sorted(pairs, key=lambda pair: (-pair.worth, pair.found.squad)):
        point = pair.found.stop_point or ""
        used[point] += 1
        if used[point] > room.get(point, 0):
            leaving.append(pair)
    return leaving


def _used(found: Iterable[Weighed]) -> Counter[str]:
    return Counter(one.stop_point or "" for one in found)


def _choice(rows: Sequence[Weighed], chosen: Weighed | None, taken: set[str]) -> Choice:
    """The choice of one truck, where squads that others got count as busy."""
    busy = taken - ({chosen.squad} if chosen else set())
    marked = [
        replace(found, verdict=Verdict.BUSY) if found.verdict is Verdict.LESS_LIKELY and found.squad in busy else found
        for found in rows
    ]
    return decide(marked, chosen)


def _greatest_sum(pairs: Sequence[_Pair]) -> list[_Pair]:
    """The pairs with the greatest sum of worth, no truck and no squad twice."""
    trucks = sorted({pair.wish for pair in pairs})
    squads = sorted({pair.found.squad for pair in pairs})
    at = {(pair.wish, pair.found.squad): pair for pair in pairs}
    # A column of nothing for each truck: it may go without.
    worth = [[at[truck, squad].worth if (truck, squad) in at else 0.0 for squad in squads] for truck in trucks]
    columns = greatest_columns([[*row, *([0.0] * len(trucks))] for row in worth])
    matched = (
        at.get((truck, squads[column])) for truck, column in zip(trucks, columns, strict=True) if column < len(squads)
    )
    return [pair for pair in matched if pair is not None]


def greatest_columns(worth: Sequence[Sequence[float]]) -> list[int]:
    """For each row a column of its own, so that the sum is greatest; there are at least as many columns as rows."""
    columns = len(worth[0]) if worth else 0
    row_price, column_price = [0.0] * len(worth), [0.0] * (columns + 1)
    # Column `columns` is where a row waits that has none yet.
    row_of: list[int] = [-1] * (columns + 1)
    for row in range(len(worth)):
        row_of[columns] = row
        at, slack, came_from, seen = columns, [float("inf")] * columns, [columns] * columns, set[int]()
        while row_of[at] != -1:
            seen.add(at)
            here = row_of[at]
            for column in set(range(columns)) - seen:
                cost = -worth[here][column] - row_price[here] - column_price[column]
                if cost < slack[column]:
                    slack[column], came_from[column] = cost, at
            nearest = min(
                (column for column in range(columns) if column not in seen), key=lambda one: (slack[one], one)
            )
            step = slack[nearest]
            for column in seen:
                row_price[row_of[column]] += step
                column_price[column] -= step
            for column in set(range(columns)) - seen:
                slack[column] -= step
            at = nearest
        while at != columns:
            row_of[at] = row_of[came_from[at]]
            at = came_from[at]
    found = {row: column for column, row in enumerate(row_of[:columns]) if row != -1}
    return [found[row] for row in range(len(worth))]
