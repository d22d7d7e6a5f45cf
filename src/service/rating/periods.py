"""The periods of questions: read as people write them, on whole hours, and those to compare them with."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from service.store.spans import HOUR_S
from wim.document import WrongValueError
from wim.periods import moment, to_local
from wim.records import DAY_NS

_SECOND_NS = 10**9

#: A query string turns the + of an offset into a space unless its author writes %2B; nothing else can be meant.
_LOST_PLUS = re.compile(r"^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*) (\d\d:\d\d)$")


class QuestionError(ValueError):
    """A question that has no answer: which part of it, what is wrong, and what to ask instead."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"{field}: {problem}; {remedy}")
        self.field, self.problem, self.remedy = field, problem, remedy


@dataclass(frozen=True, slots=True)
class Period:
    """Seconds since 1970 on whole hours, `to_s` exclusive."""

    from_s: int
    to_s: int


def read_ns(field: str, value: str, zone: str) -> int:
    """A date (its first instant in the zone) or a time in ns. Raises QuestionError."""
    try:
        return moment(zone)(_LOST_PLUS.sub(r"\1+\2", value))
    except WrongValueError as wrong:
        raise QuestionError(field, wrong.problem, wrong.remedy) from None


def period(from_: str | None, to: str | None, zone: str, now_ns: int, most_days: int) -> Period:
    """From and to of a question; without them the day so far. Raises QuestionError."""
    to_s = _whole_hour("to", read_ns("to", to, zone)) if to is not None else _hour_after(now_ns)
    # The local day that the period's last hour belongs to.
    usual_ns = (to_s - HOUR_S) * _SECOND_NS
    from_s = _whole_hour("from", read_ns("from", from_ or _date(usual_ns, zone), zone))
    return _checked("to", Period(from_s, to_s), most_days)


def written(field: str, value: str, zone: str, most_days: int) -> Period:
    """A period in one word, "2026-05-01/2026-05-08", the end exclusive. Raises QuestionError."""
    begin, slash, end = value.partition("/")
    if not slash:
        raise QuestionError(field, f"is {value!r}", "write previous, year or a period, 2026-05-01/2026-05-08")
    from_s, to_s = (_whole_hour(field, read_ns(field, part, zone)) for part in (begin, end))
    return _checked(field, Period(from_s, to_s), most_days, "its beginning")


def before(asked: Period, zone: str) -> Period:
    """The period of the same length that ends where this one begins: whole months before months, days before days."""
    start, end = _local(asked.from_s, zone), _local(asked.to_s, zone)
    if _is_midnight(start) and _is_midnight(end):
        months = (end.year - start.year) * 12 + end.month - start.month
        if start.day == end.day == 1:
            return Period(_seconds(_months_back(start, months)), asked.from_s)
        days = (end.date() - start.date()).days
        return Period(_seconds(start - datetime.timedelta(days=days)), asked.from_s)
    return Period(2 * asked.from_s - asked.to_s, asked.from_s)


def year_before(asked: Period, zone: str) -> Period:
    """The same dates and hours at the zone's clock one year earlier; 28 February for the 29th."""
    start, end = (_months_back(_local(at_s, zone), 12) for at_s in (asked.from_s, asked.to_s))
    return Period(_seconds(start), _seconds(end))


def rfc3339(at_s: int, zone: str) -> str:
    """Seconds since 1970 at the zone's clock."""
    return _local(at_s, zone).isoformat()


def _checked(field: str, asked: Period, most_days: int, begin: str = "`from`") -> Period:
    """The period, which ends after it begins and is not too long."""
    if asked.from_s >= asked.to_s:
        raise QuestionError(field, f"is not after {begin}", "write the end after the beginning")
    if (asked.to_s - asked.from_s) * _SECOND_NS > most_days * DAY_NS:
        raise QuestionError(field, f"is more than {most_days} days after {begin}", "ask for less at once")
    return asked


def _whole_hour(field: str, at_ns: int) -> int:
    if at_ns % (HOUR_S * _SECOND_NS):
        problem, remedy = "is not on a whole hour", "figures are kept by the hour: write one with minutes 00"
        raise QuestionError(field, problem, remedy)
    return at_ns // _SECOND_NS


def _hour_after(now_ns: int) -> int:
    return (now_ns // _SECOND_NS // HOUR_S + 1) * HOUR_S


def _date(at_ns: int, zone: str) -> str:
    return to_local(at_ns, zone).date().isoformat()


def _local(at_s: int, zone: str) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at_s, ZoneInfo(zone))


def _is_midnight(at: datetime.datetime) -> bool:
    return at.time() == datetime.time()


def _months_back(at: datetime.datetime, months: int) -> datetime.datetime:
    """The same day of an earlier month, or that month's last."""
    year, month = divmod(at.year * 12 + at.month - 1 - months, 12)
    for day in range(at.day, 0, -1):
        try:
            return at.replace(year=year, month=month + 1, day=day, fold=0)
        except ValueError:  # no such day in that month
            continue
    raise AssertionError("every month has a first day")


def _seconds(at: datetime.datetime) -> int:
    return int(at.timestamp())
