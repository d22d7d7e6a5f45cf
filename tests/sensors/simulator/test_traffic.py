"""What a caller of the simulator may rely on: time, order, repeatability, records that any reader accepts."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import replace

import numpy as np
import pytest

from sensors.simulator.demo import demo_network
from sensors.simulator.scenario import CorridorTraffic, Scenario, ScenarioError
from sensors.simulator.traffic import Step, Traffic
from tests.sensors.simulator.runs import MIDNIGHT_NS, SECOND_NS, Played, play, traffic_of
from wim.codec import decode, encode
from wim.records import DAY_NS, HOUR_NS, UNKNOWN_GAP_MS, Flag, Source

MINUTE_NS = 60 * SECOND_NS
SCENARIO = Scenario(seed=7, rate_per_s=3.0)


def digest(steps: list[Step]) -> str:
    state = hashlib.sha256()
    for step in steps:
        state.update(step.passages.tobytes())
        state.update(step.truth.tobytes())
        state.update(repr(step.health).encode())
    return state.hexdigest()


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs of one scenario agree in every record, beat and row of truth."""
    one, other = (play(SCENARIO, 10 * MINUTE_NS).steps for _ in range(2))
    assert digest(list(one)) == digest(list(other))


def test_another_seed_gives_other_traffic() -> None:
    """The seed decides who exists and when each one comes."""
    one, other = (play(replace(SCENARIO, seed=seed), MINUTE_NS).truth for seed in (7, 8))
    assert not set(one["time_ns"]) & set(other["time_ns"])
    assert not set(one["plate"]) & set(other["plate"])


def test_a_longer_run_begins_like_a_shorter_one() -> None:
    """How long one looks changes nothing of what is seen before the last step."""
    shorter = play(SCENARIO, 6 * MINUTE_NS).steps[:-1]
    longer = play(SCENARIO, 9 * MINUTE_NS).steps[: len(shorter)]
    assert digest(list(shorter)) == digest(list(longer))


def test_a_run_without_an_end_goes_on() -> None:
    """Live use takes steps as long as it likes, each where the one before ended."""
    steps = list(itertools.islice(traffic_of(SCENARIO).play(), 5))
    assert [step.from_ns for step in steps] == [SCENARIO.start_ns + minute * MINUTE_NS for minute in range(5)]
    assert all(step.until_ns - step.from_ns == MINUTE_NS for step in steps)


def test_an_odd_end_is_kept() -> None:
    """The last step ends where the caller says."""
    end_ns = SCENARIO.start_ns + 2 * MINUTE_NS + 7 * SECOND_NS
    *_, last = traffic_of(SCENARIO).play(until_ns=end_ns)
    assert last.until_ns == end_ns
    assert last.truth["time_ns"].max() < end_ns


@pytest.mark.parametrize("step_s", [1, 10])
def test_short_steps_carry_the_same_traffic(step_s: int) -> None:
    """A live reader may ask for short steps; rate and minute beats stay."""
    played = play(replace(SCENARIO, step_s=step_s), 5 * MINUTE_NS)
    assert len(played.steps) == 300 // step_s
    assert len(played.truth) == pytest.approx(900, abs=5 * 30)
    assert len(played.beats) == 5 * len(played.traffic.world.roads.sites)


def test_every_crossing_lies_in_its_step_and_passages_are_in_order(day: Played) -> None:
    """What is fresh belongs to the step; only late and repeated records are older."""
    for step in day.steps:
        assert np.all(step.truth["time_ns"] >= step.from_ns)
        assert np.all(step.truth["time_ns"] < step.until_ns)
        assert np.all(np.diff(step.passages["time_ns"]) >= 0)
        assert np.all(step.passages["time_ns"] < step.until_ns)


def test_every_record_passes_the_codec(eventful: Played) -> None:
    """A message of simulated passages is accepted whole and comes back byte for byte."""
    passages = eventful.passages
    batch = decode([encode(passages[:20_000])], now_ns=int(passages["time_ns"].max()))
    assert batch.refused == []
    assert batch.passages.tobytes() == passages[:20_000].tobytes()


