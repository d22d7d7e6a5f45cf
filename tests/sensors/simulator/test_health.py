"""Beats and sequences: what tells a silent site from a dark one, and a lost record from none."""

from __future__ import annotations

import json
from collections import Counter

import msgspec
import numpy as np

from service.messages.structs import Health
from tests.sensors.simulator.runs import Played
from wim.records import DAY_NS


def test_a_beat_is_a_health_message(eventful: Played) -> None:
    """Every beat reads as `wim.health.v1` with nothing unknown, whatever has failed."""
    for beat in eventful.beats:
        message = msgspec.json.decode(json.dumps(beat), type=Health)
        assert msgspec.to_builtins(message) == beat


def test_every_site_beats_once_a_minute(day: Played) -> None:
    """A day has 1 440 beats of each site, each of its own minute and with an id of its own."""
    minutes = DAY_NS // 60 // 10**9
    assert Counter(beat["site"] for beat in day.beats) == dict.fromkeys(
        (site.id for site in day.traffic.world.roads.sites), minutes
    )
    assert len({beat["id"] for beat in day.beats}) == len(day.beats)
    assert all(beat["time"].endswith(":00Z") for beat in day.beats)


def test_sequences_count_without_a_gap(eventful: Played) -> None:
    """In each lane and run the unit counts its triggers from one; a second vehicle in one trigger is its part 1."""
    sent = eventful.sent
    lanes = np.unique(sent[["site", "lane", "run"]])
    for lane in lanes:
        here = np.all([sent[field] == lane[field] for field in ("site", "lane", "run")], axis=0)
        rows = sent[here][np.argsort(sent[here]["time_ns"])]
        first = rows[rows["part"] == 0]
        assert np.array_equal(first["sequence"], np.arange(1, len(first) + 1))
        second = np.flatnonzero(rows["part"] == 1)
        for field in ("sequence", "origin_ns"):
            assert np.array_equal(rows[field][second], rows[field][second - 1])
    assert (sent["part"] == 1).any()
    assert sent["part"].max() == 1


def test_a_beat_tells_the_last_sequence_of_each_lane(eventful: Played) -> None:
    """What the beat says is what was recorded before it in that run; nothing yet is null."""
    last: dict[tuple[str, int, int], int] = {}
    told = 0
    for step in eventful.steps:
        for beat in step.health:
            if beat["time"] != _written(step.from_ns):
                continue  # a late one: its moment is over
            for lane in beat["lanes"]:
                told += 1
                assert lane["passage_sequence"] == last.get((beat["site"], lane["lane"], beat["run"]))
        for row in step.truth[step.truth["sent"]]:
            last[row["site"].decode(), int(row["lane"]), int(row["run"])] = int(row["sequence"])
    assert told > 1_000


def _written(time_ns: int) -> str:
    return str(np.datetime64(time_ns, "ns").astype("datetime64[s]")) + "Z"
