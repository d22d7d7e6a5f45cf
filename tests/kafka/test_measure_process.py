"""A real worker that weighs: killed in the middle, started with other calibrations, fed again; each vehicle once."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from service.lanes.dead_letters import FRAMING_BYTES
from service.store import frame_runs, media, tables
from service.store.engine import Store
from service.store.frame_runs import Lost
from service.store.rate_table import CountedLane, Extent, Question, query
from service.topics import DEAD_LETTERS, FRAMES, LARGE_BYTES, PASSAGES, VIOLATIONS
from tests.kafka.counting import produce, read_all, wait_for
from tests.system.running import Installation, drained
from tests.wim.crossings import CAR, OFFSET, SIX, START_NS, Axles, frame
from wim import codec
from wim.frames import NO_NOW_NS, decode_frame, encode_frame, file_record
from wim.records import HOUR_NS, passage_ids

SECOND_NS = 10**9
PARTITIONS = 12
#: A kernel may have to be compiled first, and a dead worker's group lets go of it.
SECONDS = 240.0
#: 60 t on six axles, of which 49 t are allowed.
OVERLOADED: Axles = tuple((round(left * 1.22), round(right * 1.22), metres) for left, right, metres in SIX)

REGISTRY = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"
[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
gravity_ms2 = 9.8
certificate = [{{number = "T", class = 5, from = 2026-01-01, until = 2027-01-01}}]
[[site.lane]]
number = 1
direction = "up"
strips = [
    {{line = 1, side = "left", position_m = 0.0, width_m = 0.055}},
    {{line = 1, side = "right", position_m = 0.0, width_m = 0.055}},
    {{line = 2, side = "left", position_m = 4.0, width_m = 0.055}},
    {{line = 2, side = "right", position_m = 4.0, width_m = 0.055}},
]
[[site.lane.calibration]]
version = 3
from = 2026-01-01
gain = {{"1L" = {gain}, "1R" = {gain}, "2L" = {gain}, "2R" = {gain}}}
"""


@pytest.fixture
def installed(tmp_path: Path, start_kafka: Callable[..., object]) -> Iterator[Installation]:
    """A broker and an empty database of this test's own."""
    servers: str = start_kafka(1).bootstrap_servers  # type: ignore[attr-defined]
    made = Installation.made(servers, f"sqlite:///{tmp_path / 'wim.db'}", tmp_path, REGISTRY.format(gain=1.0))
    yield made
    made.end()


@pytest.fixture
def store(installed: Installation) -> Iterator[Store]:
    """Its database."""
    opened = installed.store()
    yield opened
    opened.close()


def numbered(axles: Axles, sequence: int, **fields: object) -> bytes:
    """A frame with that number, a second after the one before."""
    told = {"sequence": sequence, "start_ns": START_NS + sequence * SECOND_NS}
    return frame(axles, **{**told, **fields})  # type: ignore[arg-type]


def largest(sequence: int) -> bytes:
    """A car in a frame as large as a message of 8 MiB can hold: the unit waited for a minute before it gave up."""
    short = decode_frame(numbered(CAR, sequence), NO_NOW_NS)
    samples = (LARGE_BYTES - FRAMING_BYTES - len(encode_frame(short.head, short.channels, short.counts[:, :0]))) // (
        2 * 4
    )
    counts = np.full((4, samples), int(OFFSET), np.int16)
    counts[:, : short.counts.shape[1]] = short.counts
    return encode_frame(short.head, short.channels, counts)


def id_of(sequence: int) -> str:
    """The id that contracts §2 gives to the first vehicle of a frame, from nothing that is measured."""
    identity = struct.pack("<16sBBqI", b"G104-K012", 1, 0, START_NS + sequence * SECOND_NS, sequence)
    return hashlib.blake2b(identity, digest_size=8).hexdigest()