def test_records_keep_the_contract(day: Played) -> None:
    """Source, flag, sums and unknown places are as the record's table says."""
    passages = day.passages
    axles = np.arange(16)
    beyond = axles >= passages["axle_count"][:, None]
    assert set(passages["source"]) == {Source.SIMULATED}
    assert np.all(passages["flags"] & Flag.SIMULATED)
    assert np.all(passages["gross_kg"] == passages["left_kg"].sum(axis=1) + passages["right_kg"].sum(axis=1))
    assert not passages["left_kg"][beyond].any()
    assert not passages["right_kg"][beyond].any()
    assert not passages["spacing_mm"][beyond[:, 1:]].any()
    assert np.all(passages["spacing_mm"].sum(axis=1) < passages["length_mm"])
    assert np.all(passages["run"] > 0)
    assert np.all(passages["origin_ns"] <= passages["time_ns"])
    assert np.all(passages["time_ns"] - passages["origin_ns"] < 10 * SECOND_NS)
    assert np.all((passages["gap_ms"] > 0) & (passages["gap_ms"] <= UNKNOWN_GAP_MS))


def test_the_roads_are_full_from_the_first_minute() -> None:
    """A demo need not wait until the first truck has reached the last site."""
    played = play(replace(SCENARIO, rate_per_s=30.0), 8 * MINUTE_NS)
    expected = 30.0 * 60
    for step in played.steps:
        assert len(step.truth) == pytest.approx(expected, abs=6 * np.sqrt(expected))
        assert len(np.unique(step.truth["site"])) == len(played.traffic.world.roads.sites)


def test_the_rate_is_what_was_asked_for_at_any_hour() -> None:
    """With a rate the day's curve changes the mix and not the number."""
    for hour in (3, 8):
        scenario = replace(SCENARIO, rate_per_s=20.0, start_ns=MIDNIGHT_NS + hour * HOUR_NS)
        assert len(play(scenario, 5 * MINUTE_NS).truth) == pytest.approx(6_000, abs=6 * np.sqrt(6_000))


def test_an_empty_road_is_not_a_dark_one() -> None:
    """Without vehicles there are no passages, and the units go on telling that they live."""
    none = {name: CorridorTraffic(vehicles_per_day=0) for name in ("G104", "S340", "G25")}
    played = play(Scenario(corridors=none), 3 * MINUTE_NS)
    assert len(played.truth) == len(played.passages) == 0
    assert len(played.beats) == 3 * len(played.traffic.world.roads.sites)
    with pytest.raises(ScenarioError, match="rate_per_s"):
        traffic_of(Scenario(corridors=none, rate_per_s=1.0))


def test_a_small_fleet_and_a_registry_without_names_will_do() -> None:
    """Where a section of the fleet is empty its trips are made by ordinary trucks."""
    scenario = Scenario(rate_per_s=5.0, trucks=100, cars=100, repeat_offenders=0, permit_share=0.2, watch_share=0.2)
    steps = list(Traffic(scenario, demo_network()).play(until_ns=scenario.start_ns + 5 * MINUTE_NS))
    truth = np.concatenate([step.truth for step in steps])
    assert len(truth) == pytest.approx(1_500, abs=6 * np.sqrt(3 * 1_500))
    assert set(truth["plate"][np.char.startswith(truth["plate"], "苏Z0".encode())]) == set()


def test_without_a_rate_the_day_has_the_scenarios_traffic(day: Played) -> None:
    """The sum over a day is what vehicles a day, routes and sites make of it."""
    expected = day.traffic.passages_per_s * DAY_NS / SECOND_NS
    # A trip makes up to three passages: the count scatters more than its root.
    assert len(day.truth) == pytest.approx(expected, abs=5 * np.sqrt(3 * expected))
