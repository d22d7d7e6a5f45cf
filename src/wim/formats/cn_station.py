"""JSON of Chinese weigh stations. Local time. [law_and_measurement.md §5.4 a, b; public station software]

From the device, one object a vehicle (``RecvVecData``), bare or inside ``{"data": …}``:

==================================  ====================================  =====================================
key                                 passage field                         unit or code in the file
==================================  ====================================  =====================================
dateTime                            time_ns, origin_ns                    ``2026-05-28 20:26:40.123``
stationId                           site
lane                                lane
sumWeight                           gross_kg                              kg (option: one product × 100)
axleCnt                             axle_count
lAxleWeight, rAxleWeight            left_kg, right_kg                     ``"3600,9650,…"`` kg (option)
axleWeight                          left_kg, AXLE_ONLY                    the same, where the two are absent
axleDis                             spacing_mm                            ``"3700,1300,…"`` mm (option)
axleType                            tyres                                 ``"1,2,…"`` 1 single, 2 dual
length                              length_mm                             cm (option)
speed                               speed_kmh                             km/h
reverse                             STOPPED where 1                       1 = against the lane's direction
==================================  ====================================  =====================================

From the station to the platform (``WeightJsonInfo``), the differences:

==================================  ====================================  =====================================
checkTime                           time_ns, origin_ns                    ``2026-05-28 20:26:40``
siteCode                            site
direction                           direction                             0 up, 1 down
plateNum                            plate
plateNumColor                       plate_colour                          0 blue, 1 yellow, 2 black, 3 white, 4
                                                                          green, 5 yellow-green (option: map)
width, height, length               width_mm, height_mm, length_mm        mm
reverse                             STOPPED (1, 16), STRADDLING (17)      kind of violation
checkType                           2 = weighed again: no crossing        1 first, 2 again
==================================  ====================================  =====================================

It has no axle loads and no spacings: they stay 0, AXLE_ONLY is set, and such a record is counted but never grounds for
a stop. Every other key is ignored, above all limits and excess: what is over is for the rules to say. Numbers may come
as text. Neither object has a sequence, so it is the ordinal among the rows of the lane with the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from wim.formats.chunk import Aside, Chunk, Fault, faults_of, site_bytes
from wim.formats.json_rows import JsonRows, json_rows, starts_as_json
from wim.formats.local_time import text_ns
from wim.formats.options import ReadOptions
from wim.formats.ordinals import Ordinals
from wim.forms import FormError, RowErrors
from wim.forms.checks import RANGES, shown, text_bytes, whole
from wim.records import MAX_AXLES, PASSAGE, UNKNOWN_COLOUR, Flag, Source, blank, text

_NAMES: tuple[str, ...] = PASSAGE.names or ()
_UNKNOWN: dict[str, Any] = dict(zip(_NAMES, blank(1)[0].tolist(), strict=True))

_NUMBER = re.compile(r"\s*-?\d{1,12}(?:\.\d{1,6})?\s*", re.ASCII)

_REWEIGHING = 2

#: Codes of `reverse` in the platform's record that tell how the wheels crossed: wrong way, reversing, riding the line.
_VIOLATIONS = {1: Flag.STOPPED, 16: Flag.STOPPED, 17: Flag.STRADDLING}

#: A mean axle above this is no vehicle but a wrong unit: no tyres carry it (contracts §3, AXLE_IMPLAUSIBLE).
_MOST_MEAN_AXLE_KG = 40_000
#: gross ÷ Σ axles when one of the two is stored times 100, with room for what scales disagree about.
_HUNDREDFOLD = (90, 110)


def recognises(head: bytes) -> bool:
    """Whether a file that begins so is one of these."""
    return starts_as_json(head) and b'"sumWeight"' in head and (b'"dateTime"' in head or b'"checkTime"' in head)


def read(path: Path, options: ReadOptions) -> Iterator[Chunk]:
    """The passages of a file; vehicles that were weighed again come as asides."""
    if options.site is not None:
        site_bytes(path, options.site)
    ordinals = Ordinals()
    for rows in json_rows(path):
        yield _chunk(rows, options, ordinals)


def _chunk(rows: JsonRows, options: ReadOptions, ordinals: Ordinals) -> Chunk:
    records, lines, faults, asides = [], [], list(rows.faults), []
    for line, value in zip(rows.lines, rows.values, strict=True):
        try:
            values, is_crossing = _record(value, options)
        except FormError as error:
            faults.append(Fault(line, str(error)))
            continue
        if is_crossing:
            records.append(tuple(values[name] for name in _NAMES))
            lines.append(line)
        else:
            asides.append(Aside(line, "reweighing", text(values["site"]), values["lane"], values["time_ns"]))
    passages = np.array(records, PASSAGE)
    errors = RowErrors(len(passages))
    ordinals.number(passages, errors)
    faults.extend(faults_of(errors, np.array(lines, np.int64)))
    return Chunk(passages[~errors.wrong], tuple(sorted(faults)), rows.first_line, tuple(asides))


def _record(value: Any, options: ReadOptions) -> tuple[dict[str, Any], bool]:
    """The record's fields, and whether it is a crossing."""
    if isinstance(value, Mapping) and isinstance(value.get("data"), Mapping):
        value = value["data"]
    if not isinstance(value, Mapping):
        raise FormError("record", f"{shown(value)} is not an object", "give one object a vehicle")
    fields = _UNKNOWN | {"source": int(Source.FILE)}
    if "checkTime" in value:
        fields |= _platform(value, options)
        return fields, value.get("checkType") not in (_REWEIGHING, str(_REWEIGHING))
    return fields | _device(value, options), True


