"""Messages of passages: what is believed, what is refused, and why."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference import decode as naive
from wim.codec import HEAD, EncodeError, decode, encode
from wim.records import PASSAGE, blank, passage_ids

VECTORS = Path(__file__).parents[1] / "vectors"
NOW_NS = 1_790_000_000 * 10**9


def one(**fields: object) -> np.ndarray:
    """A passage that is fine but for `fields`."""
    passages = blank(1)
    good = {"time_ns": NOW_NS, "origin_ns": NOW_NS, "site": b"S", "axle_count": 2, "gross_kg": 9000, "speed_kmh": 60.0}
    for name, value in (good | fields).items():
        passages[name] = value
    return passages


def message_of(record: bytes, stride: int = 192, version: int = 1, magic: bytes = b"WIMP") -> bytes:
    body = record.ljust(stride, b"\0")
    return HEAD.pack(magic, version, 1, zlib.crc32(body), stride, 0) + body


def reasons(message: bytes | None) -> list[tuple[int | None, str]]:
    return [(refusal.record, refusal.reason) for refusal in decode([message], NOW_NS).refused]


def test_the_published_vector_is_read_and_written_byte_for_byte() -> None:
    """The contract's message gives its two ids, and encoding what was read gives the message again."""
    message = (VECTORS / "passages_v1.bin").read_bytes()
    batch = decode([message], NOW_NS)
    expected = json.loads((VECTORS / "passages_v1.json").read_text("utf-8"))
    assert passage_ids(batch.passages) == [passage["id"] for passage in expected]
    assert encode(batch.passages) == message


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"axle_count": 0}, "axle_count"),
        ({"axle_count": 17}, "axle_count"),
        ({"axle_count": 200}, "axle_count"),
        ({"time_ns": np.iinfo(np.int64).min}, "time"),
        ({"time_ns": 0}, "time"),
        ({"origin_ns": -1}, "time"),
        ({"time_ns": NOW_NS + 86_400 * 10**9 + 1}, "future"),
        ({"speed_kmh": -1.0}, "negative"),
        ({"gross_sigma": -0.01}, "negative"),
        ({"speed_kmh": np.inf}, "not_finite"),
        ({"pavement_c": -np.inf}, "not_finite"),
        ({"plate": b"\xff\xfe"}, "text"),
        ({"site": b"A\0B"}, "text"),
        ({"site": b""}, "text"),
        ({"origin_ns": NOW_NS + 86_400 * 10**9 + 1}, "future"),
    ],
)
def test_a_bad_record_is_refused_alone_with_its_bytes(fields: dict[str, object], reason: str) -> None:
    """Its neighbours in the same message are read."""
    passages = np.concatenate([one(), one(**fields), one(sequence=2)])
    batch = decode([encode(passages)], NOW_NS)
    assert batch.passages["sequence"].tolist() == [0, 2]
    [refusal] = batch.refused
    assert (refusal.record, refusal.reason, refusal.raw) == (1, reason, passages[1].tobytes())


def test_a_time_24_hours_ahead_is_still_believed() -> None:
    """The limit itself is inside."""
    assert reasons(encode(one(time_ns=NOW_NS + 86_400 * 10**9))) == []


def test_unknown_numbers_are_no_faults() -> None:
    """NaN says that the unit does not know."""
    assert reasons(encode(one(speed_kmh=np.nan, gross_sigma=np.nan, pavement_c=np.nan))) == []


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (None, "null"),
        (b"", "empty"),
        (b"WIMP", "length"),
        (message_of(one().tobytes())[:-1], "length"),
        (message_of(one().tobytes()) + b"\0", "length"),
        (message_of(one().tobytes(), magic=b"WIMF"), "magic"),
        (message_of(one().tobytes(), version=2), "version"),
        (message_of(one().tobytes()[:100], stride=100), "length"),
        (message_of(one().tobytes())[:-1] + b"\x01", "crc"),
    ],
)
def test_a_message_that_cannot_be_believed_is_one_refusal(message: bytes | None, reason: str) -> None:
    """Whatever it holds, none of it is read, and its bytes are kept."""
    batch = decode([message], NOW_NS)
    assert len(batch.passages) == 0
    [refusal] = batch.refused
    assert (refusal.record, refusal.reason, refusal.raw) == (None, reason, message)


@pytest.mark.parametrize("stride", [192, 193, 200, 256])
def test_longer_records_of_a_newer_sender_are_read_by_their_known_prefix(stride: int) -> None:
    """Records only grow."""
    passage = one(sequence=5)
    batch = decode([b"x", message_of(passage.tobytes(), stride), message_of(passage.tobytes())], NOW_NS)
    assert batch.passages.tobytes() == passage.tobytes() * 2
    assert batch.message.tolist() == [1, 2]


def test_more_passages_than_a_message_can_count_are_refused_before_sending() -> None:
    """65 536 passages would wrap to none."""
    with pytest.raises(EncodeError, match="65536"):
        encode(blank(65_536))


raw_records = st.builds(
    lambda base, patches: patched(base, patches),
    st.just(one().tobytes()),
    st.lists(st.tuples(st.integers(0, 191), st.binary(min_size=1, max_size=8)), max_size=4),
)


def patched(record: bytes, patches: list[tuple[int, bytes]]) -> bytes:
    """The record with bytes overwritten."""
    changed = bytearray(record)
    for at, value in patches:
        changed[at : at + len(value)] = value[: 192 - at]
    return bytes(changed)


def pack(records: list[bytes], extra: int) -> bytes:
    body = b"".join(record + bytes(extra) for record in records)
    return struct.pack("<4sHHIHH", b"WIMP", 1, len(records), zlib.crc32(body), 192 + extra, 0) + body


messages = st.one_of(
    st.none(),
    st.binary(max_size=40),
    st.builds(pack, st.lists(raw_records, max_size=4), st.integers(0, 9)),
    st.builds(
        lambda message, at, bit: bytes(b ^ (1 << bit) if i == at else b for i, b in enumerate(message)),
        st.builds(pack, st.lists(raw_records, max_size=2), st.integers(0, 3)),
        st.integers(0, 400),
        st.integers(0, 7),
    ),
)


@given(st.lists(messages, max_size=6))
def test_the_kernel_reads_and_refuses_what_the_naive_reader_does(batch: list[bytes | None]) -> None:
    """Any bytes: the same records, the same refusals, in the same order."""
    good: list[bytes] = []
    bad: list[tuple[int, int | None, str]] = []
    for index, message in enumerate(batch):
        records, refusals = naive.decode(message, NOW_NS)
        good += records
        bad += [(index, record, reason) for record, reason in refusals]
    found = decode(batch, NOW_NS)
    assert found.passages.tobytes() == b"".join(good)
    assert [(r.message, r.record, r.reason) for r in found.refused] == bad


def test_passages_are_copied_out_of_the_messages() -> None:
    """The caller owns what it gets and may write to it."""
    batch = decode([encode(one())], NOW_NS)
    batch.passages["lane"] = 9
    assert batch.passages.dtype == PASSAGE
    assert batch.passages.flags.writeable
