"""The JSON and the Arrow form: what goes out comes back, and what is wrong is named."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wim.strategies import passages
from wim.codec import decode
from wim.forms import ARROW_SCHEMA, FormError, from_arrow, from_arrow_rows, from_json, from_json_rows, to_arrow, to_json
from wim.forms.json_form import KEYS
from wim.records import Passages, Source, passage_ids

VECTORS = Path(__file__).parents[1] / "vectors"
FAR_FUTURE_NS = 4_000_000_000 * 10**9


@pytest.fixture(scope="module")
def vector() -> Passages:
    """The two passages of the published vector."""
    return decode([(VECTORS / "passages_v1.bin").read_bytes()], FAR_FUTURE_NS).passages


def published() -> list[dict[str, Any]]:
    return json.loads((VECTORS / "passages_v1.json").read_text("utf-8"))


def changed(**values: Any) -> dict[str, Any]:
    """The first published passage with other values and no id, which would no longer be its own."""
    return {name: value for name, value in published()[0].items() if name != "id"} | values


def test_the_published_vector_is_written_key_by_key(vector: Passages) -> None:
    """The JSON form of the published message is the published JSON, keys in the same order."""
    assert json.dumps(to_json(vector)) == json.dumps(published())


def test_the_published_json_is_read_to_the_published_bytes(vector: Passages) -> None:
    """Reading the published JSON gives the records of the published message."""
    assert b"".join(from_json(obj).tobytes() for obj in published()) == vector.tobytes()


@settings(deadline=None)
@given(passages())
def test_json_brings_every_record_back(original: Passages) -> None:
    """Through JSON text and back no bit of a record changes, unknown values included."""
    read, errors = from_json_rows(json.loads(json.dumps(to_json(original), allow_nan=False)))
    assert errors.first == {}
    assert read.tobytes() == original.tobytes()


@settings(deadline=None)
@given(passages())
def test_arrow_brings_every_record_back(original: Passages) -> None:
    """Through an Arrow batch, whole or cut out of a longer one, no bit of a record changes."""
    assert from_arrow(to_arrow(original)).tobytes() == original.tobytes()
    assert from_arrow(to_arrow(original).slice(1)).tobytes() == original[1:].tobytes()


def test_arrow_has_the_names_of_the_record_and_null_for_unknown(vector: Passages) -> None:
    """A batch has the record's names and `id`, lists as long as there are axles, and null where nothing is known."""
    second = to_arrow(vector).to_pylist()[1]
    assert set(second) == {"id", *(vector.dtype.names or ())}
    assert second["id"] == published()[1]["id"]
    assert second["acceleration_ms2"] is None
    assert (second["left_kg"], second["right_kg"], second["spacing_mm"]) == ([2910, 4540], [0, 0], [3308])


@pytest.mark.parametrize(
    "given_time",
    [
        "2026-05-28T20:26:40.123456789Z",
        "2026-05-29T04:26:40.123456789+08:00",
        "2026-05-28t15:26:40.123456789-05:00",
        "2026-05-28 20:26:40.123456789z",
    ],
)
def test_a_time_may_have_any_offset(given_time: str, vector: Passages) -> None:
    """The same instant in another zone is the same passage."""
    assert from_json(published()[0] | {"time": given_time}).tobytes() == vector[:1].tobytes()