def counted(store: Store) -> int:
    """Passages that are in the rates."""
    lanes = (CountedLane("G104-K012", 1, 0),)
    year = Question(1_767_225_600, 1_798_761_600)  # 2026
    with store.reading() as conn:
        rows = query(conn, [Extent("G104", "Asia/Shanghai", lanes)], year)["G104"].rows
    return sum(row["passages"] for row in rows)


def kept(store: Store) -> int:
    """Frames that the measure lane has kept."""
    with store.reading() as conn:
        rows = conn.execute(select(tables.offsets).where(tables.offsets.c.stream_lane == "measure")).all()
    return sum(row.next_offset for row in rows)


def test_each_vehicle_counts_once_whatever_happens_to_worker_and_kernel(
    installed: Installation, store: Store, tmp_path: Path
) -> None:
    """Killed, started with another calibration, sent again: the same ids, one count each; bad and lost ones named."""
    archive = {"WIM_ARCHIVE": str(tmp_path / "archive")}
    skipped = {40, 41, 42, 90}
    good = {n: numbered(OVERLOADED if n % 10 == 0 else CAR, n) for n in range(400) if n not in skipped}
    good[400] = largest(400)
    bad = {
        "site": numbered(CAR, 1, site=b"NOWHERE"),
        "lane": numbered(CAR, 1, lane=9),
        "direction": numbered(CAR, 1, direction=1),
        "crc": good[5][:-1] + b"\x7f",
        "rate_hz": numbered(CAR, 1, rate_hz=999),
        "samples": encode_frame(*_without_samples(good[5])),
        "null": None,
    }
    produce(installed.servers, FRAMES, [*list(good.values())[:200], *bad.values(), *list(good.values())[200:]])

    worker = installed.start("worker", "--lanes", "measure,screen,frames", **archive)
    wait_for(lambda: kept(store) > 0, SECONDS, worker.log.name)
    worker.kill()
    (tmp_path / "sites.toml").write_text(REGISTRY.format(gain=1.01), "utf-8")
    worker = installed.start("worker", "--lanes", "measure,screen,frames", **archive)
    wait_for(lambda: counted(store) == len(good), SECONDS, worker.log.read_text("utf-8")[-2_000:])
    wait_for(lambda: drained(store, installed.servers), SECONDS, "all lanes")

    # Everything once more, as a unit sends that heard no acknowledgement.
    produce(installed.servers, FRAMES, good.values())
    wait_for(lambda: kept(store) == 2 * len(good) + len(bad), SECONDS, "the frames that came again")
    wait_for(lambda: drained(store, installed.servers), SECONDS, "all lanes")
    assert counted(store) == len(good)

    published = [value for value, _ in read_all(installed.servers, PASSAGES, PARTITIONS)]
    passages = codec.decode(published, START_NS + HOUR_NS).passages
    assert set(passage_ids(passages)) == {id_of(n) for n in good}
    assert len(passages) >= 2 * len(good)
    assert passages["axle_count"][passages["sequence"] == 400].tolist() == [2, 2]

    over = {id_of(n): n for n in good if n % 10 == 0 and n < 400}
    told = {
        headers["ce_id"].decode().partition("/")[0]
        for _, headers in read_all(installed.servers, VIOLATIONS, PARTITIONS)
    }
    assert told == over.keys()
    with store.reading() as conn:
        listed = media.of_passages(conn, list(over))
        assert frame_runs.lost(conn, "G104-K012", 0, 2**40) == {1: Lost(4, 0)}
    for passage, number in over.items():
        [row] = listed[passage]
        assert (tmp_path / "archive" / row.href).read_bytes() == file_record(good[number])

    letters = read_all(installed.servers, DEAD_LETTERS, 3)
    assert Counter(headers["reason"].decode() for _, headers in letters).keys() == bad.keys()
    for value, headers in letters:
        assert value == bad[headers["reason"].decode()]
    assert worker.stop()[0] == 0


def _without_samples(message: bytes) -> tuple[np.void, np.ndarray, np.ndarray]:
    whole = decode_frame(message, NO_NOW_NS)
    return whole.head, whole.channels, whole.counts[:, :0]
