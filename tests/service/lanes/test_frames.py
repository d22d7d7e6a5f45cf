"""The frames lane's work: the frame of each violation, whole, under its passage's id, and never another one's."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from aiokafka.structs import ConsumerRecord

from rules.permits import PlateRegister
from rules.ruleset import load_book
from service.lanes.archive import ArchiveError
from service.lanes.frame_places import Place, header_of_passages
from service.lanes.frames import FramesWork
from service.lanes.screen import ScreenWork
from service.lanes.work import Message, Partition, Slice
from service.metrics import Metrics
from service.papers import Papers
from service.registry import Registry
from service.store import media
from service.store.engine import Store
from service.store.media import MediaRow
from service.topics import PASSAGES, VIOLATIONS
from tests.rules.worlds import truck
from tests.wim.crossings import START_NS, frame, network
from wim import codec
from wim.frames import Frame, read_frames
from wim.records import HOUR_NS, Passages, Source, passage_ids

SECOND_NS = 10**9


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder that is not there yet."""
    return tmp_path / "archive"


@dataclass
class Log:
    """A log of frames in memory: partition 3, offsets as in the list."""

    frames: Sequence[bytes | None]
    reads: list[Place] = field(default_factory=list)

    def read(self, place: Place) -> bytes | None:
        self.reads.append(place)
        return self.frames[place.offset]


def crossings(*gross_kg: int) -> tuple[Passages, list[bytes]]:
    """Trucks with these weights, a second apart, as they were measured, and their frames."""
    passages = np.concatenate([truck(mass, site=b"G104-K012", source=Source.FRAME) for mass in gross_kg])
    passages["sequence"] = np.arange(len(gross_kg))
    passages["origin_ns"] = START_NS + passages["sequence"].astype(np.int64) * SECOND_NS
    passages["time_ns"] = passages["origin_ns"] + 7
    starts = passages["origin_ns"].tolist()
    return passages, [frame(sequence=n, start_ns=start_ns) for n, start_ns in enumerate(starts)]


def violations(store: Store, passages: Passages, offsets: Sequence[int] | None = None) -> list[Message]:
    """What the screen lane sends for a message of these passages, whose frames lie at those offsets, 0, 1, …"""
    registry = Registry(network(), PlateRegister())
    papers = Papers(store, registry, certain_from=80, trip_gap_ns=4 * HOUR_NS)
    work = ScreenWork(store, registry, load_book(), papers, Metrics(), clock_ns=lambda: START_NS + HOUR_NS)
    headers = [header_of_passages(3, range(len(passages)) if offsets is None else offsets)]
    value = codec.encode(passages)
    record = ConsumerRecord(PASSAGES, 0, 0, 0, 0, b"G104-K012", value, None, -1, len(value), headers)
    return [m for m in work.judge([Slice(Partition(PASSAGES, 0), 1, [record])]).messages if m.topic == VIOLATIONS]


def keep(store: Store, work: FramesWork, messages: Sequence[Message]) -> Mapping[str, list[MediaRow]]:
    """Judge and keep a batch of violations; gives what is listed of their passages."""
    records = [
        ConsumerRecord(VIOLATIONS, 0, at, 0, 0, m.key, m.value, None, -1, 0, m.headers) for at, m in enumerate(messages)
    ]
    outcome = work.judge([Slice(Partition(VIOLATIONS, 0), len(records), records)])
    with store.writing(durable=True) as conn:
        outcome.write(conn)
    outcome.committed()
    with store.reading() as conn:
        return media.of_passages(conn, [dict(m.headers)["ce_id"].decode().split("/")[0] for m in messages])


def archived(metrics: Metrics, result: str) -> float | None:
    return metrics.registry.get_sample_value("wim_frames_archived_total", {"result": result})


def test_the_frame_of_each_violation_is_kept_under_its_passages_id(store: Store, archive: Path) -> None:
    """As it was sent, readable by whatever reads frames, listed with its hash; of legal trucks nothing is kept."""
    passages, frames = crossings(40_000, 60_000, 101_000)
    metrics = Metrics()
    listed = keep(store, FramesWork(archive, Log(frames), metrics), violations(store, passages))
    ids = passage_ids(passages)
    assert sorted(listed) == sorted(ids[1:])
    for passage, message in zip(ids[1:], frames[1:], strict=True):
        [row] = listed[passage]
        assert row.href == f"frames/date=2026-06-01/site=G104-K012/{passage}.wimf"
        content = (archive / row.href).read_bytes()
        assert (row.kind, row.sha256, row.bytes) == ("frame", hashlib.sha256(content).hexdigest(), len(content))
        [(_, kept)] = read_frames(archive / row.href)
        assert isinstance(kept, Frame)
        assert content[4:] == message
    assert [path.suffix for path in archive.rglob("*") if path.is_file()] == [".wimf", ".wimf"]
    assert archived(metrics, "kept") == 2