@settings(deadline=None)
@given(
    st.datetimes(timezones=st.just(datetime.UTC)).filter(lambda moment: 1970 < moment.year < 2262),
    st.text("0123456789", min_size=0, max_size=9),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_times_are_whole_numbers_throughout(moment: datetime.datetime, digits: str, offset_min: int) -> None:
    """Any RFC 3339 time gives exactly the nanoseconds that calendar arithmetic gives."""
    sign = "-" if offset_min < 0 else "+"
    hours, minutes = divmod(abs(offset_min), 60)
    fraction = f".{digits}" if digits else ""
    text = f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{sign}{hours:02d}:{minutes:02d}"
    days = moment.date().toordinal() - datetime.date(1970, 1, 1).toordinal()
    seconds = days * 86_400 + moment.hour * 3_600 + moment.minute * 60 + moment.second - offset_min * 60
    expected = seconds * 10**9 + int(digits.ljust(9, "0") or "0")
    assert int(from_json(changed(time=text))["time_ns"][0]) == expected


def test_what_a_unit_leaves_out_is_unknown() -> None:
    """Only the required keys are needed: the rest is unknown, the origin is the time, the source a roadside unit."""
    needed = ("time", "site", "lane", "direction", "sequence", "gross_kg", "axles")
    passage = from_json({key: published()[0][key] for key in needed})[0]
    unknown = {"plate": b"", "plate_colour": 255, "plate_confidence": 0, "calibration": 0, "gap_ms": 65_535, "flags": 0}
    assert {name: passage[name] for name in unknown} == unknown
    assert np.isnan([passage[name] for name in ("speed_kmh", "acceleration_ms2", "pavement_c", "gross_sigma")]).all()
    assert passage["origin_ns"] == passage["time_ns"]
    assert passage["source"] == Source.UNIT


def test_null_is_the_same_as_absent() -> None:
    """A key that is null says no more than one that is left out."""
    optional = ("plate", "plate_colour", "speed_kmh", "flags", "origin_ns", "gap_ms", "axle_count")
    absent = {key: value for key, value in changed().items() if key not in optional}
    assert from_json(changed(**dict.fromkeys(optional))).tobytes() == from_json(absent).tobytes()


def test_keys_that_we_do_not_know_are_ignored(vector: Passages) -> None:
    """A later producer's keys do no harm."""
    assert from_json(published()[0] | {"colour_of_cabin": {"r": 1}, "": None}).tobytes() == vector[:1].tobytes()


AXLE = {"left_kg": 1, "right_kg": 1, "spacing_mm": 1}
LAST = AXLE | {"spacing_mm": None}


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"time": None}, "time"),
        ({"time": "2026-05-28T20:26:40"}, "time"),
        ({"time": "2026-05-28T20:26:60Z"}, "time"),
        ({"time": "2026-02-30T00:00:00Z"}, "time"),
        ({"time": "2026-05-28T20:26:40.1234567891Z"}, "time"),
        ({"time": "2026-05-28T20:26:40+24:00"}, "time"),
        ({"time": "1969-12-31T23:59:59Z"}, "time"),
        ({"time": "2300-01-01T00:00:00Z"}, "time"),
        ({"time": 1_780_000_000}, "time"),
        ({"origin_ns": 0}, "origin_ns"),
        ({"origin_ns": 2**63}, "origin_ns"),
        ({"site": ""}, "site"),
        ({"site": "苏" * 6}, "site"),
        ({"site": "a\0b"}, "site"),
        ({"plate": "\ud800"}, "plate"),
        ({"plate": 7}, "plate"),
        ({"sequence": -1}, "sequence"),
        ({"sequence": 2**32}, "sequence"),
        ({"sequence": True}, "sequence"),
        ({"sequence": "7"}, "sequence"),
        ({"lane": 256}, "lane"),
        ({"direction": 2}, "direction"),
        ({"gross_kg": 1.5}, "gross_kg"),
        ({"gross_kg": 10**5000}, "gross_kg"),
        ({"plate_confidence": 101}, "plate_confidence"),
        ({"speed_kmh": -0.1}, "speed_kmh"),
        ({"speed_kmh": float("nan")}, "speed_kmh"),
        ({"pavement_c": float("inf")}, "pavement_c"),
        ({"pavement_c": 1e39}, "pavement_c"),
        ({"gross_sigma": "0.018"}, "gross_sigma"),
        ({"flags": "AXLE_ONLY"}, "flags"),
        ({"flags": ["AXLES_ONLY"]}, "flags"),
        ({"flags": [1]}, "flags"),
        ({"axles": []}, "axles"),
        ({"axles": [AXLE] * 16 + [LAST], "axle_count": 17}, "axles"),
        ({"axles": [AXLE, LAST]}, "axle_count"),
        ({"axles": [LAST, LAST], "axle_count": 2}, "axles[1].spacing_mm"),
        ({"axles": [AXLE, AXLE], "axle_count": 2}, "axles[2].spacing_mm"),
        ({"axles": [AXLE | {"left_kg": 65_536}, LAST], "axle_count": 2}, "axles[1].left_kg"),
        ({"axles": [7, LAST], "axle_count": 2}, "axles[1]"),
        ({"id": "0" * 16}, "id"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], field: str) -> None:
    """The error names the field, what is wrong with it, and what would be right, and fits a line of a log."""
    with pytest.raises(FormError) as caught:
        from_json(changed(**values))
    assert caught.value.field == field
    assert caught.value.problem
    assert caught.value.remedy
    assert len(str(caught.value)) < 500


_SOMETHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["2026-05-28T20:26:40Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*AXLE, *KEYS]), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), _SOMETHING) | _SOMETHING)
def test_whatever_comes_is_a_passage_or_a_form_error(obj: Any) -> None:
    """No JSON value brings anything but a passage or a FormError, on its own or in place of good values."""
    for candidate in (obj, changed() | obj if isinstance(obj, dict) else obj):
        read, errors = from_json_rows([candidate])
        assert len(read) + len(errors.first) == 1


def test_wrong_objects_do_not_spoil_their_neighbours(vector: Passages) -> None:
    """Of a list the good objects are read in their order, and each wrong one has its error at its place."""
    good = published()
    read, errors = from_json_rows([7, good[0], changed(lane=999), good[1], good[1] | {"id": "no"}])
    assert read.tobytes() == vector.tobytes()
    assert {row: error.field for row, error in errors.first.items()} == {0: "passage", 2: "lane", 4: "id"}


def recast(name: str, kind: pa.DataType) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    return lambda batch: replaced(batch, name, batch.column(name).cast(kind))


def replaced(batch: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    return batch.set_column(batch.schema.get_field_index(name), name, column)


@pytest.mark.parametrize(
    "change",
    [
        recast("gross_kg", pa.int64()),
        recast("gross_kg", pa.uint64()),
        recast("lane", pa.float64()),
        recast("speed_kmh", pa.float64()),
        recast("site", pa.large_string()),
        recast("site", pa.dictionary(pa.int32(), pa.string())),
        recast("left_kg", pa.list_(pa.int32())),
        recast("left_kg", pa.large_list(pa.float64())),
        lambda batch: batch.drop_columns(["id"]),
        lambda batch: batch.append_column("colour_of_cabin", pa.nulls(len(batch))),
    ],
)
def test_other_writers_types_are_read(change: Callable[[pa.RecordBatch], pa.RecordBatch], vector: Passages) -> None:
    """What another program makes of the columns is the same record, as long as the type can hold it."""
    assert from_arrow(change(to_arrow(vector))).tobytes() == vector.tobytes()


def test_lists_of_fixed_length_are_read(vector: Passages) -> None:
    """A writer whose vehicles all have two axles may use lists of two."""
    batch = recast("left_kg", pa.list_(pa.uint16(), 2))(to_arrow(vector[1:]))
    assert from_arrow(batch).tobytes() == vector[1:].tobytes()


def test_columns_that_are_left_out_are_unknown(vector: Passages) -> None:
    """Of an Arrow table only the columns are needed without which there is no passage."""
    names = ["time_ns", "site", "lane", "sequence", "axle_count", "gross_kg", "left_kg", "right_kg", "spacing_mm"]
    read = from_arrow(to_arrow(vector).select(names))
    assert read["plate_colour"].tolist() == [255, 255]
    assert read["origin_ns"].tolist() == read["time_ns"].tolist()
    assert np.isnan(read["speed_kmh"]).all()


@pytest.mark.parametrize("name", ["time_ns", "site", "left_kg"])
def test_a_table_without_a_needed_column_is_refused(name: str, vector: Passages) -> None:
    """The error names the column that is missing."""
    with pytest.raises(FormError, match=name):
        from_arrow(to_arrow(vector).drop_columns([name]))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("lane", pa.array(["1", "2"])),
        ("site", pa.array([1, 2])),
        ("left_kg", pa.array([1, 2])),
        ("left_kg", pa.array([["1"], ["2"]])),
        ("time_ns", pa.array([1, 2], pa.timestamp("ns"))),
    ],
)
def test_a_column_of_a_foreign_type_is_refused(name: str, column: pa.Array, vector: Passages) -> None:
    """The error names the column and the type that it needs."""
    with pytest.raises(FormError, match=name):
        from_arrow(replaced(to_arrow(vector), name, column))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("time_ns", pa.array([0, 1_780_000_003_000_000_000])),
        ("time_ns", pa.array([None, 1_780_000_003_000_000_000], pa.int64())),
        ("lane", pa.array([256, 2])),
        ("lane", pa.array([1.5, 2.0])),
        ("lane", pa.array([float("inf"), 2.0])),
        ("gross_kg", pa.array([2**64 - 1, 7450], pa.uint64())),
        ("axle_count", pa.array([17, 2])),
        ("axle_count", pa.array([5, 2])),
        ("site", pa.array(["", "G104-K012"])),
        ("site", pa.array([None, "G104-K012"])),
        ("site", pa.array(["G104-K012-and-more", "G104-K012"])),
        ("plate", pa.array(["a\0b", ""])),
        ("speed_kmh", pa.array([-1.0, 40.0])),
        ("speed_kmh", pa.array([float("inf"), 40.0])),
        ("left_kg", pa.array([[1] * 5, [2910, 4540]])),
        ("left_kg", pa.array([[1] * 99, [2910, 4540]])),
        ("left_kg", pa.array([[1] * 5 + [70_000], [2910, 4540]])),
        ("left_kg", pa.array([[1] * 5 + [None], [2910, 4540]])),
        ("left_kg", pa.array([None, [2910, 4540]])),
        ("left_kg", pa.array([[1.0] * 5 + [0.5], [2910.0, 4540.0]])),
    ],
)
def test_a_wrong_row_of_a_table_does_not_spoil_the_next(name: str, column: pa.Array, vector: Passages) -> None:
    """The wrong row is reported, the other is read, and who wants all or nothing gets the error."""
    batch = replaced(to_arrow(vector), name, column)
    read, errors = from_arrow_rows(batch)
    assert list(errors.first) == [0]
    assert read.tobytes() == vector[1:].tobytes()
    with pytest.raises(FormError):
        from_arrow(batch)


def calls_of(work: Callable[[], object]) -> int:
    """How many functions, of Python and of C, `work` calls."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


def test_a_long_table_costs_no_more_python_than_a_short_one(vector: Passages) -> None:
    """Reading an Arrow batch calls the same number of functions however many rows it has."""
    short, long = (to_arrow(np.tile(vector, times)) for times in (10, 10_000))
    from_arrow(short)
    assert calls_of(lambda: from_arrow(long)) == calls_of(lambda: from_arrow(short))


def test_the_schema_is_what_is_written(vector: Passages) -> None:
    """The published schema is that of a batch, and ids are those of the records."""
    batch = to_arrow(vector)
    assert batch.schema == ARROW_SCHEMA
    assert batch.column("id").to_pylist() == passage_ids(vector)
