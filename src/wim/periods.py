"""Dates and times of a registry as UTC nanoseconds, and periods of them.

======================================  ==========================================================================
written (TOML, or the same as a text)   means
======================================  ==========================================================================
`2026-01-01`                            local midnight at which that day begins, in the zone of the place
`2026-03-01T06:30:00`                   that local time in the zone of the place; refused where clocks show it twice
                                        or never
`2026-03-01T06:30:00+08:00`, `…Z`       that instant
======================================  ==========================================================================

A period is `[from_ns, until_ns)`: `from` is inside, `until` is not.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar, Final, Protocol, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from wim.document import Reader, Table, WrongValueError, shown

#: The zone of dates that stand in no place, and of imported files: the law, the sites and the records are Chinese.
DEFAULT_TIMEZONE: Final = "Asia/Shanghai"

#: Before every time that a record can have, and after: what an open end is stored as.
ALWAYS_NS: Final = -(2**63)
NEVER_NS: Final = 2**63 - 1

#: Years whose nanoseconds fit in 64 bits with room to add a day.
_YEARS = range(1970, 2262)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?")
_WRITE_A_TIME = "write a date as 2026-01-01, or a time as 2026-01-01T20:00:00+08:00"


class _Dated(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def from_ns(self) -> int: ...
    @property
    def until_ns(self) -> int: ...


D = TypeVar("D", bound=_Dated)


def timezone(value: object) -> str:
    """The name of a time zone that this machine knows."""
    name = value if isinstance(value, str) else ""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, or a folder of names
        near = difflib.get_close_matches(name[:64], available_timezones(), n=1) or [DEFAULT_TIMEZONE]
        raise WrongValueError(f"is {shown(value)}, no time zone", f"write an IANA name, as {shown(near[0])}") from None
    return name


def moment(zone: str) -> Reader[int]:
    """A date or time in nanoseconds, as the table above says."""

    def read(value: object) -> int:
        written = _written(value) if isinstance(value, str) else value
        if isinstance(written, datetime):
            return _instant_ns(written, zone)
        if isinstance(written, date):
            return _checked_ns(datetime.combine(written, time(), ZoneInfo(zone)))
        raise WrongValueError(f"is {shown(value)}", _WRITE_A_TIME)

    return read


def to_ns(instant: datetime) -> int:
    """An instant with a zone in nanoseconds since 1970, exactly."""
    return (instant - _EPOCH) // _MICROSECOND * 1_000


def to_local(time_ns: int, zone: str) -> datetime:
    """The local time in `zone`, to the microsecond."""
    return (_EPOCH + timedelta(microseconds=time_ns // 1_000)).astimezone(ZoneInfo(zone))


def take_period(table: Table, zone: str) -> tuple[int, int]:
    """`from` and `until` of a table, both required, in nanoseconds."""
    from_ns = table.take("from", moment(zone), 0)
    until_ns = table.take("until", moment(zone), NEVER_NS)
    if until_ns <= from_ns:  # a faulty one is as far out as can be
        table.note("until", "is not after `from`", "write the first day that is no longer inside")
    return from_ns, until_ns


def in_force(periods: Sequence[D], time_ns: int) -> D | None:
    """Of the periods that hold `time_ns` the one that began last, or None. `periods` rise by `from_ns`."""
    return next((item for item in reversed(periods) if item.from_ns <= time_ns < item.until_ns), None)


def until_next(items: Iterable[D]) -> tuple[D, ...]:
    """The items in the order of their beginnings, each made to end where the next one begins."""
    rising = sorted(items, key=lambda item: item.from_ns)
    ends = [*(item.from_ns for item in rising[1:]), NEVER_NS]
    return tuple(replace(item, until_ns=end) for item, end in zip(rising, ends, strict=False))  # of none, no end


def _written(value: str) -> date | datetime | None:
    """The date or time that a text holds, None where it holds neither."""
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
        return datetime.fromisoformat(value) if _DATETIME.fullmatch(value) else None
    except ValueError:  # such as the 30th of February
        return None


def _instant_ns(written: datetime, zone: str) -> int:
    if written.tzinfo is not None:
        return _checked_ns(written)
    early, late = (written.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        problem = f"is {shown(written)}, which clocks in {zone} show twice or never"
        raise WrongValueError(problem, f"add the offset, as {early.isoformat()}")
    return _checked_ns(early)


def _checked_ns(instant: datetime) -> int:
    if instant.year not in _YEARS:
        raise WrongValueError(f"is {shown(instant)}", f"write a year from {_YEARS.start} to {_YEARS.stop - 1}")
    return to_ns(instant)