def _device(obj: Mapping[str, Any], options: ReadOptions) -> dict[str, Any]:
    station = options.cn_station
    fields = _common(obj, "stationId", "dateTime", options)
    count = fields["axle_count"]
    flags, loads = _loads(obj, count, station.kg_per_axle_unit)
    _check_units(fields["gross_kg"], [left + right for left, right in zip(*loads, strict=True)])
    if _number(obj, "reverse", Decimal(1)) == 1:
        flags |= Flag.STOPPED
    spacings = _listed(obj, "axleDis", count - 1, station.mm_per_spacing_unit, RANGES["spacing_mm"])
    return fields | {
        "flags": int(flags),
        "left_kg": _padded(loads[0], MAX_AXLES),
        "right_kg": _padded(loads[1], MAX_AXLES),
        "spacing_mm": _padded(spacings or [], MAX_AXLES - 1),
        "tyres": _tyres(obj, count),
        "length_mm": _measure(obj, "length", "length_mm", station.mm_per_length_unit),
    }


def _platform(obj: Mapping[str, Any], options: ReadOptions) -> dict[str, Any]:
    fields = _common(obj, "siteCode", "checkTime", options)
    _check_units(fields["gross_kg"], [0] * fields["axle_count"])
    violation = _VIOLATIONS.get(_number(obj, "reverse", Decimal(1)) or 0, Flag(0))
    colour = _number(obj, "plateNumColor", Decimal(1))
    known = options.cn_station.colours
    plate = obj.get("plateNum")
    return fields | {
        "flags": int(Flag.AXLE_ONLY | violation),
        "direction": _measure(obj, "direction", "direction", Decimal(1)),
        "plate": text_bytes("plateNum", "" if plate is None else plate),
        "plate_colour": UNKNOWN_COLOUR if colour is None else known.get(colour, UNKNOWN_COLOUR),
        **{f"{side}_mm": _measure(obj, side, f"{side}_mm", Decimal(1)) for side in ("width", "height", "length")},
    }


def _common(obj: Mapping[str, Any], site_key: str, time_key: str, options: ReadOptions) -> dict[str, Any]:
    """What both records say, each under its own keys."""
    site = text_bytes(site_key, options.site if options.site is not None else _needed(obj, site_key))
    if not site:
        raise FormError(site_key, "it is empty", "give it, or the site as an option")
    time_ns = _time(time_key, _needed(obj, time_key), options)
    speed = _number(obj, "speed", Decimal(1))
    if speed is not None and speed < 0:
        raise FormError("speed", f"{speed} is out of range", "give km/h")
    return {
        "time_ns": time_ns,
        "origin_ns": time_ns,
        "site": site,
        "lane": _counted(obj, "lane", "lane", Decimal(1)),
        "gross_kg": _counted(obj, "sumWeight", "gross_kg", options.cn_station.kg_per_gross_unit),
        "axle_count": _counted(obj, "axleCnt", "axle_count", Decimal(1)),
        "speed_kmh": float("nan") if speed is None else float(speed),
    }


def _time(key: str, value: Any, options: ReadOptions) -> int:
    time_ns = text_ns(value, options.zone) if isinstance(value, str) else None
    if time_ns is None:
        raise FormError(key, f"{shown(value)} is not a time", "give it as 2026-05-28 20:26:40.123")
    return whole(key, time_ns, *RANGES["time_ns"])


