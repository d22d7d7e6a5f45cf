"""Finding the batch of a log whose checksum is wrong."""

from __future__ import annotations

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from service.lanes import log_faults


def batch(base_offset: int, count: int) -> bytes:
    """A batch of `count` records from `base_offset`, as a broker keeps it."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 20)
    for number in range(count):
        builder.append(number, 1_000, b"key", b"value %d" % number, [])
    raw = bytearray(builder.build())
    raw[0:8] = base_offset.to_bytes(8, "big")
    return bytes(raw)


def test_a_sound_log_has_no_fault() -> None:
    """Whatever offset the fetch began at, whatever is cut off at its end."""
    raw = batch(10, 5) + batch(15, 5) + batch(20, 5)[:-3]
    assert log_faults.find(raw, 12, 25) is None
    assert log_faults.find(b"", 12, 25) is None


@given(position=st.integers(min_value=log_faults.CHECKED), flip=st.integers(1, 255))
def test_a_changed_byte_is_found_and_passed_exactly(position: int, flip: int) -> None:
    """Any byte under the checksum, the record count among them: the next batch's offset says where it ends."""
    before, faulty, behind = batch(10, 5), bytearray(batch(15, 7)), batch(22, 5)
    faulty[log_faults.CHECKED + position % (len(faulty) - log_faults.CHECKED)] ^= flip
    found = log_faults.find(before + bytes(faulty) + behind, 10, 27)
    assert found is not None
    assert (found.start, found.end, found.raw) == (15, 22, bytes(faulty))


def test_the_last_batch_ends_where_it_says_within_the_log() -> None:
    """Without a batch behind it there is only its own word, which the log's end bounds."""
    faulty = bytearray(batch(15, 7))
    faulty[-1] ^= 1
    found = log_faults.find(bytes(faulty), 15, 22)
    assert found is not None
    assert found.end == 22
    lying = bytearray(faulty)
    lying[23:27] = (1_000_000).to_bytes(4, "big")
    found = log_faults.find(bytes(lying), 15, 22)
    assert found is not None
    assert found.end == 16


def test_a_fetch_from_within_a_faulty_batch_passes_only_the_rest() -> None:
    """What lay before was kept already."""
    faulty = bytearray(batch(15, 7))
    faulty[-1] ^= 1
    found = log_faults.find(bytes(faulty), 18, 22)
    assert found is not None
    assert (found.start, found.end) == (18, 22)
