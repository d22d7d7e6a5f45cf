"""Our binary: messages in a file, whole and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wim.strategies import passages
from wim.codec import decode, encode
from wim.formats import CHUNK_ROWS, open_passages, source, write_passages
from wim.records import Passages

VECTOR = (Path(__file__).parents[2] / "vectors" / "passages_v1.bin").read_bytes()
HEAD_BYTES = 16


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("wimp") / "passages.wimp"


def read(path: Path, content: bytes) -> tuple[bytes, list[int]]:
    """The records of a file with this content, and the messages of its faults."""
    path.write_bytes(content)
    chunks = list(open_passages(path, "wimp"))
    return b"".join(chunk.passages.tobytes() for chunk in chunks), [
        fault.line for chunk in chunks for fault in chunk.faults
    ]


@settings(deadline=None)
@given(st.lists(passages(), max_size=3))
def test_what_is_written_comes_back(scratch: Path, chunks: list[Passages]) -> None:
    """Through a file and back no bit of a record changes."""
    assert write_passages(scratch, "wimp", chunks).passages == sum(map(len, chunks))
    written = scratch.read_bytes()
    assert read(scratch, written) == (b"".join(passages.tobytes() for passages in chunks), [])


def test_the_published_message_is_a_file() -> None:
    """One message alone is a file, and is recognised by its first bytes."""
    (chunk,) = open_passages(Path(__file__).parents[2] / "vectors" / "passages_v1.bin")
    assert len(chunk.passages) == 2
    assert chunk.first_row == 1


def test_a_long_file_comes_in_chunks(tmp_path: Path) -> None:
    """No chunk is longer than the limit, though messages of any size lie in the file."""
    many = np.tile(decode([VECTOR], 4 * 10**18).passages, 20_000)
    (tmp_path / "p").write_bytes(encode(many[:3]) + encode(many) + encode(many) + encode(many[:5]))
    chunks = list(open_passages(tmp_path / "p"))
    assert sum(len(chunk.passages) for chunk in chunks) == 80_008
    assert max(len(chunk.passages) for chunk in chunks) <= CHUNK_ROWS
    assert [chunk.first_row for chunk in chunks] == [1, 3]


def broken(place: int) -> bytes:
    """The published message with another byte at `place`."""
    return VECTOR[:place] + bytes([VECTOR[place] ^ 0x40]) + VECTOR[place + 1 :]


@pytest.mark.parametrize(
    "wrong",
    [broken(0), broken(4), broken(8), broken(12), broken(13), broken(100), b"rubbish", VECTOR[:50], b"WIMP"],
    ids=["magic", "version", "crc", "stride", "long stride", "record", "rubbish", "cut record", "cut head"],
)
def test_a_wrong_message_is_one_fault_and_the_next_is_found(wrong: bytes, tmp_path: Path) -> None:
    """What is no message between two good ones is one fault at its number; both are read."""
    records = VECTOR[HEAD_BYTES:]
    assert read(tmp_path / "p", VECTOR + wrong + VECTOR) == (records + records, [2])


def test_a_wrong_record_leaves_its_message_alone(tmp_path: Path) -> None:
    """A record that cannot be judged is reported with its message and place, its neighbours are read."""
    batch = decode([VECTOR], 4 * 10**18).passages.copy()
    batch["axle_count"][0] = 17
    (tmp_path / "p").write_bytes(VECTOR + encode(batch))
    (chunk,) = open_passages(tmp_path / "p")
    assert len(chunk.passages) == 3
    assert [fault.line for fault in chunk.faults] == [2]
    assert chunk.faults[0].reason.startswith("record 1, axle_count")


def test_a_time_far_ahead_is_read(tmp_path: Path) -> None:
    """A file has no present: a record of the year 2261 is read, and the clock is for the stream to judge."""
    batch = decode([VECTOR], 4 * 10**18).passages.copy()
    batch["time_ns"] = 2**63 - 1
    assert read(tmp_path / "p", encode(batch)) == (batch.tobytes(), [])


@settings(deadline=None)
@given(
    st.lists(st.just(VECTOR) | st.binary(max_size=60) | st.integers(0, len(VECTOR) - 1).map(broken), max_size=4),
    st.integers(1, 500),
)
def test_whole_messages_are_found_wherever_blocks_end(scratch: Path, parts: list[bytes], block: int) -> None:
    """Among rubbish and broken messages every whole one is read, and the blocks of a file change nothing."""
    content = b"".join(parts)
    records, faults = read(scratch, content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK_BYTES", block)
        assert read(scratch, content) == (records, faults)
    assert len(records) >= parts.count(VECTOR) * len(VECTOR[HEAD_BYTES:])
    # Pieces may happen to make a whole message together.
    assert bool(faults) == (content != VECTOR * (len(content) // len(VECTOR)))
