"""JSON of Chinese weigh stations: units, codes and the trap of weights stored times 100."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wim.formats import CAMERA_COLOURS, Chunk, CnStationOptions, ReadOptions, open_passages
from wim.forms import to_json
from wim.records import Flag, Source, text

#: A six-axle truck as the device sends it; made up.
DEVICE: dict[str, Any] = {
    "deviceId": "D1", "stationId": "320481001", "matchNo": "M-17", "lane": 2, "sumWeight": 48_800, "axleCnt": 6,
    "axleGrpCnt": 3, "axleWeight": "6100,8600,8500,8500,8600,8500", "lAxleWeight": "3000,4300,4200,4250,4300,4250",
    "rAxleWeight": "3100,4300,4300,4250,4300,4250", "axleType": "1,2,2,2,2,2", "axleDis": "3700,1300,6860,1280,1280",
    "axleGrpType": "1,5,7", "length": 1735, "speed": 68, "runState": 0, "reverse": 0,
    "dateTime": "2026-05-29 04:26:40.123",
}  # fmt: skip

#: The same truck as the station reports it.
PLATFORM: dict[str, Any] = {
    "checkNo": "C-17", "siteCode": "320481001", "siteName": "…", "siteType": 31, "checkType": 1, "lane": 2,
    "vehicleType": 1, "checkTime": "2026-05-29 04:26:40", "plateNum": "苏A12345", "plateNumColor": 1, "direction": 1,
    "speed": 68, "axleCnt": 6, "axleType": 157, "sumWeight": 48_800, "limitWeight": 49_000, "overWeight": 0,
    "overRate": 0.0, "width": 2540, "height": 3980, "length": 17_350, "reverse": 0,
}  # fmt: skip

TIME_NS = 1_780_000_000 * 10**9


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("cn") / "station.json"


def read(path: Path, *objects: Any, station: CnStationOptions | None = None, site: str | None = None) -> Chunk:
    path.write_text("\n".join(json.dumps(obj, ensure_ascii=False) for obj in objects) + "\n", "utf-8")
    options = ReadOptions(site=site, cn_station=station or CnStationOptions())
    (chunk,) = open_passages(path, "cn-station", options)
    return chunk


def test_a_devices_record_is_read(tmp_path: Path) -> None:
    """Every field of the device's record that a passage knows arrives in the passage's unit."""
    chunk = read(tmp_path / "s", DEVICE)
    assert chunk.faults == ()
    (passage,) = to_json(chunk.passages)
    assert passage["time"] == "2026-05-28T20:26:40.123000000Z"
    assert passage["origin_ns"] == TIME_NS + 123_000_000
    assert [passage[key] for key in ("site", "lane", "gross_kg", "length_mm", "speed_kmh", "source", "flags")] == [
        "320481001", 2, 48_800, 17_350, 68.0, Source.FILE, [],
    ]  # fmt: skip
    assert [axle["left_kg"] for axle in passage["axles"]] == [3000, 4300, 4200, 4250, 4300, 4250]
    assert [axle["right_kg"] for axle in passage["axles"]] == [3100, 4300, 4300, 4250, 4300, 4250]
    assert [axle["spacing_mm"] for axle in passage["axles"]] == [3700, 1300, 6860, 1280, 1280, None]
    assert passage["tyres"] == 0b10_10_10_10_10_01


def test_a_stations_report_is_read(tmp_path: Path) -> None:
    """Plate, colour, direction and size arrive; axle loads, which it has not, stay 0."""
    (passage,) = to_json(read(tmp_path / "s", PLATFORM).passages)
    assert passage["time"] == "2026-05-28T20:26:40.000000000Z"
    assert [passage[key] for key in ("plate", "plate_colour", "direction", "gross_kg", "axle_count", "flags")] == [
        "苏A12345", 1, 1, 48_800, 6, ["AXLE_ONLY"],
    ]  # fmt: skip
    assert [passage[key] for key in ("width_mm", "height_mm", "length_mm")] == [2540, 3980, 17_350]
    assert {axle["left_kg"] + axle["right_kg"] for axle in passage["axles"]} == {0}


def test_whole_axles_stand_in_for_wheels(tmp_path: Path) -> None:
    """A device without sides puts whole axles to the left and says so."""
    chunk = read(tmp_path / "s", DEVICE | {"lAxleWeight": "", "rAxleWeight": None})
    assert chunk.passages["flags"].tolist() == [Flag.AXLE_ONLY]
    assert chunk.passages["left_kg"][0][:6].tolist() == [6100, 8600, 8500, 8500, 8600, 8500]
    assert not chunk.passages["right_kg"].any()


@pytest.mark.parametrize("form", ["lines", "array", "pretty array", "object", "pretty object", "wrapped"])
def test_every_layout_of_a_file_is_read(form: str, tmp_path: Path) -> None:
    """Objects one a line, in an array, laid out over lines, or wrapped as devices send them are the same records."""
    path = tmp_path / "s"
    content = {
        "lines": json.dumps(DEVICE) + "\n" + json.dumps(PLATFORM) + "\n",
        "array": json.dumps([DEVICE, PLATFORM]),
        "pretty array": json.dumps([DEVICE, PLATFORM], indent=1, ensure_ascii=False),
        "object": json.dumps(DEVICE),
        "pretty object": json.dumps(DEVICE, indent=4),
        "wrapped": json.dumps({"type": 1, "data": DEVICE}, indent=4),
    }[form]
    path.write_text(content, "utf-8")
    (chunk,) = open_passages(path)
    expected = read(tmp_path / "t", *([DEVICE] if "object" in form or form == "wrapped" else [DEVICE, PLATFORM]))
    assert chunk.faults == ()
    assert chunk.passages.tobytes() == expected.passages.tobytes()


def times(obj: dict[str, Any], factor: int, *keys: str) -> dict[str, Any]:
    """The record with the weights under `keys` multiplied."""

    def multiplied(value: Any) -> Any:
        return (
            ",".join(str(int(item) * factor) for item in value.split(",")) if isinstance(value, str) else value * factor
        )

    return obj | {key: multiplied(obj[key]) for key in keys}


WHEELS = ("lAxleWeight", "rAxleWeight", "axleWeight")
CAR = DEVICE | {
    "sumWeight": 1_500, "axleCnt": 2, "axleWeight": "800,700", "lAxleWeight": "400,350", "rAxleWeight": "400,350",
    "axleType": "1,1", "axleDis": "2700",
}  # fmt: skip


@pytest.mark.parametrize("vehicle", [DEVICE, CAR], ids=["truck", "car"])
@pytest.mark.parametrize("keys", [("sumWeight",), WHEELS, ("sumWeight", *WHEELS)], ids=["gross", "axles", "both"])
def test_weights_stored_times_100_never_pass_for_kilograms(
    vehicle: dict[str, Any], keys: tuple[str, ...], tmp_path: Path
) -> None:
    """Read in kilograms, a weight stored × 100 is a fault that names the setting; with it, the record is right."""
    hundredfold = times(vehicle, 100, *keys)
    (fault,) = read(tmp_path / "s", hundredfold).faults
    assert "kg_per_" in fault.reason or "out of range" in fault.reason
    station = CnStationOptions(
        kg_per_gross_unit=Decimal("0.01") if "sumWeight" in keys else Decimal(1),
        kg_per_axle_unit=Decimal("0.01") if "axleWeight" in keys else Decimal(1),
    )
    corrected = read(tmp_path / "s", hundredfold, station=station)
    assert corrected.faults == ()
    assert corrected.passages.tobytes() == read(tmp_path / "t", vehicle).passages.tobytes()


def test_a_report_stored_times_100_never_passes_for_kilograms(tmp_path: Path) -> None:
    """A station's report has no axles to compare with, so a mean axle that no tyre carries gives it away."""
    (fault,) = read(tmp_path / "s", times(PLATFORM, 100, "sumWeight")).faults
    assert "kg_per_gross_unit" in fault.reason


