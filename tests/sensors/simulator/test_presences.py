"""Traffic as frames: each crossing in one of them, its truth apart, faults where and when they were put."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from sensors.simulator.delivery import Sent
from sensors.simulator.scenario import FaultPlan, Planted, Scenario, ScenarioError
from sensors.simulator.scenario_file import demo_scenario
from sensors.simulator.signals.frame_truth import FrameTruth
from tests.sensors.simulator.runs import SECOND_NS, Played, traffic_of
from wim.frames import NO_NOW_NS, Frame, FrameFlag, decode_frame

CALM = replace(demo_scenario(), planted=(), duplicate_share=0.0, straddling_share=0.0, rate_per_s=3.0)
SITE = "G104-K012"


def play(scenario: Scenario, seconds: int, frames_from_s: int = 0) -> Played:
    """Run a scenario from its start, as frames from a time on."""
    traffic, start_ns = traffic_of(scenario), scenario.start_ns
    steps = traffic.play(start_ns, start_ns + seconds * SECOND_NS, start_ns + frames_from_s * SECOND_NS)
    return Played(traffic, list(steps))


def sent(played: Played) -> list[Sent]:
    return [sent for step in played.steps for sent in step.frames]


def seen(played: Played, site: str = "") -> list[tuple[Frame, FrameTruth]]:
    """All frames, or those of a site, and what happened in them."""
    wanted = [row.presence for row in sent(played) if site in ("", row.presence.site)]
    captured = [presence.capture(index) for index, presence in enumerate(wanted)]
    return [(decode_frame(message, NO_NOW_NS), truth) for message, truth in captured]


@pytest.fixture(scope="module")
def calm() -> Played:
    """Three minutes without any event."""
    return play(CALM, 180)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Frames, their truth and that of the vehicles; another seed gives other ones."""
    first, again, other = (
        [row.presence.capture() for row in sent(play(replace(CALM, seed=seed), 30))] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_every_recorded_crossing_is_in_one_frame_and_keeps_its_numbers(calm: Played) -> None:
    """Run, sequence, part, time and start of the frame name the vehicle's row of the truth, whose load it is."""
    rows = {
        (row["site"].decode(), int(row["lane"]), int(row["run"]), int(row["sequence"]), int(row["part"])): row
        for row in calm.sent
    }
    assert len(calm.passages) == 0
    assert len(rows) == len(calm.sent) > 300
    for frame, truth in seen(calm):
        assert (int(frame.head["sequence"]), int(frame.head["run"])) == (truth.sequence, truth.run)
        for part, vehicle in enumerate(truth.vehicles):
            row = rows.pop((frame.site, frame.lane, truth.run, truth.sequence, part))
            assert int(row["origin_ns"]) == int(frame.head["start_ns"]) == truth.start_ns
            assert (int(row["trip"]), int(row["gross_kg"])) == (vehicle.vehicle, vehicle.gross_kg)
            assert (row["plate"].decode(), int(row["time_ns"])) == (vehicle.plate, vehicle.time_ns)
    assert rows == {}


def test_two_share_a_frame_where_they_are_close_and_never_three(calm: Played) -> None:
    """Frames of a lane follow one another without overlap, each begun after the one before has ended."""
    presences = [row.presence for row in sent(calm)]
    assert {len(presence.rows) for presence in presences} == {1, 2}
    for lane in {(presence.site, presence.scene.installation.lane.number) for presence in presences}:
        own = [row for row in presences if (row.site, row.scene.installation.lane.number) == lane]
        assert all(before.end_ns <= after.start_ns + 1 for before, after in pairwise(own))
        assert [row.scene.sequence for row in own] == list(range(1, len(own) + 1))


def test_a_frame_is_sent_when_it_is_over_in_the_order_of_arrival(calm: Played) -> None:
    """Nobody can send what has not happened yet; what ends after a step comes with the next."""
    for step in calm.steps[:-1]:
        due_ns = [row.due_ns for row in step.frames]
        assert due_ns == sorted(due_ns)
        assert max(due_ns) < step.until_ns
        assert all(row.due_ns >= row.presence.end_ns for row in step.frames)


def test_the_head_has_what_camera_laser_and_thermometer_made_of_it(calm: Played) -> None:
    """The plate as it was read, dimensions near the truth, tyres of the class, and the hour's pavement."""
    found = seen(calm)
    plates = [(bytes(frame.head["plate"]).decode(), truth.vehicles[0].plate) for frame, truth in found]
    assert 0.9 < np.mean([read == true for read, true in plates]) < 1
    for frame, truth in found:
        assert abs(int(frame.head["length_mm"]) - truth.vehicles[0].length_mm) < 200
        assert float(frame.head["pavement_c"]) == pytest.approx(truth.pavement_c, abs=0.01)
        assert int(frame.head["tyres"]) > 0


def test_before_a_time_lanes_send_passages_and_then_frames() -> None:
    """Never both, and the numbers go on."""
    played = play(CALM, 120, frames_from_s=60)
    first, second = played.steps
    assert len(first.passages)
    assert not first.frames
    assert len(second.frames)
    assert not len(second.passages)
    last = {(row["site"].decode(), int(row["lane"])): int(row["sequence"]) for row in first.passages}
    begun: dict[tuple[str, int], int] = {}
    for row in second.frames:
        key = row.presence.site, row.presence.scene.installation.lane.number
        begun.setdefault(key, row.presence.scene.sequence)
    assert {key: begun[key] - last[key] for key in begun.keys() & last.keys()} == dict.fromkeys(
        begun.keys() & last.keys(), 1
    )
    beats = {beat["time"]: beat for beat in played.beats if beat["site"] == SITE}
    for beat, name in zip(beats.values(), ("passage_sequence", "frame_sequence"), strict=True):
        other = {"passage_sequence": "frame_sequence", "frame_sequence": "passage_sequence"}[name]
        assert all(lane[other] is None for lane in beat["lanes"])


def test_what_fails_at_the_roadside_fails_for_frames_too() -> None:
    """No frame while the power is away, later ones while the link is down, a free clock says so."""
    planted = (
        Planted("site_dark", 60.0, site=SITE, for_s=60.0),
        Planted("link_down", 60.0, site="G25-K047", for_s=90.0),
        Planted("clock_unlocked", 60.0, site="G25-K071", for_s=60.0),
    )
    scenario = replace(CALM, planted=planted)
    begin_ns, end_ns = (scenario.start_ns + second * SECOND_NS for second in (60, 120))
    played = play(scenario, 180)
    dark = [row.presence.scene.time_ns for row in sent(played) if row.presence.site == SITE]
    # Who is on the strips when the power goes may still be held up by the one ahead.
    assert not [time_ns for time_ns in dark if begin_ns + SECOND_NS < time_ns < end_ns]
    held = [row.due_ns for row in sent(played) if row.presence.site == "G25-K047"]
    assert held.count(scenario.start_ns + 150 * SECOND_NS) > 5
    for frame, truth in seen(played, "G25-K071"):
        if begin_ns + SECOND_NS < truth.vehicles[0].time_ns < end_ns - SECOND_NS:
            assert not int(frame.head["flags"]) & FrameFlag.CLOCK_LOCKED


def test_a_frame_that_is_sent_twice_is_the_same_frame() -> None:
    """The unit missed the acknowledgement and sends again: same bytes, so one crossing."""
    played = play(replace(CALM, duplicate_share=0.2), 60)
    messages = [row.presence.capture().message for row in sent(played)]
    assert 0 < len(messages) - len(set(messages)) < len(set(messages)) / 2


@pytest.mark.parametrize("kind", ["dead_strip", "stop_and_go", "straddle", "tailgating", "missing_plate"])
def test_a_fault_holds_in_its_lane_for_its_time(kind: str) -> None:
    """Whoever comes then and there meets it; nobody else does."""
    plan = FaultPlan(kind, SITE, lane=2, after_s=60, for_s=120)
    scenario = replace(CALM, faults=(plan,))
    inside, begin_ns = 0, scenario.start_ns
    played = play(scenario, 240)
    broken = {row.presence.site for row in sent(played) if row.presence.scene.faults}
    assert broken == {SITE}
    for _, truth in seen(played, SITE):
        if truth.faults:
            assert (truth.lane, truth.faults) == (2, (kind,))
            assert truth.vehicles[0].time_ns >= begin_ns + 60 * SECOND_NS
            inside += 1
    assert inside > 2


def test_an_installation_has_its_fault_in_the_same_way_from_frame_to_frame() -> None:
    """One strip by one amount for the whole window, and drivers each in their own way."""
    plans = (FaultPlan("gain_step", SITE, lane=2), FaultPlan("edge", SITE, lane=3))
    scenario = replace(CALM, faults=plans)
    strips: dict[str, set[str]] = {"gain_step": set(), "edge": set()}
    for row in sent(play(scenario, 60)):
        for fault in row.presence.scene.faults:
            strips[fault.kind].add(f"{fault.strip} {fault.seed}")
    assert len(strips["gain_step"]) == 1
    assert strips["edge"] == {f"{next(iter(strips['edge'])).split()[0]} ()"}


def test_only_a_share_of_the_vehicles_does_it() -> None:
    """About the share that was asked for."""
    scenario = replace(CALM, faults=(FaultPlan("missing_plate", SITE, share=0.3),))
    here = [truth for _, truth in seen(play(scenario, 240), SITE)]
    assert 0.15 < np.mean([bool(truth.faults) for truth in here]) < 0.45


def test_whoever_stands_on_the_strips_holds_up_those_behind() -> None:
    """Nobody drives through him: frames still do not overlap, and the queue goes away again."""
    scenario = replace(CALM, faults=(FaultPlan("stop_and_go", SITE, for_s=60),))
    presences = [row.presence for row in sent(play(scenario, 240)) if row.presence.site == SITE]
    for number in (1, 2, 3, 4):
        own = [row for row in presences if row.scene.installation.lane.number == number]
        assert all(before.end_ns <= after.start_ns + 1 for before, after in pairwise(own))
    late_s = [(row.end_ns - scenario.start_ns) / 1e9 for row in presences]
    assert max(late_s) < 260


@pytest.mark.parametrize(
    ("plan", "key", "remedy"),
    [
        (FaultPlan("dead_strip", "K1"), "fault[0].site", "G104-K012"),
        (FaultPlan("dead_strip", SITE, lane=9), "fault[0].lane", "1, 2, 3, 4"),
        (FaultPlan("dead_strip", SITE, strip="7L"), "fault[0].strip", "1L, 1R, 2L, 2R"),
    ],
)
def test_a_fault_that_has_no_place_is_refused(plan: FaultPlan, key: str, remedy: str) -> None:
    """With the key, and with what there is instead."""
    with pytest.raises(ScenarioError) as raised:
        traffic_of(replace(CALM, faults=(plan,)))
    assert raised.value.key == key
    assert remedy in raised.value.remedy


def test_without_a_time_no_lane_sends_frames() -> None:
    """A lane with strips sends passages unless it is told otherwise."""
    traffic, start_ns = traffic_of(CALM), CALM.start_ns
    steps = list(traffic.play(start_ns, start_ns + 60 * SECOND_NS))
    assert not any(step.frames for step in steps)
    assert sum(len(step.passages) for step in steps) > 100
