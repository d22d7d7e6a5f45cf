"""Files of frames measured without Kafka: which passage is of which frame, and what is counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from service.measuring import Measuring, Meters
from tests.wim.crossings import CAR, START_NS, frame, network
from wim.frames import NO_NOW_NS, Frame, FrameError, write_frames
from wim.records import Passages, blank
from wim.sites import Lane, Site


class Meter:
    """As many vehicles as the frame's `length_mm` says; 13 of them are too much for it, and the 14th has no axle."""

    def __init__(self, site: Site, lane: Lane) -> None:
        self.seen = 0

    def measure(self, frame: Frame) -> Passages:
        self.seen += 1
        found = blank(int(frame.head["length_mm"]))
        found["sequence"], found["gap_ms"] = frame.head["sequence"], self.seen
        found["time_ns"], found["origin_ns"], found["site"] = START_NS, START_NS, frame.head["site"]
        found["gross_sigma"], found["axle_count"] = 0.02, 2
        found["axle_count"][13:] = 0
        return found if len(found) != 13 else 1 // 0


def measured(path: Path, *messages: bytes) -> tuple[Measuring, list[tuple[int, int]], list[tuple[int, str]]]:
    """What was counted, the (frame, sequence) of each passage, and the complaints."""
    write_frames(path, messages)
    complaints: list[tuple[int, str]] = []

    def complain(file: Path, index: int, error: FrameError) -> None:
        assert file == path
        complaints.append((index, error.reason))

    measuring = Measuring(network(), Meters(Meter), complain)
    found = [
        pair
        for framed in measuring.file(path, NO_NOW_NS)
        for pair in zip(framed.frame.tolist(), framed.passages["sequence"].tolist(), strict=True)
    ]
    return measuring, found, complaints


def numbered(sequence: int, vehicles: int = 1, **fields: object) -> bytes:
    """A frame with that number and so many vehicles."""
    return frame(CAR, sequence=sequence, start_ns=START_NS + sequence * 10**9, length_mm=vehicles, **fields)


def test_every_passage_names_its_frame_and_every_frame_is_counted(tmp_path: Path) -> None:
    """Two vehicles in one, none in another, four that give no weight, one of them because the meter gave nonsense."""
    path = tmp_path / "a.wimf"
    bad = [numbered(3, site=b"NOWHERE"), numbered(4, rate_hz=1), numbered(5, 13), numbered(6, 14)]
    measuring, found, complaints = measured(path, numbered(1, 2), numbered(2, 0), *bad, numbered(8))
    assert found == [(0, 1), (0, 1), (6, 8)]
    assert complaints == [(2, "site"), (3, "rate_hz"), (4, "measure"), (5, "measure")]
    assert measuring.document() == {
        "frames": 7,
        "passages": 3,
        "empty": 1,
        "missing": 3,
        "refused": {"measure": 2, "rate_hz": 1, "site": 1},
    }


def test_a_lane_keeps_its_meter_through_the_file(tmp_path: Path) -> None:
    """What a meter remembers of the frame before is that lane's."""
    messages = [numbered(1), numbered(2, lane=2, direction=1), numbered(3)]
    write_frames(tmp_path / "a.wimf", messages)
    measuring = Measuring(network(), Meters(Meter), lambda path, index, error: None)
    [framed] = measuring.file(tmp_path / "a.wimf", NO_NOW_NS)
    assert framed.passages["gap_ms"].tolist() == [1, 1, 2]


def test_a_long_file_comes_in_pieces_without_a_seam(tmp_path: Path) -> None:
    """However many there are, in their order."""
    _, found, _ = measured(tmp_path / "a.wimf", *[numbered(n) for n in range(5_000)])
    assert found == [(n, n) for n in range(5_000)]
    assert np.all(np.diff([sequence for _, sequence in found]) == 1)


def test_a_meter_that_cannot_be_made_costs_its_frames_alone(tmp_path: Path) -> None:
    """A registry that the estimator cannot work with is a complaint for each frame, not the end."""

    def make(site: Site, lane: Lane) -> Meter:
        if lane.number == 1:
            raise ValueError("no such layout")
        return Meter(site, lane)

    write_frames(tmp_path / "a.wimf", [numbered(1), numbered(2, lane=2, direction=1)])
    measuring = Measuring(network(), Meters(make), lambda path, index, error: None)
    [framed] = measuring.file(tmp_path / "a.wimf", NO_NOW_NS)
    assert framed.frame.tolist() == [1]
    assert measuring.refused == {"measure": 1}
