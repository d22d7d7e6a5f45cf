"""What cannot be a measured passage, said record by record."""

from __future__ import annotations

import math

import numpy as np

from tests.reference.decode import wrong


def unsound(record: np.void, latest_ns: int) -> bool:
    """Whether this record, shape (), cannot be a weight."""
    if wrong(record.tobytes(), latest_ns - 24 * 3600 * 10**9) or math.isnan(record["gross_sigma"]):
        return True
    axles, gross = int(record["axle_count"]), int(record["gross_kg"])
    wheels = sum(int(kg) for side in ("left_kg", "right_kg") for kg in record[side][:axles])
    return 1000 * abs(gross - wheels) > max(10_000 * axles, 2 * gross)
