"""What the demo asks of its own processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.demo.glimpse import unread_bytes

METRICS = """
# HELP wim_lag_messages Behind the log's end.
wim_lag_messages{partition="0",stream_lane="screen",topic="wim.passages.v1"} 900.0
wim_lag_messages{partition="1",stream_lane="screen",topic="wim.passages.v1"} 100.0
wim_lag_messages{partition="0",stream_lane="measure",topic="wim.frames.v1"} NaN
wim_lag_messages{partition="1",stream_lane="measure",topic="wim.frames.v1"} 7.0
wim_lag_messages{partition="0",stream_lane="cases",topic="wim.violations.v1"} 1e+06
wim_lag_seconds{stream_lane="screen"} 99.0
"""


@pytest.mark.parametrize(("frame_bytes", "found"), [(1_000, 180_000.0), (40_000, 280_000.0)])
def test_the_fullest_partition_counts_by_the_size_of_its_messages(
    frame_bytes: int, found: float, tmp_path: Path
) -> None:
    """Not the sum of all, not what nobody can tell, and nothing of the lanes that were not asked for."""
    (tmp_path / "metrics").write_text(METRICS, "utf-8")
    address = (tmp_path / "metrics").as_uri()
    assert unread_bytes(address, {"screen": 200, "measure": frame_bytes}) == found


def test_a_worker_that_does_not_answer_is_not_behind(tmp_path: Path) -> None:
    """Whether it lives is another question."""
    assert unread_bytes((tmp_path / "metrics").as_uri(), {"screen": 200}) == 0