def _loads(obj: Mapping[str, Any], count: int, unit: Decimal) -> tuple[Flag, tuple[list[int], list[int]]]:
    """Left and right loads: of the wheels where both sides are given, else whole axles on the left."""
    left = _listed(obj, "lAxleWeight", count, unit, RANGES["left_kg"])
    right = _listed(obj, "rAxleWeight", count, unit, RANGES["right_kg"])
    if left is not None and right is not None:
        return Flag(0), (left, right)
    axles = _listed(obj, "axleWeight", count, unit, RANGES["left_kg"])
    if axles is None:
        raise FormError("axleWeight", "it is missing", "give it, or lAxleWeight and rAxleWeight")
    return Flag.AXLE_ONLY, (axles, [0] * count)


def _check_units(gross_kg: int, axles_kg: list[int]) -> None:
    """A weight stored times 100 must not pass for a truck of a hundred tonnes."""
    axle_sum = sum(axles_kg)
    if max(gross_kg, axle_sum) > _MOST_MEAN_AXLE_KG * len(axles_kg):
        problem = f"{max(gross_kg, axle_sum)} kg on {len(axles_kg)} axles is no vehicle"
        raise FormError("sumWeight", problem, "set kg_per_gross_unit and kg_per_axle_unit, 0.01 where stored times 100")
    low, high = _HUNDREDFOLD
    if low * axle_sum <= gross_kg <= high * axle_sum and axle_sum:
        raise FormError("sumWeight", "it is 100 times the sum of the axles", "set kg_per_gross_unit to 0.01")
    if low * gross_kg <= axle_sum <= high * gross_kg and gross_kg:
        raise FormError("axleWeight", "the axles are 100 times sumWeight", "set kg_per_axle_unit to 0.01")


def _tyres(obj: Mapping[str, Any], count: int) -> int:
    """Two bits an axle; 0, unknown, where axleType is no list of one code an axle."""
    codes = obj.get("axleType")
    if not (count == 1 or isinstance(codes, list) or (isinstance(codes, str) and "," in codes)):
        return 0
    listed = _listed(obj, "axleType", count, Decimal(1), (0, 2))
    return sum(code << (2 * axle) for axle, code in enumerate(listed or []))


def _listed(obj: Mapping[str, Any], key: str, count: int, unit: Decimal, bounds: tuple[int, int]) -> list[int] | None:
    """`count` numbers of a list or of text with commas; None where there are none. Further ones must be 0."""
    value = obj.get(key)
    items = value.replace("，", ",").rstrip(", ").split(",") if isinstance(value, str) else value
    if items is None or items == [""]:
        return None
    if not isinstance(items, list):
        items = [items]
    numbers = [_scaled(key, item, unit) for item in items]
    if len(numbers) < count or any(numbers[count:]):
        raise FormError(key, f"it holds {len(numbers)} values, not {count}", "give as many as there are axles")
    return [whole(key, number, *bounds) for number in numbers[:count]]


def _padded(values: list[int], width: int) -> tuple[int, ...]:
    return (*values, *(0,) * (width - len(values)))


def _counted(obj: Mapping[str, Any], key: str, field: str, unit: Decimal) -> int:
    """A number that must be there, in the range of the passage's field."""
    return whole(key, _scaled(key, _needed(obj, key), unit), *RANGES[field])


def _measure(obj: Mapping[str, Any], key: str, field: str, unit: Decimal) -> int:
    """A number that may be absent, 0 then, in the range of the passage's field."""
    return whole(key, _number(obj, key, unit) or 0, *RANGES[field])


def _number(obj: Mapping[str, Any], key: str, unit: Decimal) -> int | None:
    value = obj.get(key)
    return None if value is None or value == "" else _scaled(key, value, unit)


def _needed(obj: Mapping[str, Any], key: str) -> Any:
    value = obj.get(key)
    if value is None:
        raise FormError(key, "it is missing", "every record needs it")
    return value


def _scaled(key: str, value: Any, unit: Decimal) -> int:
    """A number, or text that is one, times the unit, rounded half up."""
    written = value if isinstance(value, str) else shown(value)
    if isinstance(value, bool) or not _NUMBER.fullmatch(written):
        raise FormError(key, f"{shown(value)} is not a number", "give a decimal number of at most 12 digits")
    return int((Decimal(written) * unit).to_integral_value(ROUND_HALF_UP))
