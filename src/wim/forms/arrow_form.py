"""The Arrow and Parquet form of passages (contracts §2): the names of the record, lists for axles.

==============================================  ==============  ==========================================
columns                                         type            unknown
==============================================  ==============  ==========================================
id                                              string          written, ignored on input: it follows
time_ns, origin_ns                              int64           UTC nanoseconds since 1970
site, plate                                     string          plate "" = no read
sequence, flags, gross_kg, tyres                uint32
lane, direction, axle_count, plate_colour,      uint8           255 for plate_colour, else 0
plate_confidence, source, part, run
calibration, length_mm, width_mm, height_mm,    uint16          65535 for gap_ms, else 0
gap_ms
speed_kmh, acceleration_ms2, pavement_c,        float           null (NaN is understood)
gross_sigma
left_kg, right_kg                               list<uint16>    one value an axle
spacing_mm                                      list<uint16>    one value between two axles
==============================================  ==============  ==========================================

Everything here works on whole columns: ten million rows cost no Python per row (but for `id`, see `passage_ids`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from wim.forms.checks import FRACTION_RANGES, RANGES, TEXT_BYTES, FormError, RowErrors, outside, store
from wim.records import MAX_AXLES, PASSAGE, Passages, blank, passage_ids

_TEXTS = ("site", "plate")
_LISTS = ("left_kg", "right_kg", "spacing_mm")
_NAMES: tuple[str, ...] = PASSAGE.names or ()
_WHOLES = tuple(name for name in _NAMES if name in RANGES and name not in _LISTS)

#: Without these a table holds no passages; any other column may be absent and is unknown then.
REQUIRED = ("time_ns", "site", "lane", "sequence", "axle_count", "gross_kg", *_LISTS)


def _arrow_type(name: str) -> pa.DataType:
    if name in _TEXTS:
        return pa.string()
    if name in _LISTS:
        return pa.list_(pa.field("element", pa.uint16()))
    return pa.from_numpy_dtype(PASSAGE[name])


#: The columns in the order in which they are written.
ARROW_SCHEMA = pa.schema(
    [pa.field("id", pa.string()), *(pa.field(name, _arrow_type(name)) for name in _NAMES)],
    metadata={"wim.form": "passages", "wim.version": "1"},
)


def to_arrow(passages: Passages) -> pa.RecordBatch:
    """The Arrow form of `passages`, shape (n,). Raises FormError where a text is no UTF-8."""
    columns = [pa.array(passage_ids(passages), pa.string()), *(_arrow_column(passages, name) for name in _NAMES)]
    return pa.RecordBatch.from_arrays(columns, schema=ARROW_SCHEMA)


def from_arrow(batch: pa.RecordBatch) -> Passages:
    """The passages of a batch, shape (n,). Raises FormError with the first wrong column or row."""
    passages, errors = from_arrow_rows(batch)
    for row in sorted(errors.first):
        raise errors.first[row]
    return passages


def from_arrow_rows(batch: pa.RecordBatch) -> tuple[Passages, RowErrors]:
    """The passages of the right rows of a batch of n, shape (≤ n,), and the errors of the wrong rows.

    Raises FormError where a column is missing or of a type that cannot hold its field.
    """
    check_columns(batch.schema)
    passages = blank(batch.num_rows)
    errors = RowErrors(batch.num_rows)
    for name in _NAMES:
        if name in batch.schema.names and name not in _LISTS:
            _READERS[name](passages, name, batch.column(name), errors)
    if "origin_ns" not in batch.schema.names:
        passages["origin_ns"] = passages["time_ns"]
    for name in _LISTS:  # last: how long a list must be is for axle_count to say
        _read_list(passages, name, batch.column(name), errors)
    return (passages[~errors.wrong] if errors.first else passages), errors


def check_columns(schema: pa.Schema) -> None:
    """Raises FormError where a column is missing, doubled, or of a type that cannot hold its field."""
    for name in REQUIRED:
        if name not in schema.names:
            raise FormError(name, "the column is missing", f"a table of passages has {', '.join(REQUIRED)}")
    for name in _NAMES:
        indices = schema.get_all_field_indices(name)
        if len(indices) > 1:
            raise FormError(name, "there are two columns of this name", "leave one out")
        if indices and not _holds(name, schema.field(indices[0]).type):
            remedy = f"cast it to {_arrow_type(name)}"
            raise FormError(name, f"a column of {schema.field(indices[0]).type} cannot hold it", remedy)


def _holds(name: str, kind: pa.DataType) -> bool:
    if name in _LISTS:
        is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
        return bool(is_list and _is_number(kind.value_type))
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if name in _TEXTS:
        return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))
    return _is_number(kind)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind))


def _arrow_column(passages: Passages, name: str) -> pa.Array:
    if name in _TEXTS:
        return _text_column(passages, name)
    if name in _LISTS:
        return _list_column(passages, name)
    # from_pandas: NaN becomes null, which every reader of Parquet leaves out of a mean.
    return pa.array(np.ascontiguousarray(passages[name]), from_pandas=name in FRACTION_RANGES)


def _text_column(passages: Passages, name: str) -> pa.Array:
    letters = np.ascontiguousarray(passages[name]).view(np.uint8).reshape(len(passages), TEXT_BYTES)
    lengths = np.where(letters != 0, np.arange(1, TEXT_BYTES + 1), 0).max(axis=1, initial=0)
    used = np.arange(TEXT_BYTES) < lengths[:, None]
    buffers = [None, pa.py_buffer(_offsets(lengths)), pa.py_buffer(letters[used])]
    column = pa.Array.from_buffers(pa.string(), len(passages), buffers)
    try:
        column.validate(full=True)
    except pa.ArrowInvalid as error:
        raise FormError(name, str(error), "records are checked where they are decoded") from None
    return column


def _list_column(passages: Passages, name: str) -> pa.Array:
    width = passages[name].shape[1]
    lengths = _list_lengths(passages, name)
    values = pa.array(passages[name][np.arange(width) < lengths[:, None]])
    return pa.ListArray.from_arrays(pa.array(_offsets(lengths)), values, type=_arrow_type(name))


def _list_lengths(passages: Passages, name: str) -> npt.NDArray[np.int64]:
    """How many values the list of each passage holds, shape (n,)."""
    gaps = 1 if name == "spacing_mm" else 0
    return np.clip(passages["axle_count"].astype(np.int64) - gaps, 0, MAX_AXLES - gaps)


def _offsets(lengths: npt.NDArray[Any]) -> npt.NDArray[np.int32]:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)


def _read_whole(passages: Passages, name: str, column: pa.Array, errors: RowErrors) -> None:
    unknown = int(passages[name][0]) if len(passages) else 0  # what `blank` put there
    if name in REQUIRED:
        errors.mark(_nulls(column), name, lambda row: "it is null", "every passage needs it")
        unknown = RANGES[name][0]
    elif name == "origin_ns":
        unknown = RANGES[name][0]
    values = _wholes(name, _decoded(column).fill_null(unknown), errors)
    if name == "origin_ns":
        values = np.where(_nulls(column), passages["time_ns"], values)
    store(passages, name, values, errors)


def _wholes(name: str, column: pa.Array, errors: RowErrors) -> npt.NDArray[np.integer[Any]]:
    """A column of numbers without nulls as whole numbers, shape (n,); a number with a fraction is reported."""
    if pa.types.is_uint64(column.type):
        # Beyond 2^63 the cast wraps to a negative number, which is out of every range.
        column = column.cast(pa.int64(), safe=False)
    values: npt.NDArray[Any] = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind != "f":
        return values
    broken = ~(np.abs(values) < 2.0**53) | (values != np.trunc(values))
    errors.mark(broken, name, lambda row: f"{values[row]} is not a whole number", "give a whole number")
    return np.where(broken, RANGES[name][0], values).astype(np.int64)


def _read_fraction(passages: Passages, name: str, column: pa.Array, errors: RowErrors) -> None:
    low, high = FRACTION_RANGES[name]
    values = _decoded(column).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    wrong = ~np.isnan(values) & ((values < low) | (values > high))
    errors.mark(wrong, name, lambda row: outside(float(values[row])), "give a number, or null where unknown")
    passages[name] = np.where(wrong, np.nan, values)


def _read_text(passages: Passages, name: str, column: pa.Array, errors: RowErrors) -> None:
    lengths, letters = _string_bytes(_decoded(column))
    if name == "site":
        errors.mark(lengths == 0, name, lambda row: "it is empty", "give the site's id")
    errors.mark(
        lengths > TEXT_BYTES, name, lambda row: f"it takes {lengths[row]} bytes", f"give at most {TEXT_BYTES} bytes"
    )
    matrix = _spread(letters, lengths, TEXT_BYTES)
    if not letters.all():
        inner = (matrix == 0) & (np.arange(TEXT_BYTES) < lengths[:, None])
        errors.mark(inner.any(axis=1), name, lambda row: "it holds a NUL", "give text without NUL")
    passages[name] = matrix.view(f"S{TEXT_BYTES}").ravel()


def _string_bytes(column: pa.Array) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """The length of each string, shape (n,), null = 0, and all their bytes one after another."""
    column = column.cast(pa.large_binary()).fill_null(b"")
    _, offset_buffer, data = column.buffers()
    offsets = np.frombuffer(offset_buffer, np.int64)[column.offset : column.offset + len(column) + 1]
    letters = np.frombuffer(data, np.uint8) if data is not None and data.size else np.empty(0, np.uint8)
    return np.diff(offsets), letters[offsets[0] : offsets[-1]]


def _read_list(passages: Passages, name: str, column: pa.Array, errors: RowErrors) -> None:
    column = column.cast(pa.large_list(column.type.value_type))
    lengths = pc.list_value_length(column).fill_null(0).to_numpy(zero_copy_only=False)
    errors.mark(
        lengths != _list_lengths(passages, name),
        name,
        lambda row: f"it holds {lengths[row]} values of {passages['axle_count'][row]} axles",
        "give one value an axle to loads, one between two axles to spacings",
    )
    values = _list_values(name, column.flatten(), lengths, errors)
    passages[name] = _spread(values, lengths, passages[name].shape[1])


def _list_values(
    name: str, flat: pa.Array, lengths: npt.NDArray[np.int64], errors: RowErrors
) -> npt.NDArray[np.integer[Any]]:
    """The values of all lists one after another; a wrong one is reported at the row whose list holds it."""
    low, high = RANGES[name]
    within = RowErrors(len(flat))
    within.mark(_nulls(flat), name, lambda value: "a value is null", "give whole numbers")
    values = _wholes(name, flat.fill_null(low), within)
    if values.size and (values.min() < low or values.max() > high):
        bad = (values < low) | (values > high)
        within.mark(bad, name, lambda value: outside(int(values[value])), f"give {low} to {high}")
    if within.first:
        rows = np.repeat(np.arange(len(lengths)), lengths)
        for value in sorted(within.first):
            errors.add(int(rows[value]), within.first[value])
    return values


def _spread(values: npt.NDArray[Any], lengths: npt.NDArray[np.int64], width: int) -> npt.NDArray[Any]:
    """Runs of `lengths`, shape (n,), as rows, shape (n, width), 0 behind their end; what exceeds width is cut."""
    if lengths.max(initial=0) > width:
        starts = np.cumsum(lengths) - lengths
        values = values[np.arange(len(values)) - np.repeat(starts, lengths) < width]
        lengths = np.minimum(lengths, width)
    matrix = np.zeros((len(lengths), width), values.dtype)
    matrix[np.arange(width) < lengths[:, None]] = values
    return matrix


def _nulls(column: pa.Array) -> npt.NDArray[np.bool_]:
    if column.null_count == 0:
        return np.zeros(len(column), np.bool_)
    mask: npt.NDArray[np.bool_] = column.is_null().to_numpy(zero_copy_only=False)
    return mask


def _decoded(column: pa.Array) -> pa.Array:
    """Plain values, where a column is dictionary-encoded."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


_READERS = {
    **dict.fromkeys(_WHOLES, _read_whole),
    **dict.fromkeys(FRACTION_RANGES, _read_fraction),
    **dict.fromkeys(_TEXTS, _read_text),
}