def test_a_place_that_holds_another_frame_gives_none(store: Store, archive: Path) -> None:
    """A topic that was made anew, a header that somebody wrote: under a truck's id it would be false proof."""
    passages, frames = crossings(60_000, 60_000, 60_000)
    metrics = Metrics()
    work = FramesWork(archive, Log([frames[1], frames[0], b"no frame"]), metrics)
    assert keep(store, work, violations(store, passages)) == {}
    assert not archive.exists()
    assert archived(metrics, "other") == 3


def test_a_frame_that_the_log_has_let_go_is_counted(store: Store, archive: Path) -> None:
    """The others of the batch are kept."""
    passages, frames = crossings(60_000, 60_000)
    metrics = Metrics()
    listed = keep(store, FramesWork(archive, Log([None, frames[1]]), metrics), violations(store, passages))
    assert list(listed) == passage_ids(passages)[1:]
    assert (archived(metrics, "gone"), archived(metrics, "kept")) == (1, 1)


def test_violations_that_were_not_measured_from_frames_are_let_pass(store: Store, archive: Path) -> None:
    """Roadside units and files have no frames; what is no violation is not this lane's to refuse."""
    passages, _ = crossings(60_000)
    log = Log([])
    [message] = violations(store, passages)
    plain = message._replace(headers=[pair for pair in message.headers if pair[0] != "frame"])
    assert keep(store, FramesWork(archive, log, Metrics()), [plain, message._replace(value=b"{}")]) == {}
    assert log.reads == []


def test_the_log_is_read_in_its_own_order_and_once_a_violation(store: Store, archive: Path) -> None:
    """Whatever the order of the violations, and however often one came."""
    passages, frames = crossings(60_000, 60_000, 60_000)
    sent = violations(store, passages, [2, 0, 1])
    log = Log([frames[1], frames[2], frames[0]])
    assert len(keep(store, FramesWork(archive, log, Metrics()), [*sent, *sent])) == 3
    assert log.reads == [Place(3, 0), Place(3, 1), Place(3, 2)]


def test_files_are_durable_before_they_are_listed(store: Store, archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is forced to disk before it has its name, each folder up to the archive after, and once."""
    passages, frames = crossings(60_000, 60_000)
    synced: list[str] = []
    fsync = os.fsync

    def noted(descriptor: int) -> None:
        synced.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")).name)
        fsync(descriptor)

    sent = violations(store, passages)
    monkeypatch.setattr(os, "fsync", noted)
    work, root = FramesWork(archive, Log(frames), Metrics()), "archive"
    record = [ConsumerRecord(VIOLATIONS, 0, 0, 0, 0, m.key, m.value, None, -1, 0, m.headers) for m in sent]
    work.judge([Slice(Partition(VIOLATIONS, 0), 2, record)])
    names = [f"{passage}.unfinished" for passage in passage_ids(passages)]
    assert synced == [*names, root, "frames", "date=2026-06-01", "site=G104-K012"]


def test_a_site_name_cannot_leave_the_archive(store: Store, archive: Path) -> None:
    """It names a folder, never a way."""
    passages, _ = crossings(60_000)
    passages["site"] = b"../../etc/x"
    whole = frame(sequence=0, start_ns=START_NS, site=b"../../etc/x")
    [[row]] = keep(store, FramesWork(archive, Log([whole]), Metrics()), violations(store, passages)).values()
    assert (archive / row.href).resolve().is_relative_to(archive / "frames" / "date=2026-06-01")


def test_a_folder_that_cannot_be_made_stops_the_start(archive: Path) -> None:
    """Not the first violation of the night."""
    archive.write_text("")
    with pytest.raises(ArchiveError, match="WIM_ARCHIVE"):
        FramesWork(archive / "here", Log([]), Metrics()).warm_up()