def test_a_hundred_tonnes_are_no_fault(tmp_path: Path) -> None:
    """What the trap must not catch: a truck of 130 t, which is what all this is for."""
    heavy = DEVICE | {"sumWeight": 130_000, "lAxleWeight": "9000" + ",11200" * 5, "rAxleWeight": "9000" + ",11200" * 5}
    assert read(tmp_path / "s", heavy).passages["gross_kg"].tolist() == [130_000]


def test_units_are_settings(tmp_path: Path) -> None:
    """Spacings in centimetres and a length in millimetres are read as such where the settings say so."""
    station = CnStationOptions(mm_per_spacing_unit=Decimal(10), mm_per_length_unit=Decimal(1))
    other = DEVICE | {"axleDis": "370,130,686,128,128", "length": 17_350}
    expected = read(tmp_path / "t", DEVICE).passages
    assert read(tmp_path / "s", other, station=station).passages.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("code", "colours", "expected"),
    [
        (2, None, 2), (3, None, 3), (11, None, 4), (9, None, 255), (None, None, 255), ("1", None, 1),
        (2, CAMERA_COLOURS, 3), (3, CAMERA_COLOURS, 2), (4, CAMERA_COLOURS, 4),
    ],
)  # fmt: skip
def test_plate_colours_go_through_the_map(code: Any, colours: Any, expected: int, tmp_path: Path) -> None:
    """The camera's white is the platform's black: the map decides, and what is not in it is unknown."""
    station = CnStationOptions(colours=colours) if colours else None
    chunk = read(tmp_path / "s", PLATFORM | {"plateNumColor": code}, station=station)
    assert chunk.passages["plate_colour"].tolist() == [expected]


