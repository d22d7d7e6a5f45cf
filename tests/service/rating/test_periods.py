"""The periods of questions about rates."""

from __future__ import annotations

import pytest

from service.rating import periods
from service.rating.periods import Period, QuestionError

ZONE = "Asia/Shanghai"
#: 2026-05-01T00:00:00+08:00.
MAY_S = 1_777_564_800


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-01/2026-05-08", Period(MAY_S, MAY_S + 7 * 86_400)),
        ("2026-05-01T06:00:00+08:00/2026-05-01T09:00:00+08:00", Period(MAY_S + 6 * 3_600, MAY_S + 9 * 3_600)),
        ("2026-05-01/2026-04-30T17:00:00Z", Period(MAY_S, MAY_S + 3_600)),
    ],
)
def test_a_period_is_read_from_one_word(value: str, expected: Period) -> None:
    """Dates are of the zone, times carry their own offset, the end is exclusive."""
    assert periods.written("compare", value, ZONE, 3_660) == expected
    assert periods.rfc3339(expected.from_s, ZONE)[:10] == "2026-05-01"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("yesterday", "compare: is 'yesterday'; write previous, year or a period, 2026-05-01/2026-05-08"),
        ("2026-05-01/", "compare: is "),
        ("2026-05-08/2026-05-01", "compare: is not after its beginning; write the end after the beginning"),
        ("2026-05-01/2026-06-10", "compare: is more than 31 days after its beginning; ask for less at once"),
        ("2026-05-01/2026-05-01T00:30:00+08:00", "compare: is not on a whole hour"),
    ],
)
def test_a_period_that_is_none_is_refused_with_a_remedy(value: str, problem: str) -> None:
    """Which part of the question, what is wrong, what to write."""
    with pytest.raises(QuestionError) as raised:
        periods.written("compare", value, ZONE, 31)
    assert str(raised.value).startswith(problem)
