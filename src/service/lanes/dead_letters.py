"""A dead letter as a message: the original bytes, and headers that say what was wrong with them and where they were.

==============  ====================================================================================
header          meaning (all UTF-8 text)
==============  ====================================================================================
reason          a word of contracts.md §2, or `kafka_crc`: a batch of the log whose checksum is wrong
detail          for a person
topic           where it was read
partition
offset          of the message; of the first one in a `kafka_crc` batch
at              when it was refused, RFC 3339, UTC
size            only where the value did not fit: its bytes before the cut
sha256          only where the value did not fit: hash of the value before the cut
==============  ====================================================================================
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from service.lanes.work import DeadLetter, Message
from service.topics import DEAD_LETTERS, LARGE_BYTES

#: What is kept of a value that does not fit (contracts.md §2), and of a key that is no key.
HEAD_BYTES = 64 * 1024
#: A detail is a sentence; a decoder that quotes its input must not make the letter larger than what it refuses.
DETAIL_CHARACTERS = 1_000
#: A batch of one record costs 61 bytes of head and at most 40 of lengths; headers' names and lengths come on top.
FRAMING_BYTES = 1_024


def message(letter: DeadLetter, at: datetime) -> Message:
    """The letter as it is published; `at` is when it was refused."""
    headers = [
        ("reason", letter.reason),
        ("detail", letter.detail[:DETAIL_CHARACTERS]),
        ("topic", letter.partition.topic),
        ("partition", str(letter.partition.number)),
        ("offset", str(letter.offset)),
        ("at", at.isoformat()),
    ]
    key, value = letter.key, letter.value
    if not _fits(key, value, headers):
        original = value or b""
        headers += [("size", str(len(original))), ("sha256", hashlib.sha256(original).hexdigest())]
        key, value = key and key[:HEAD_BYTES], original[:HEAD_BYTES]
    if key is None and value is None:
        # Kafka's clients refuse a message of nothing; the reason says that the value was null.
        value = b""
    return Message(DEAD_LETTERS, key, value, [(name, text.encode()) for name, text in headers])


def _fits(key: bytes | None, value: bytes | None, headers: list[tuple[str, str]]) -> bool:
    texts = sum(len(name) + len(text.encode()) for name, text in headers)
    return len(key or b"") + len(value or b"") + texts + FRAMING_BYTES <= LARGE_BYTES
