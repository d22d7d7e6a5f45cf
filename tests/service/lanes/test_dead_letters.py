"""Dead letters as messages."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest

from service.lanes import dead_letters
from service.lanes.dead_letters import HEAD_BYTES
from service.lanes.work import DeadLetter, Message, Partition
from service.topics import DEAD_LETTERS, LARGE_BYTES

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def letter(value: bytes | None, key: bytes | None = b"G104-K012", detail: str = "why") -> Message:
    """What becomes of a refused value."""
    refused = DeadLetter(Partition("wim.passages.v1", 3), 42, key, value, "crc", detail)
    return dead_letters.message(refused, AT)


def test_it_carries_the_original_bytes_and_says_where_they_were() -> None:
    """Value and key are as they came; the headers are those of contracts.md §5."""
    message = letter(b"\x00bytes")
    assert message == Message(
        DEAD_LETTERS,
        b"G104-K012",
        b"\x00bytes",
        [
            ("reason", b"crc"),
            ("detail", b"why"),
            ("topic", b"wim.passages.v1"),
            ("partition", b"3"),
            ("offset", b"42"),
            ("at", b"2026-11-23T08:00:00+00:00"),
        ],
    )


def test_what_does_not_fit_is_cut_with_its_size_and_hash() -> None:
    """8 MiB with headers do not fit into 8 MiB: the first 64 kB, and what proves which value it was."""
    value = bytes(range(256)) * (LARGE_BYTES // 256)
    message = letter(value)
    headers = dict(message.headers)
    assert message.value == value[:HEAD_BYTES]
    assert int(headers["size"]) == LARGE_BYTES
    assert headers["sha256"].decode() == hashlib.sha256(value).hexdigest()


@pytest.mark.parametrize("size", [5_000_000, LARGE_BYTES - 100_000])
def test_what_fits_is_whole(size: int) -> None:
    """Up to nearly 8 MiB nothing is cut."""
    message = letter(b"x" * size)
    assert len(message.value or b"") == size
    assert "sha256" not in dict(message.headers)


def test_a_message_of_nothing_can_be_published() -> None:
    """Kafka's clients refuse neither key nor value: a refused null without a key becomes an empty value."""
    assert letter(None, key=None).value == b""
    assert letter(None, key=b"k").value is None


def test_a_long_detail_does_not_make_the_letter_larger_than_what_it_refuses() -> None:
    """A decoder that quotes a whole message as its reason is cut short."""
    headers = dict(letter(b"x", detail="路" * 5_000_000).headers)
    assert len(headers["detail"]) <= 3 * dead_letters.DETAIL_CHARACTERS
