"""Every planted event happens, when and where the scenario says, and is written down in the truth."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sensors.simulator.camera import Reading
from sensors.simulator.loading import Load
from sensors.simulator.scenario import VEHICLE_KINDS, Planted, Scenario, ScenarioError
from sensors.simulator.traffic import Traffic
from sensors.simulator.truth import Truth
from tests.sensors.simulator.runs import SECOND_NS, Played, play, traffic_of
from wim.records import Flag, passage_ids
from wim.sites import parse_network

LOADS = {
    "hundred_tonne": {Load.HUNDRED_TONNE},
    "overload": {Load.OVERLOAD},
    "repeat": {Load.OVERLOAD},
    "no_plate": {Load.OVERLOAD},
    "cloned_plate": {Load.OVERLOAD, Load.PARTIAL},
    "permit": {Load.PERMITTED},
    "permit_exceeded": {Load.PERMIT_EXCEEDED},
    "exempt": {Load.EXEMPT},
    "watch": {Load.PARTIAL},
}


def of_kind(played: Played, kind: str) -> tuple[Planted, Truth]:
    """The planted event of a kind, and the crossings that it sent."""
    planted = played.traffic.scenario.planted
    index = next(index for index, event in enumerate(planted) if event.kind == kind)
    return planted[index], played.truth[played.truth["event"] == index]


def window_ns(played: Played, kind: str) -> tuple[int, int, str]:
    """From when to when and at which site a planted failure lasts."""
    event, _ = of_kind(played, kind)
    from_ns = played.traffic.scenario.start_ns + round(event.after_s * SECOND_NS)
    return from_ns, from_ns + round(event.lasts_s * SECOND_NS), event.site


@pytest.mark.parametrize("kind", VEHICLE_KINDS)
def test_every_planted_vehicle_comes(eventful: Played, kind: str) -> None:
    """It is at the first site of its corridor at its time, give or take the vehicle before it, and drives through."""
    event, crossings = of_kind(eventful, kind)
    own = crossings[np.char.startswith(crossings["site"], event.corridor.encode())]
    late_s = (own["time_ns"].min() - eventful.traffic.scenario.start_ns) / SECOND_NS - event.after_s
    assert 0 <= late_s < 10
    assert len(np.unique(own["site"])) == 2
    assert set(crossings["load"]) == LOADS[kind]
    assert np.all(crossings["sent"])


def test_planted_plates_are_the_registrys(eventful: Played) -> None:
    """Permit, exemption and watch list appear with plates that the registry names."""
    names = eventful.traffic.names
    known = {
        "permit": {permit.plate for permit in names.permits},
        "exempt": set(names.exempt),
        "watch": set(names.watched),
    }
    for kind, plates in known.items():
        _, crossings = of_kind(eventful, kind)
        assert {plate.decode() for plate in crossings["plate"].tolist()} <= plates


def test_a_covered_plate_is_read_by_nobody(eventful: Played) -> None:
    """The vehicle has a plate and no camera reads it."""
    _, crossings = of_kind(eventful, "no_plate")
    assert set(crossings["reading"]) == {Reading.COVERED}
    assert np.all(crossings["plate"] != b"")


def test_a_clone_is_in_two_places_at_once(eventful: Played) -> None:
    """Two vehicles of different classes show one plate on two corridors within seconds."""
    _, crossings = of_kind(eventful, "cloned_plate")
    assert len(np.unique(crossings["plate"])) == 1
    assert len(np.unique(crossings["trip"])) == 2
    assert len(np.unique(crossings["vehicle_class"])) == 2
    first = [crossings[crossings["trip"] == trip]["time_ns"].min() for trip in np.unique(crossings["trip"])]
    assert abs(first[0] - first[1]) < 10 * SECOND_NS
    assert len({site.split(b"-")[0] for site in crossings["site"].tolist()}) == 2


def test_given_plate_and_weight_are_kept() -> None:
    """A plan may say which plate comes and how heavy it is."""
    event = Planted("overload", 30.0, corridor="G25", plate="苏Z0T009", gross_kg=61_000)
    played = play(Scenario(rate_per_s=1.0, planted=(event,)), 10 * 60 * SECOND_NS)
    _, crossings = of_kind(played, "overload")
    assert {plate.decode() for plate in crossings["plate"].tolist()} == {"苏Z0T009"}
    assert np.all(np.abs(crossings["gross_kg"].astype(int) - 61_000) < 10)


def test_a_dark_site_sends_nothing(eventful: Played) -> None:
    """No passage and no beat leaves it; traffic goes on unseen and the unit counts a new start afterwards."""
    for kind in ("site_dark", "reboot"):
        from_ns, until_ns, site = window_ns(eventful, kind)
        at_site = eventful.truth[eventful.truth["site"] == site.encode()]
        inside = (at_site["time_ns"] >= from_ns) & (at_site["time_ns"] < until_ns)
        assert inside.any()
        assert not at_site["sent"][inside].any()
        assert not _beats_between(eventful, site, from_ns, until_ns)
        before, after = (at_site[at_site["time_ns"] < from_ns][-1], at_site[at_site["time_ns"] >= until_ns])
        assert set(after["run"][:20]) == {before["run"] + 1}
    assert eventful.truth["sent"][eventful.truth["site"] != b"G25-K047"].all()


def test_a_dark_camera_reads_nothing_in_its_lane(eventful: Played) -> None:
    """The lane's passages have no plate for the time, the neighbours' have, and the beats say so."""
    from_ns, until_ns, site = window_ns(eventful, "camera_dark")
    truth = eventful.truth[eventful.truth["site"] == site.encode()]
    inside = (truth["time_ns"] >= from_ns) & (truth["time_ns"] < until_ns)
    dark = truth["reading"] == Reading.CAMERA_DARK
    assert np.array_equal(dark, inside & (truth["lane"] == 2))
    beats = _beats_between(eventful, site, from_ns, until_ns)
    assert {beat["camera"] for beat in beats} == {"degraded"}
    passages = eventful.passages[np.isin(eventful.passages["origin_ns"], truth["origin_ns"][dark])]
    assert set(passages[(passages["site"] == site.encode()) & (passages["lane"] == 2)]["plate"].tolist()) == {b""}


def test_a_broken_link_delays_and_loses_nothing(eventful: Played) -> None:
    """What was recorded meanwhile arrives in the step in which the link is back, beats included."""
    from_ns, until_ns, site = window_ns(eventful, "link_down")
    recorded = eventful.sent[eventful.sent["site"] == site.encode()]
    held = recorded[(recorded["time_ns"] >= from_ns) & (recorded["time_ns"] < until_ns)]
    for step in eventful.steps:
        here = step.passages[step.passages["site"] == site.encode()]
        of_window = here[(here["time_ns"] >= from_ns) & (here["time_ns"] < until_ns)]
        if step.from_ns <= until_ns < step.until_ns:
            assert set(held["sequence"]) <= set(of_window["sequence"])
            late = [beat for beat in step.health if beat["site"] == site]
            assert len(late) == 1 + round((until_ns - from_ns) / 60 / SECOND_NS)
        elif step.until_ns <= until_ns:
            assert not len(of_window)
    assert len(held) > 10


def test_a_free_clock_is_flagged(eventful: Played) -> None:
    """CLOCK_UNLOCKED stands on the site's passages of that time and nowhere else."""
    from_ns, until_ns, site = window_ns(eventful, "clock_unlocked")
    passages = eventful.passages
    inside = (passages["time_ns"] >= from_ns) & (passages["time_ns"] < until_ns)
    flagged = (passages["flags"] & Flag.CLOCK_UNLOCKED) != 0
    assert np.array_equal(flagged, inside & (passages["site"] == site.encode()))
    assert flagged.any()
    assert {beat["clock"] for beat in _beats_between(eventful, site, from_ns, until_ns)} == {"free"}


