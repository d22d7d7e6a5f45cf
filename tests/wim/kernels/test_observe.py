"""What is kept of a truck: as the naive pick, for every record that a reader may meet."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.watching import observed
from tests.wim.strategies import passages
from wim.observations import of_passages
from wim.records import Flag, Passages, Source, blank


@given(passages(), st.integers(0, 2**32 - 1), st.sampled_from([0, 4_500, 20_000]))
def test_as_the_naive_pick(records: Passages, seed: int, truck_from_kg: int) -> None:
    """Every field but the hash; the passages stay as they are."""
    rng = np.random.default_rng(seed)
    limits = rng.choice([-1, 0, 1, 18_000, 49_000, 65_535, 65_536], (len(records), 2)).astype(np.int32)
    before = records.tobytes()
    found, index = of_passages(records, limits, truck_from_kg)
    naive = observed(records, limits, truck_from_kg)
    assert [{name: row[name] for name in one} for row, one in zip(found, naive, strict=True)] == naive
    assert records.tobytes() == before
    np.testing.assert_array_equal(found["time_ns"], records["time_ns"][index])
    np.testing.assert_array_equal(found["speed_kmh"], records["speed_kmh"][index])


def truck() -> Passages:
    """One with three axles."""
    one = blank(1)
    one["axle_count"], one["gross_kg"] = 3, 12_000
    one["left_kg"][0, :3] = one["right_kg"][0, :3] = 2_000
    return one


def test_the_hash_is_of_the_loads_alone() -> None:
    """Equal loads at another time have the same, one kilogram on one wheel another, and so has left for right."""
    later, heavier, turned = truck(), truck(), truck()
    later["time_ns"] = 9
    heavier["right_kg"][0, 2] += 1
    turned["left_kg"][0, 0] += 1
    first, *others = (of_passages(one)[0]["loads"][0] for one in (truck(), later, heavier, turned))
    assert others[0] == first
    assert len({first, *others}) == 3


@pytest.mark.parametrize(
    ("field", "value", "mark"),
    [
        ("flags", Flag.AXLE_ONLY, 2),
        ("flags", Flag.STOPPED, 9),
        ("flags", Flag.SIMULATED, 5),
        ("source", Source.SIMULATED, 5),
    ],
)
def test_marks_say_what_a_truck_proves_nothing_about(field: str, value: int, mark: int) -> None:
    """No sides, unfit, made up: each beside COPIED, but where there are no sides to copy."""
    one = truck()
    one[field] = value
    assert of_passages(one)[0]["marks"][0] == mark


def test_no_trucks_no_observations() -> None:
    """Of an empty batch, of one axle and of an unloaded steering axle nothing is kept."""
    single, lifted = truck(), truck()
    single["axle_count"] = 1
    lifted["left_kg"][0, 0] = lifted["right_kg"][0, 0] = 0
    assert [len(of_passages(one)[0]) for one in (blank(0), single, lifted)] == [0, 0, 0]
