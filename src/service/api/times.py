"""Times in requests and answers: dates of a place and RFC 3339 times."""

from __future__ import annotations

from service.api.problems import wrong_question
from service.rating import periods
from service.rating.periods import QuestionError
from wim.periods import to_local


def read_ns(field: str, value: str, zone: str) -> int:
    """A date (its first instant in the zone) or a time in ns. Raises the problem of a wrong parameter."""
    try:
        return periods.read_ns(field, value, zone)
    except QuestionError as wrong:
        raise wrong_question(wrong) from None


def maybe_ns(field: str, value: str | None, zone: str) -> int | None:
    """The same of a parameter that may be left out."""
    return None if value is None else read_ns(field, value, zone)


def local_ns(at_ns: int, zone: str) -> str:
    """Nanoseconds since 1970 at the zone's clock, to the microsecond at best."""
    return to_local(at_ns, zone).isoformat()
