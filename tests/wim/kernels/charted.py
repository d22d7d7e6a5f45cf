"""A chart of a kernel beside the naive one."""

from __future__ import annotations

import numpy as np
import pytest

from tests.reference.control_chart import Chart
from wim.kernels import cusum

SIGNS = {"high": cusum.HIGH, "low": cusum.LOW, "strange": cusum.STRANGE}


def assert_same(found: np.void, naive: Chart) -> None:
    """Same counts and times; sums to six digits."""
    assert found["seen"] == len(naive.values)
    assert found["watched"] == naive.watched
    if naive.ring is None:
        assert found["alarm"] == cusum.NONE
        assert found["high"] == pytest.approx(naive.high.height, rel=1e-6, abs=1e-6)
        assert found["low"] == pytest.approx(naive.low.height, rel=1e-6, abs=1e-6)
        assert found["threshold"] == pytest.approx(naive.threshold, rel=1e-6)
        return
    assert found["alarm"] == SIGNS[naive.ring.sign]
    assert (found["alarm_ns"], found["good_ns"]) == (naive.ring.at_ns, naive.ring.good_ns)
    assert found["alarm_seen"] == len(naive.ring.offs)
    assert found["alarm_sum"] == pytest.approx(sum(naive.ring.offs), rel=1e-6, nan_ok=True)
    assert found["alarm_score"] == pytest.approx(naive.ring.score, rel=1e-6)
    assert found["alarm_threshold"] == pytest.approx(naive.ring.threshold, rel=1e-6)
