"""`wim measure`: files of frames in, rows of passages out, and every bad frame named."""

from __future__ import annotations

import hashlib
import json
import struct
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from service.cli import main
from tests.wim.crossings import CAR, FOUR, SIX, START_NS, frame
from wim.frames import write_frames

VECTORS = Path(__file__).resolve().parents[2] / "vectors"


def frames(path: Path, *messages: bytes) -> str:
    """A file of these frames."""
    write_frames(path, messages)
    return str(path)


def numbered(axles: object, sequence: int, **fields: object) -> bytes:
    """A frame with that number, a second after the one before."""
    told = {"sequence": sequence, "start_ns": START_NS + sequence * 10**9}
    return frame(axles, **{**told, **fields})  # type: ignore[arg-type]


def run(*arguments: object) -> object:
    """The exit status of `wim measure` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["measure", *map(str, arguments)])
    return ended.value.code


def test_each_passage_is_a_row_that_names_its_frame(tmp_path: Path, sites: Path) -> None:
    """JSON lines and Parquet tell the same, in order, under the ids that the lane would give."""
    path = frames(tmp_path / "a.wimf", numbered(SIX, 1), numbered((), 2), numbered(CAR, 3))
    for name in ("a.jsonl", "a.parquet"):
        assert run(path, "--sites", sites, "--out", tmp_path / name) == 0
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    table = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["frame"] for row in rows] == [row["frame"] for row in table] == [0, 2]
    assert [row["gross_kg"] for row in rows] == [row["gross_kg"] for row in table]
    assert [len(row["axles"]) for row in rows] == [row["axle_count"] for row in table] == [6, 2]
    assert rows[0]["gross_kg"] == pytest.approx(49_000, rel=0.002)
    identity = struct.pack("<16sBBqI", b"G104-K012", 1, 0, START_NS + 10**9, 1)
    assert rows[0]["id"] == hashlib.blake2b(identity, digest_size=8).hexdigest()


def test_the_public_vector_is_measured_as_it_says(tmp_path: Path) -> None:
    """Another program's frame: its id exactly, its loads, spacing and speed within what the vector allows."""
    expected = json.loads((VECTORS / "frame_v1.json").read_text("utf-8"))
    allowed = expected["tolerance"]
    out = tmp_path / "a.jsonl"
    assert run(VECTORS / "frame_v1.wimf", "--sites", VECTORS / "frame_v1.toml", "--out", out) == 0
    (row,) = map(json.loads, out.read_text("utf-8").splitlines())
    assert (row["id"], row["axle_count"]) == (expected["id"], expected["axle_count"])
    for side in ("left_kg", "right_kg"):
        found = [axle[side] for axle in row["axles"]]
        assert found == pytest.approx(expected[side], rel=allowed["load_percent"] / 100)
    found = [axle["spacing_mm"] for axle in row["axles"][:-1]]
    assert found == pytest.approx(expected["spacing_mm"], abs=allowed["spacing_mm"])
    assert row["speed_kmh"] == pytest.approx(expected["speed_kmh"], rel=allowed["speed_percent"] / 100)


def test_several_files_end_in_one_and_their_counts_in_one_document(
    tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each file counts its frames from 0; a number that was skipped between them is a lost frame."""
    first = frames(tmp_path / "a.wimf", numbered(FOUR, 1), numbered(CAR, 2))
    second = frames(tmp_path / "b.wimf", numbered((), 4), numbered(CAR, 5))
    assert run(first, second, "--sites", sites, "--out", tmp_path / "a.jsonl", "--json") == 0
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text("utf-8").splitlines()]
    assert [row["frame"] for row in rows] == [0, 1, 1]
    told = capsys.readouterr()
    assert json.loads(told.out) == {"frames": 4, "passages": 3, "empty": 1, "missing": 1, "refused": {}}
    assert told.err == ""


def test_a_bad_frame_is_named_and_counted_and_the_rest_is_measured(
    tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By file, index, reason and what it was about; with --strict the command fails, and the rows are there."""
    bad = [
        numbered(CAR, 2)[:-1] + b"\x7f",
        numbered(CAR, 3, site=b"NOWHERE"),
        numbered(CAR, 4, lane=9),
        numbered(CAR, 5, lane=2, direction=1),
        numbered(CAR, 6, direction=1),
    ]
    path = frames(tmp_path / "a.wimf", numbered(CAR, 1), *bad, numbered(CAR, 7))
    out = tmp_path / "a.jsonl"
    assert run(path, "--sites", sites, "--out", out, "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["refused"] == {"crc": 1, "direction": 1, "lane": 1, "site": 1, "strips": 1}
    lines = told.err.splitlines()
    assert [line.partition(": frame ")[2][:8] for line in lines[:5]] == [
        "1: crc: ",
        "2: site:",
        "3: lane:",
        "4: strip",
        "5: direc",
    ]
    assert lines[0].startswith(path)
    assert "'NOWHERE'" in lines[1]
    assert lines[5] == "5 bad frames left out, 2 measured"
    assert [json.loads(line)["frame"] for line in out.read_text("utf-8").splitlines()] == [0, 6]
    assert run(path, "--sites", sites, "--out", out, "--strict") == 1
    assert len(out.read_text("utf-8").splitlines()) == 2


def test_a_file_that_was_cut_gives_what_is_whole(
    tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is one bad frame, which says at which byte."""
    path = Path(frames(tmp_path / "a.wimf", numbered(CAR, 1), numbered(CAR, 2)))
    path.write_bytes(path.read_bytes()[:-9])
    assert run(path, "--sites", sites, "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["refused"] == {"file": 1}
    assert "frame 1: file: at byte" in told.err


def test_nothing_measured_is_a_failure(tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty file, one in which every frame is bad, one that is not there: status 1, and which one it was."""
    empty = frames(tmp_path / "empty.wimf")
    assert run(empty, "--sites", sites) == 1
    assert f"{empty}: empty, no frame was read" in capsys.readouterr().err
    assert run(frames(tmp_path / "a.wimf", b"rubbish"), "--sites", sites) == 1
    assert run(tmp_path / "none.wimf", "--sites", sites, "--out", tmp_path / "a.jsonl") == 1
    assert f"{tmp_path / 'none.wimf'}: No such file" in capsys.readouterr().err
    assert not (tmp_path / "a.jsonl").exists()


def test_frames_without_a_vehicle_are_no_failure(tmp_path: Path, sites: Path) -> None:
    """A quiet night's file gives no row, and a file that says so."""
    path = frames(tmp_path / "a.wimf", numbered((), 1))
    assert run(path, "--sites", sites, "--out", tmp_path / "a.parquet") == 0
    assert pq.read_table(tmp_path / "a.parquet").num_rows == 0


def test_without_a_registry_or_with_an_unknown_ending_it_says_what_to_give(
    tmp_path: Path, sites: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong use is status 2; a registry that is set needs no option."""
    path = frames(tmp_path / "a.wimf", numbered(CAR, 1))
    monkeypatch.delenv("WIM_REGISTRY", raising=False)
    assert run(path) == 2
    assert "--sites or WIM_REGISTRY" in " ".join(capsys.readouterr().err.split())
    assert run(path, "--sites", sites, "--out", tmp_path / "a.csv") == 1
    assert ".parquet, .jsonl" in capsys.readouterr().err
    monkeypatch.setenv("WIM_REGISTRY", str(sites))
    assert run(path) == 0
    assert "passages  1" in capsys.readouterr().out