def test_every_recorded_crossing_arrives_and_some_twice(day: Played) -> None:
    """Nothing that a unit recorded is lost; a repetition is the same bytes."""
    sent, arrived = day.sent, day.passages
    unique = np.unique(arrived)
    share = (len(arrived) - len(unique)) / len(unique)
    expected = day.traffic.scenario.duplicate_share
    assert len(unique) == len(sent)
    assert share == pytest.approx(expected, abs=5 * np.sqrt(expected / len(unique)))


def test_a_repetition_comes_soon(day: Played) -> None:
    """A unit that waits for an acknowledgement sends again within the minute, in this step or the next."""
    unique, count = np.unique(day.passages, return_counts=True)
    assert (count > 1).any()
    step_of = np.repeat(np.arange(len(day.steps)), [len(step.passages) for step in day.steps])
    for record in unique[count > 1]:
        places = np.flatnonzero(day.passages["origin_ns"] == record["origin_ns"])
        same = places[day.passages[places] == record]
        assert np.diff(step_of[same]) <= 1


def test_no_two_crossings_share_an_identity(day: Played) -> None:
    """Different crossings have different ids."""
    unique = np.unique(day.passages)
    assert len(set(passage_ids(unique))) == len(unique)


@pytest.mark.parametrize(
    ("event", "named"),
    [
        (Planted("hundred_tonne", 1.0, corridor="G999"), "planted[0].corridor"),
        (Planted("site_dark", 1.0, site="G104-K099"), "planted[0].site"),
        (Planted("camera_dark", 1.0, site="S340-K008", lane=7), "planted[0].lane"),
    ],
)
def test_a_plan_for_no_such_place_is_refused(event: Planted, named: str) -> None:
    """The error names the key and what could stand there."""
    with pytest.raises(ScenarioError) as raised:
        traffic_of(Scenario(planted=(event,)))
    assert raised.value.key == named
    assert "G104" in raised.value.remedy or "1, 2" in raised.value.remedy


def test_a_plan_without_vehicles_for_it_is_refused() -> None:
    """A permit cannot be planted where the registry names none, nor a clone where there is one carriageway."""
    document = {
        "corridor": [{"id": "G104", "timezone": "Asia/Shanghai"}],
        "site": [
            {
                "id": "A",
                "corridor": "G104",
                "chainage_km": 1.0,
                "lane": [{"number": 1, "direction": "up", "strips": []}],
            }
        ],
    }
    network = parse_network(document, "one lane")
    for kind in ("permit", "exempt", "watch", "cloned_plate"):
        with pytest.raises(ScenarioError, match="kind"):
            Traffic(Scenario(planted=(Planted(kind, 1.0, corridor="G104"),)), network)


def _beats_between(played: Played, site: str, from_ns: int, until_ns: int) -> list[dict[str, object]]:
    steps = [step for step in played.steps if from_ns <= step.from_ns < until_ns]
    return [beat for beat in itertools.chain(*(step.health for step in steps)) if beat["site"] == site]
