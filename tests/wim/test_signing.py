"""What a passage has of its frame's head: every field that both have, and what the unit says of clock and window."""

from __future__ import annotations

import numpy as np
import pytest

from wim.frames import FRAME_HEAD, FrameFlag
from wim.records import PASSAGE, UNKNOWN_GAP_MS, Flag, Passages, Source, blank
from wim.signing import keep_distance, sign

START_NS = 1_780_272_000 * 10**9
#: Both have them, and they mean the same; the flags of a frame are others than those of a passage.
SHARED = sorted({*(FRAME_HEAD.names or ())} & {*(PASSAGE.names or ())} - {"flags"})
OF_FIRST = ["height_mm", "length_mm", "plate", "plate_colour", "plate_confidence", "tyres", "width_mm"]


def head(flags: int = FrameFlag.CLOCK_LOCKED) -> np.void:
    """A head whose every byte is another one, but for what must make sense."""
    made = np.frombuffer(bytes(range(1, FRAME_HEAD.itemsize + 1)), FRAME_HEAD).copy()
    made["start_ns"], made["flags"], made["site"], made["plate"] = START_NS, flags, b"G104-K012", "苏A12345".encode()
    return made[0]


def signed(flags: int = FrameFlag.CLOCK_LOCKED, more: int = 0) -> Passages:
    """Two vehicles of a frame, 1.5 s and 2.25 s after its first sample, the second of them with a flag already."""
    measured = blank(2)
    measured["time_ns"], measured["flags"] = [1_500_000_000, 2_250_000_000], [0, Flag.TAILGATING]
    records = bytearray(measured.tobytes())
    sign(records, head(flags).tobytes(), 7, more)
    return np.frombuffer(records, PASSAGE)


def test_a_passage_has_what_its_frame_says() -> None:
    """Site, place and numbers are both vehicles'; plate, size and tyres are the first one's alone."""
    found, of = signed(), head()
    for name in SHARED:
        assert found[name][0] == of[name], name
        assert found[name][1] == (blank(1)[name][0] if name in OF_FIRST else of[name]), name
    assert found["part"].tolist() == [0, 1]
    assert found["origin_ns"].tolist() == [START_NS, START_NS]
    assert found["time_ns"].tolist() == [START_NS + 1_500_000_000, START_NS + 2_250_000_000]
    assert set(found["source"].tolist()) == {Source.FRAME}
    assert found["calibration"].tolist() == [7, 7]


@pytest.mark.parametrize(
    ("said", "flag"),
    [
        (FrameFlag(0), Flag.CLOCK_UNLOCKED),
        (FrameFlag.CLOCK_LOCKED, Flag(0)),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.NO_LOOP, Flag(0)),
        (FrameFlag.SIMULATED, Flag.SIMULATED | Flag.CLOCK_UNLOCKED),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.CUT, Flag.STOPPED),
        (FrameFlag.CLOCK_LOCKED | FrameFlag.NEIGHBOUR, Flag.STRADDLING),
    ],
)
def test_what_the_unit_says_becomes_flags(said: FrameFlag, flag: Flag) -> None:
    """Beside those that were measured and those of the channel table."""
    assert signed(said)["flags"].tolist() == [flag, flag | Flag.TAILGATING]
    assert signed(said, Flag.STRIP_FAULT)["flags"][0] == flag | Flag.STRIP_FAULT


def test_the_gap_is_counted_from_the_last_axle_before() -> None:
    """Unknown for the first vehicle that a lane shows, and where it is longer than the field or turned around."""
    records = bytearray(signed().tobytes())

    def gaps(before_ns: int | None) -> list[int]:
        last_ns = keep_distance(records, [1.75, 2.5], before_ns)
        assert last_ns == START_NS + 2_500_000_000
        found: list[int] = np.frombuffer(records, PASSAGE)["gap_ms"].tolist()
        return found

    assert gaps(None) == [UNKNOWN_GAP_MS, 500]
    assert gaps(START_NS) == [1_500, 500]
    assert gaps(START_NS - 100 * 10**9) == [UNKNOWN_GAP_MS, 500]
    assert gaps(START_NS + 5 * 10**9) == [UNKNOWN_GAP_MS, 500]
