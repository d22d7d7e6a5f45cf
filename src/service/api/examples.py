"""What the document shows of an answer; a test holds each against its schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DAY = {
    "from": "2026-06-01T00:00:00+08:00",
    "to": "2026-06-02T00:00:00+08:00",
    "direction": "up",
    "passages": 18_204,
    "trucks": 4_102,
    "over_nominal": 131,
    "over_beyond_tolerance": 58,
    "rate_percent": 1.4139,
    "rate_low_percent": 1.0949,
    "rate_high_percent": 1.8241,
    "hundred_tonne": 2,
    "bands": {"0-10": 88, "10-20": 27, "20-30": 11, "30-50": 3, "hundred_tonne": 2},
    "excluded": {"SIDES_COPIED": 6},
    "net": {"trucks": 4_096, "over_beyond_tolerance": 58, "rate_percent": 1.416},
    "lane_hours_observed": 48,
    "lane_hours": 48,
    "plate_read_percent": 97.3577,
    "trips": None,
}

#: By the name of the schema.
EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "Rates": {
        "corridor": "G104",
        "from": "2026-06-01T00:00:00+08:00",
        "to": "2026-06-02T00:00:00+08:00",
        "bucket": "day",
        "by": None,
        "rule_set": "cn-2016",
        "rule_sets": ["cn-2016"],
        "revision": 0,
        "unit": "passages",
        "rows": [_DAY],
    },
    "Stats": {
        "id": "stats",
        "version": 1_780_275_598_000,
        "time": "2026-06-01T00:59:58Z",
        "schema": "wim.stats.v1",
        "corridors": [
            {
                "corridor": "G104",
                "from": "2026-06-01T00:00:00+08:00",
                "to": "2026-06-01T09:00:00+08:00",
                "passages": 5_120,
                "trucks": 1_874,
                "over_beyond_tolerance": 151,
                "hundred_tonne": 2,
                "rate_percent": 8.0576,
                "rate_low_percent": 6.9094,
                "rate_high_percent": 9.3775,
                "plate_read_percent": 97.3438,
                "lane_hours_observed": 16,
                "lane_hours": 18,
                "intercepts_open": 2,
                "intercepts_claimed": 1,
            }
        ],
    },
    "Accepted": {"accepted": 1, "ids": ["a8bb19a2f4bfaf31"]},
    "ProblemDocument": {
        "type": "urn:wim:problem:parameters_invalid",
        "title": "A parameter is wrong.",
        "status": 422,
        "code": "parameters_invalid",
        "detail": "from: is after to; give an earlier one",
        "request_id": "54800db9ad614bb4b3787802f7466ff5",
        "errors": [{"field": "from", "problem": "is after to", "remedy": "give an earlier one"}],
    },
}
