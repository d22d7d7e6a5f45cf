"""The JSON form of a passage: HTTP, exports and messages (contracts §2).

The names of the record, with these differences:

==========  ======================================================================================
key         instead of
==========  ======================================================================================
id          the identity, 16 hex digits; given on input it must be the right one
time        time_ns, RFC 3339 in UTC with nine digits of a second; any offset and 0–9 digits on input
flags       the names of the set bits; a bit that has no name is reserved and not written
axles       left_kg, right_kg, spacing_mm: ``[{"left_kg", "right_kg", "spacing_mm"}]``, null on the last
==========  ======================================================================================

A number that is unknown (NaN) is null. On input time, site, lane, direction, sequence, gross_kg and axles are required;
whatever else is absent or null is unknown, `origin_ns` is the time, `source` a roadside unit. Unknown keys are ignored.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wim.forms.checks import FRACTION_RANGES, RANGES, FormError, RowErrors, fraction, shown, text_bytes, whole
from wim.records import (
    MAX_AXLES,
    PASSAGE,
    UNKNOWN_COLOUR,
    UNKNOWN_GAP_MS,
    Flag,
    Passages,
    Source,
    flag_names,
    passage_ids,
    text,
)

#: The keys in the order in which they are written.
KEYS = (
    "id", "time", "origin_ns", "site", "plate", "sequence", "flags", "lane", "direction", "axle_count",
    "plate_colour", "plate_confidence", "source", "calibration", "gross_kg", "tyres", "speed_kmh",
    "acceleration_ms2", "pavement_c", "gross_sigma", "length_mm", "width_mm", "height_mm", "gap_ms", "axles",
    "part", "run",
)  # fmt: skip

_NAMES: tuple[str, ...] = PASSAGE.names or ()

#: Whole numbers that may be absent, with the value that then stands. axle_count and origin_ns follow other keys.
_DEFAULTS = {
    "plate_colour": UNKNOWN_COLOUR,
    "plate_confidence": 0,
    "source": int(Source.UNIT),
    "calibration": 0,
    "tyres": 0,
    "length_mm": 0,
    "width_mm": 0,
    "height_mm": 0,
    "gap_ms": UNKNOWN_GAP_MS,
    "part": 0,
    "run": 0,
}
_REQUIRED = ("sequence", "lane", "direction", "gross_kg")

_RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_TIME_REMEDY = "give RFC 3339 with a zone, such as 2026-05-28T20:26:40.123456789Z"
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_SECOND = datetime.timedelta(seconds=1)


def to_json(passages: Passages) -> list[dict[str, Any]]:
    """The JSON form of each of `passages`, shape (n,), ready for any JSON encoder."""
    columns = [_written(passages, key) for key in KEYS]
    return [dict(zip(KEYS, row, strict=True)) for row in zip(*columns, strict=True)]


def from_json(obj: Mapping[str, Any]) -> Passages:
    """The passage of one JSON object, shape (1,). Raises FormError with the first field that is wrong."""
    passages, errors = from_json_rows([obj])
    for error in errors.first.values():
        raise error
    return passages


def from_json_rows(objects: Sequence[Any]) -> tuple[Passages, RowErrors]:
    """The passages of the right ones of n objects, shape (≤ n,), in their order, and the errors of the wrong ones."""
    errors = RowErrors(len(objects))
    records = []
    for row, obj in enumerate(objects):
        try:
            records.append(_record(obj))
        except FormError as error:
            errors.add(row, error)
    passages = np.array(records, PASSAGE)
    foreign = _foreign_ids(objects, passages, errors)
    return passages[~foreign], errors


def instant_ns(field: str, value: Any) -> int:
    """An RFC 3339 time as nanoseconds since 1970, in whole numbers throughout."""
    match = _RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise FormError(field, f"{shown(value)} is not a time", _TIME_REMEDY)
    *civil, digits, sign, hours, minutes = match.groups()
    offset = (int(hours) * 60 + int(minutes)) * 60 if sign else 0
    if sign and (int(hours) > 23 or int(minutes) > 59):
        raise FormError(field, f"{shown(value)} has no such offset", _TIME_REMEDY)
    try:
        moment = datetime.datetime(*map(int, civil), tzinfo=datetime.UTC)  # type: ignore[misc,arg-type]
    except ValueError as error:
        raise FormError(field, f"{shown(value)}: {error}", _TIME_REMEDY) from None
    seconds = (moment - _EPOCH) // _SECOND - (-offset if sign == "-" else offset)
    return whole(field, seconds * 10**9 + int((digits or "0").ljust(9, "0")), *RANGES["time_ns"])


def _written(passages: Passages, key: str) -> list[Any]:
    write = _WRITTEN.get(key)
    return write(passages) if write else passages[key].tolist()


def _written_times(passages: Passages) -> list[str]:
    stamps = np.datetime_as_string(passages["time_ns"].astype("datetime64[ns]"))
    return [f"{stamp}Z" for stamp in stamps.tolist()]


def _written_texts(field: str) -> Callable[[Passages], list[Any]]:
    return lambda passages: [text(value) for value in passages[field].tolist()]


def _written_fractions(field: str) -> Callable[[Passages], list[Any]]:
    # str() of a float32 has the fewest digits that bring the same 32 bits back: 72.3, not 72.30000305175781.
    return lambda passages: [
        float(str(value)) if known else None
        for value, known in zip(passages[field], np.isfinite(passages[field]).tolist(), strict=True)
    ]


def _written_flags(passages: Passages) -> list[list[str]]:
    return [flag_names(bits) for bits in passages["flags"].tolist()]


def _written_axles(passages: Passages) -> list[list[dict[str, int | None]]]:
    counts = np.minimum(passages["axle_count"], MAX_AXLES).tolist()
    lefts, rights, spacings = (passages[name].tolist() for name in ("left_kg", "right_kg", "spacing_mm"))
    return [
        [
            {"left_kg": left[i], "right_kg": right[i], "spacing_mm": spacing[i] if i < count - 1 else None}
            for i in range(count)
        ]
        for count, left, right, spacing in zip(counts, lefts, rights, spacings, strict=True)
    ]


_WRITTEN: dict[str, Callable[[Passages], list[Any]]] = {
    "id": passage_ids,
    "time": _written_times,
    "flags": _written_flags,
    "axles": _written_axles,
    **{field: _written_texts(field) for field in ("site", "plate")},
    **{field: _written_fractions(field) for field in FRACTION_RANGES},
}


def _record(obj: Any) -> tuple[Any, ...]:
    """One object's values in the order of the record's fields."""
    if not isinstance(obj, Mapping):
        raise FormError("passage", f"{shown(obj)} is not an object", 'give {"time": …, "site": …, …}')
    values: dict[str, Any] = {"time_ns": instant_ns("time", _required(obj, "time")), "site": _site(obj)}
    values["origin_ns"] = _whole_or(obj, "origin_ns", values["time_ns"])
    values["plate"] = text_bytes("plate", _given(obj, "plate", ""))
    values["flags"] = _flags(_given(obj, "flags", []))
    values |= {field: whole(field, _required(obj, field), *RANGES[field]) for field in _REQUIRED}
    values |= {field: _whole_or(obj, field, default) for field, default in _DEFAULTS.items()}
    values |= {field: fraction(field, obj.get(field)) for field in FRACTION_RANGES}
    values |= _axles(obj)
    return tuple(values[name] for name in _NAMES)


def _given(obj: Mapping[str, Any], key: str, default: Any) -> Any:
    value = obj.get(key)
    return default if value is None else value


def _required(obj: Mapping[str, Any], key: str) -> Any:
    value = obj.get(key)
    if value is None:
        raise FormError(key, "it is missing", "every passage needs it")
    return value


def _whole_or(obj: Mapping[str, Any], field: str, default: int) -> int:
    return whole(field, _given(obj, field, default), *RANGES[field])


def _site(obj: Mapping[str, Any]) -> bytes:
    site = text_bytes("site", _required(obj, "site"))
    if not site:
        raise FormError("site", "it is empty", "give the site's id")
    return site


def _flags(names: Any) -> int:
    bits = 0
    if not isinstance(names, list | tuple):
        raise FormError("flags", f"{shown(names)} is not a list", 'give names, such as ["AXLE_ONLY"]')
    for name in names:
        if not isinstance(name, str) or name not in Flag.__members__:
            raise FormError("flags", f"{shown(name)} is no flag", f"choose from {', '.join(Flag.__members__)}")
        bits |= Flag[name]
    return bits


def _axles(obj: Mapping[str, Any]) -> dict[str, Any]:
    axles = _required(obj, "axles")
    if not isinstance(axles, list | tuple) or not 1 <= len(axles) <= MAX_AXLES:
        raise FormError("axles", "not a list of 1 to 16 axles", "give one object an axle, front to rear")
    count = _whole_or(obj, "axle_count", len(axles))
    if count != len(axles):
        raise FormError("axle_count", f"{count}, but {len(axles)} axles follow", "give as many axles as were counted")
    read = [_axle(number, axle, number == count) for number, axle in enumerate(axles, 1)]
    left, right, spacing = zip(*read, strict=True)
    padding = (0,) * (MAX_AXLES - count)
    return {
        "axle_count": count,
        "left_kg": left + padding,
        "right_kg": right + padding,
        "spacing_mm": (spacing + padding)[: MAX_AXLES - 1],
    }


def _axle(number: int, axle: Any, last: bool) -> tuple[int, int, int]:
    """left_kg, right_kg, spacing_mm of axle `number`, counted from 1; 0 behind the last."""
    if not isinstance(axle, Mapping):
        remedy = 'give {"left_kg": …, "right_kg": …, "spacing_mm": …}'
        raise FormError(f"axles[{number}]", f"{shown(axle)} is not an object", remedy)
    loads = [_axle_value(number, axle, field) for field in ("left_kg", "right_kg")]
    if not last:
        return loads[0], loads[1], _axle_value(number, axle, "spacing_mm")
    if axle.get("spacing_mm") is not None:
        raise FormError(f"axles[{number}].spacing_mm", "nothing follows the last axle", "give null there")
    return loads[0], loads[1], 0


def _axle_value(number: int, axle: Mapping[str, Any], field: str) -> int:
    place = f"axles[{number}].{field}"
    if axle.get(field) is None:
        raise FormError(place, "it is missing", "every axle needs it; only the last has no spacing")
    return whole(place, axle[field], *RANGES[field])


def _foreign_ids(objects: Sequence[Any], passages: Passages, errors: RowErrors) -> npt.NDArray[np.bool_]:
    """Which of `passages` were given an id that is not theirs; reported in `errors`."""
    foreign = np.zeros(len(passages), np.bool_)
    ids = [objects[row].get("id") for row in np.flatnonzero(~errors.wrong).tolist()]
    named = np.array([given is not None for given in ids], np.bool_)
    rows = np.flatnonzero(~errors.wrong)[named].tolist()
    for index, row, identity in zip(np.flatnonzero(named).tolist(), rows, passage_ids(passages[named]), strict=True):
        given = ids[index]
        if given != identity:
            remedy = f"leave it out, or give {identity}, which site, lane, part, origin_ns and sequence make"
            errors.add(row, FormError("id", f"{shown(given)} is not this crossing's", remedy))
            foreign[index] = True
    return foreign