@pytest.mark.parametrize(
    ("obj", "flags"),
    [
        (DEVICE | {"reverse": 1}, Flag.STOPPED),
        (PLATFORM | {"reverse": 16}, Flag.STOPPED | Flag.AXLE_ONLY),
        (PLATFORM | {"reverse": 17}, Flag.STRADDLING | Flag.AXLE_ONLY),
        (PLATFORM | {"reverse": 2}, Flag.AXLE_ONLY),
    ],
)
def test_how_the_wheels_crossed_becomes_a_flag(obj: dict[str, Any], flags: Flag, tmp_path: Path) -> None:
    """Driving against the lane, reversing and riding the line spoil a measurement; speeding does not."""
    assert read(tmp_path / "s", obj).passages["flags"].tolist() == [flags]


def test_a_vehicle_weighed_again_is_no_second_crossing(tmp_path: Path) -> None:
    """A re-weighing is neither a passage nor a wrong row."""
    chunk = read(tmp_path / "s", PLATFORM | {"checkType": 2}, PLATFORM)
    assert len(chunk.passages) == 1
    assert chunk.faults == ()
    assert [(aside.line, aside.kind, aside.site) for aside in chunk.asides] == [(1, "reweighing", "320481001")]


def test_vehicles_of_the_same_millisecond_are_told_apart(tmp_path: Path) -> None:
    """Neither record has a sequence: equal times of a lane are counted, other lanes are not."""
    chunk = read(tmp_path / "s", DEVICE, DEVICE | {"sumWeight": 48_000}, DEVICE | {"lane": 1})
    assert chunk.passages["sequence"].tolist() == [0, 1, 0]


def test_the_site_may_be_given(tmp_path: Path) -> None:
    """A site of the registry replaces a code that is too long for a site id."""
    chunk = read(tmp_path / "s", DEVICE | {"stationId": "3204810000000000001"}, site="G104-K012")
    assert [text(site) for site in chunk.passages["site"]] == ["G104-K012"]


@pytest.mark.parametrize(
    ("obj", "key"),
    [
        (DEVICE | {"dateTime": "2026-05-29"}, "dateTime"),
        (DEVICE | {"dateTime": "2026-02-30 00:00:00.000"}, "dateTime"),
        (DEVICE | {"dateTime": None}, "dateTime"),
        (PLATFORM | {"checkTime": 7}, "checkTime"),
        (DEVICE | {"stationId": "3204810000000000001"}, "stationId"),
        (DEVICE | {"stationId": ""}, "stationId"),
        (DEVICE | {"lane": "two"}, "lane"),
        (DEVICE | {"lane": True}, "lane"),
        (DEVICE | {"axleCnt": 0}, "axleCnt"),
        (DEVICE | {"axleCnt": 17}, "axleCnt"),
        (DEVICE | {"axleCnt": 5}, "lAxleWeight"),
        (DEVICE | {"axleCnt": 7}, "lAxleWeight"),
        (DEVICE | {"sumWeight": -1}, "sumWeight"),
        (DEVICE | {"sumWeight": "1e5"}, "sumWeight"),
        (DEVICE | {"sumWeight": 10**400}, "sumWeight"),
        (DEVICE | {"axleDis": "3700,1300"}, "axleDis"),
        (DEVICE | {"axleDis": "3700,1300,6860,1280,99999"}, "axleDis"),
        (DEVICE | {"axleType": "1,2,2"}, "axleType"),
        (DEVICE | {"axleType": "1,2,2,2,2,7"}, "axleType"),
        (DEVICE | {"length": 7000}, "length"),
        (DEVICE | {"speed": -1}, "speed"),
        (PLATFORM | {"plateNum": "苏A12345苏A12345"}, "plateNum"),
        (PLATFORM | {"direction": 2}, "direction"),
        ({key: value for key, value in DEVICE.items() if "Weight" not in key} | {"sumWeight": 1}, "axleWeight"),
        (["no", "object"], "record"),
        (7, "record"),
    ],
)
def test_a_wrong_record_is_one_fault(obj: Any, key: str, tmp_path: Path) -> None:
    """A wrong record is reported with its line and key, and its neighbours are read."""
    chunk = read(tmp_path / "s", DEVICE, obj, DEVICE)
    (fault,) = chunk.faults
    assert fault.line == 2
    assert fault.reason.startswith(key)
    assert len(chunk.passages) == 2


_VALUE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8),
    st.lists(st.integers(-2, 9), max_size=7), st.sampled_from(["1,2,3", "1，2", ",", " 7 ", "-0", "0.5", {"data": 1}]),
)  # fmt: skip


@settings(deadline=None)
@given(st.sampled_from([DEVICE, PLATFORM]), st.dictionaries(st.sampled_from([*DEVICE, *PLATFORM]), _VALUE, max_size=4))
def test_every_object_is_a_passage_a_fault_or_an_aside(
    scratch: Path, obj: dict[str, Any], changes: dict[str, Any]
) -> None:
    """Whatever stands in the keys, an object becomes exactly one of the three, and loads agree with the axle count."""
    chunk = read(scratch, obj | changes)
    assert len(chunk.passages) + len(chunk.faults) + len(chunk.asides) == 1
    beyond = np.arange(16) >= chunk.passages["axle_count"][:, None]
    assert not chunk.passages["left_kg"][beyond].any()
