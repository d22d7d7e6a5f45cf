"""Pulses of rows become axles: as sorted lists say, whatever was missed, invented or plugged in wrongly."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tests.reference import gathering as naive
from tests.wim.strip_signals import Floats
from wim.kernels import gathering, trains
from wim.kernels.weigh_arrays import MOST_PULSES, Room, make_room
from wim.records import Flag


def room_of(times_s: list[Floats], row_m: Floats) -> Room:
    """Room in which each row has these pulses."""
    room = make_room(1, len(times_s), 1, 0, 8)
    room.row_m[:] = row_m
    for row, own in enumerate(times_s):
        room.pulse_count[row] = len(own)
        room.pulses[row]["time_s"][: len(own)] = own
        room.pulses[row]["area_ns"], room.pulses[row]["part"] = 300.0, 0.02
    return room


def crossing(
    seed: int, missed: float = 0.0, ghosts: int = 0, least_rows: int = 2
) -> tuple[list[Floats], Floats, Floats, float]:
    """Times by row, the rows' places, the axles' places and the speed; some pulses missing, some ghosts."""
    random = np.random.default_rng(seed)
    rows, axles = int(random.integers(least_rows, 6)), int(random.integers(2, 8))
    row_m = np.cumsum(random.uniform(1.0, 4.0, rows))
    places_m = np.concatenate([[0.0], np.cumsum(random.uniform(1.2, 6.0, axles - 1))])
    speed_ms = float(random.uniform(3.0, 27.0))
    times_s = []
    for at in row_m:
        own = 0.3 + (places_m + at + random.normal(0.0, 0.01, axles)) / speed_ms
        # The first axle is always there: a train without one is another train.
        kept = own[(random.random(axles) >= missed) | (np.arange(axles) == 0)]
        times_s.append(np.sort(kept))
    for _ in range(ghosts):
        row = int(random.integers(0, rows))
        widest = int(np.argmax(np.diff(places_m)))
        # Nearer than half a metre to an axle, a ghost may be taken for it.
        ghost_m = 0.5 * (places_m[widest] + places_m[widest + 1])
        times_s[row] = np.sort(np.append(times_s[row], 0.3 + (ghost_m + row_m[row]) / speed_ms))
    return times_s, row_m, places_m, speed_ms


@pytest.mark.parametrize("seed", range(40))
def test_the_usual_case_is_told(seed: int) -> None:
    """Every row has seen as many pulses, each in a time that a vehicle may take."""
    times_s, row_m, _, _ = crossing(seed, missed=0.05 * (seed % 2))
    if seed % 5 == 0:
        times_s[1] = times_s[1] - 5.0
    room = room_of(times_s, row_m)
    expected = naive.same_everywhere(times_s, row_m)
    assert trains.same_everywhere(room.pulses, room.pulse_count, row_m) == expected


@pytest.mark.parametrize("seed", range(60))
def test_axles_are_the_heaps_of_pulses(seed: int) -> None:
    """Found without any order: pulses missing on some rows, ghosts on others."""
    times_s, row_m, _, speed_ms = crossing(seed, missed=0.12, ghosts=seed % 2, least_rows=3)
    room = room_of(times_s, row_m)
    base, _ = trains.find_train(room.pulses, room.pulse_count, row_m, room.seen, room.motion, room.system)
    assert base >= 0
    assert room.motion[1] == pytest.approx(speed_ms, rel=0.06)
    axles = trains.heap_pulses(room.pulses, room.pulse_count, row_m, room.motion, room.seen, room.spare)
    expected = naive.heaps([speed_ms * (own - 0.3) - at for own, at in zip(times_s, row_m, strict=True)])
    found = [[(row, int(pulse)) for row, pulse in enumerate(seen) if pulse >= 0] for seen in room.seen[:axles]]
    assert found == [sorted(heap) for heap in expected]


@pytest.mark.parametrize("seed", range(80))
def test_what_is_no_axle_is_dropped(seed: int) -> None:
    """By the rows' votes; two that disagree by what is sure."""
    random = np.random.default_rng(seed)
    rows, axles = int(random.integers(1, 6)), int(random.integers(1, 9))
    room = room_of([np.arange(axles, dtype=float)] * rows, np.arange(rows, dtype=float))
    seen = random.random((axles, rows)) < random.choice([0.5, 0.9])
    seen[np.arange(axles), random.integers(0, rows, axles)] = True
    room.seen[:axles] = np.where(seen, np.arange(axles)[:, None], -1)
    areas = random.choice([1.0, 50.0, 400.0], (axles, rows))
    parts = random.choice([0.02, 0.4, 0.7], (axles, rows))
    room.pulses["area_ns"][:, :axles], room.pulses["part"][:, :axles] = areas.T, parts.T
    told = [naive.Axle(tuple(areas[axle, own]), tuple(parts[axle, own])) for axle, own in enumerate(seen)]
    kept, flags = naive.doubted(told, rows)
    left, found = gathering.doubt(room, axles)
    assert (left, Flag(found)) == (len(kept), flags)
    assert [int(row.max()) for row in room.seen[:left]] == kept


