"""`wim signal`: one frame for a person, as a table and as a picture."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from service.cli import main
from tests.wim.crossings import CAR, SIX, frame
from wim.frames import write_frames

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A car, a damaged frame, a six-axle truck with a plate, nobody, and a stranger."""
    path = tmp_path / "a.wimf"
    bad = frame(CAR)[:-1] + b"\x7f"
    stranger = frame(CAR, site=b"NOWHERE")
    write_frames(path, [frame(CAR), bad, frame(SIX, sequence=7, plate="苏A12345".encode()), frame(()), stranger])
    return path


def run(*arguments: object) -> object:
    """The exit status of `wim signal` with these arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["signal", *map(str, arguments)])
    return ended.value.code


def test_a_frame_is_shown_as_picture_and_table(
    file: Path, sites: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where and when, the result in a line, and of each axle its loads, spacing and every strip's share; no plate."""
    assert run(file, "--index", 2, "--plot", tmp_path / "out.png", "--sites", sites) == 0
    assert (tmp_path / "out.png").read_bytes().startswith(PNG)
    headline, _, result, _, headings, *axles = capsys.readouterr().out.splitlines()
    assert headline.startswith("G104-K012 lane 1, 2026-06-01 00:00:00 UTC, frame 7")
    assert "6 axles" in result
    assert headings.split()[-4:] == ["1L", "1R", "2L", "2R"]
    assert [row.split()[0] for row in axles] == [str(axle) for axle in range(1, 7)]
    assert int(axles[0].split()[1]) == pytest.approx(3_200, abs=15)
    assert int(axles[0].split()[4]) == pytest.approx(3_300, abs=10)
    for row in axles:
        shares = [int(word[:-1]) for word in row.split() if word.endswith("%")]
        assert shares[0] + shares[2] == pytest.approx(100, abs=1)
    assert "苏" not in headline + result


def test_one_document_tells_the_same(file: Path, sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --json: the passage in its JSON form, and each window with its channel and samples."""
    assert run(file, "--index", 2, "--sites", sites, "--json") == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["frame"], document["passages"][0]["axle_count"]) == (2, 6)
    assert len(document["windows"]) == 4 * 6
    assert {"channel", "axle", "first", "end", "load_kg", "weight"} <= document["windows"][0].keys()


def test_a_frame_without_a_vehicle_says_so(file: Path, sites: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty table would look like a fault."""
    assert run(file, "--index", 3, "--sites", sites) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "無車 no vehicle"


@pytest.mark.parametrize(
    ("index", "registry", "reason"), [(0, False, "--sites or WIM_REGISTRY"), (4, True, "site: the registry has no")]
)
def test_what_cannot_be_weighed_is_drawn_bare(
    file: Path,
    sites: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    index: int,
    registry: bool,
    reason: str,
) -> None:
    """A person still sees whether the strips work, and reads why there is no weight."""
    monkeypatch.delenv("WIM_REGISTRY", raising=False)
    picture = tmp_path / "out.svg"
    assert run(file, "--index", index, "--plot", picture, *(("--sites", sites) if registry else ())) == 0
    told = capsys.readouterr()
    assert f"{file}: frame {index}: bare signal, not weighed" in told.err
    assert reason in told.err
    assert picture.stat().st_size > 10_000


def test_a_frame_that_is_not_there_or_damaged_is_an_error_with_its_place(
    file: Path, sites: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File and index, what is wrong, and which index to give."""
    assert run(file, "--index", 1, "--sites", sites) == 1
    assert f"{file}: frame 1: crc: " in capsys.readouterr().err
    assert run(file, "--index", 5) == 1
    assert f"{file}: frame 5: the file ends before it: give --index up to 4" in capsys.readouterr().err
    empty = tmp_path / "empty.wimf"
    empty.touch()
    assert run(empty) == 1
    assert "it holds none" in capsys.readouterr().err
    assert run(file, "--index", -1) == 2
    assert run(tmp_path / "none.wimf") == 1
    assert "none.wimf: No such file" in capsys.readouterr().err
    assert run(file, "--plot", tmp_path / "a.xyz", "--sites", sites) == 1
    assert "no picture is known by that ending" in capsys.readouterr().err