@pytest.mark.parametrize("seed", range(40))
def test_rows_are_put_in_the_order_in_which_they_fired(seed: int) -> None:
    """Where every axle says the same; a vehicle that goes back and forth, or rows of other counts, move nothing."""
    times_s, row_m, _, _ = crossing(seed, missed=0.1 if seed % 4 == 3 else 0.0)
    random = np.random.default_rng(seed)
    times_s = [times_s[row] for row in random.permutation(len(times_s))]
    if seed % 4 == 2:
        times_s[0] = times_s[0] + np.linspace(-1.0, 1.0, len(times_s[0]))
    room = room_of(times_s, row_m)
    order = naive.put_in_order(times_s)
    assert gathering.put_in_order(room) == (order != list(range(len(times_s))))
    np.testing.assert_array_equal(room.row_m, row_m[order])


@pytest.mark.parametrize("seed", range(40))
def test_going_backwards_is_told(seed: int) -> None:
    """By most of the axles between any two neighbouring rows."""
    random = np.random.default_rng(seed)
    axles, rows = int(random.integers(1, 7)), int(random.integers(2, 5))
    times_s = np.cumsum(random.uniform(-0.3, 1.0, (axles, rows)), axis=1) + np.arange(axles)[:, None]
    times_s[random.random(times_s.shape) < 0.2] = np.nan
    room = room_of([np.nan_to_num(own) for own in times_s.T], np.arange(rows, dtype=float))
    room.seen[:axles] = np.where(np.isnan(times_s), -1, np.arange(axles)[:, None])
    assert gathering.reversed_rows(room, axles, room.row_m) == naive.reversed_rows(times_s)


@pytest.mark.parametrize("parts", list(itertools.product([(), (0.8,), (0.1, 0.9), (0.3,)], repeat=3)))
def test_a_lone_row_is_told_from_noise(parts: tuple[tuple[float, ...], ...]) -> None:
    """The axles are its pulses; noise alone is nobody, and wheels on several rows are a train or a refusal."""
    room = room_of([np.arange(len(own), dtype=float) for own in parts], np.arange(3.0))
    for row, own in enumerate(parts):
        room.pulses[row]["part"][: len(own)] = own
    found, expected = gathering.lone_row(room), naive.lone_row(parts)
    if expected is None:
        assert found == gathering.NO_TRAIN
    elif expected < 0:
        assert found == 0
    else:
        assert found == len(parts[expected])
        assert room.seen[:found, expected].tolist() == list(range(found))
        assert (np.delete(room.seen[:found], expected, axis=1) == -1).all()


def test_more_heaps_than_there_is_room_for_are_left_out() -> None:
    """Rows that chatter make 64 axles and no more."""
    times_s = [np.arange(MOST_PULSES) * 0.1, np.arange(MOST_PULSES) * 0.1 + 0.05]
    room = room_of(times_s, np.array([0.0, 1.0]))
    room.motion[:] = [0.0, 10.0, 0.0, 0.0]
    args = (room.pulses, room.pulse_count, room.row_m, room.motion, room.seen, room.spare)
    assert trains.heap_pulses(*args) == MOST_PULSES
