"""All formats together: telling them apart, what bad files get, and that nothing is lost."""

from __future__ import annotations

import contextlib
import gzip
import json
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wim.formats import CHUNK_ROWS, FORMATS, FormatError, detect, open_passages, source, write_passages
from wim.formats.june_csv import COLUMNS

VECTORS = Path(__file__).parents[2] / "vectors"

JUNE = ",".join(COLUMNS) + "\n2021-06-01 00:00:32,2,2,7450" + ",1520,2350,0,0,0,0,1390,2190,0,0,0,0,3308,0,0,0,0,40\n"
MON = "    47555 4 72012 0 011940 2 2  1840 72 3400101800 1030 2750  810    0\n"
TMG = "W1701811531201211071604   0183510208522025209829\n"
STATION = json.dumps(
    {"stationId": "S", "lane": 1, "sumWeight": 2, "axleCnt": 1, "axleWeight": "2", "dateTime": "2026-05-29 00:00:00"}
)
PASSAGE_JSON = (VECTORS / "passages_v1.json").read_text("utf-8")


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A small file of each format, by its name; the files' own names say nothing."""
    folder = tmp_path_factory.mktemp("samples")
    texts = {"june-csv": JUNE, "mon": MON, "tmg-w": TMG, "cn-station": STATION, "jsonl": PASSAGE_JSON}
    for name, content in texts.items():
        (folder / name).write_text(content, "utf-8")
    (folder / "wimp").write_bytes((VECTORS / "passages_v1.bin").read_bytes())
    (vector,) = (chunk.passages for chunk in open_passages(folder / "wimp"))
    write_passages(folder / "parquet", "parquet", [vector])
    return {name: (folder / name).rename(folder / f"{number}.dat") for number, name in enumerate(FORMATS)}


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("formats") / "file"


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_is_told_by_its_content(name: str, samples: dict[str, Path]) -> None:
    """Whatever a file is called, its format is found, by that format alone, and the file is read without a fault."""
    assert detect(samples[name]) == name
    head = samples[name].read_bytes()
    assert [other for other, known in FORMATS.items() if known.recognises(head)] == [name]
    (chunk,) = open_passages(samples[name])
    assert chunk.faults == ()
    assert len(chunk.passages) >= 1


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
def test_a_packed_file_is_the_same_file(name: str, samples: dict[str, Path], tmp_path: Path) -> None:
    """gzip is unpacked while reading, for every format that is read from its beginning."""
    (tmp_path / "packed").write_bytes(gzip.compress(samples[name].read_bytes()))
    assert detect(tmp_path / "packed") == name
    (packed,), (plain,) = open_passages(tmp_path / "packed"), open_passages(samples[name])
    assert packed.passages.tobytes() == plain.passages.tobytes()


@pytest.mark.parametrize("name", ["jsonl", "parquet", "wimp"])
def test_the_formats_that_carry_everything_carry_every_sample(
    name: str, samples: dict[str, Path], tmp_path: Path
) -> None:
    """What any reader gives can be kept in any of the three, source and identity included."""
    passages = [chunk.passages for sample in samples.values() for chunk in open_passages(sample)]
    write_passages(tmp_path / "all", name, passages)
    kept = np.concatenate([chunk.passages for chunk in open_passages(tmp_path / "all")])
    assert kept.tobytes() == np.concatenate(passages).tobytes()


@pytest.mark.parametrize("content", [b"", b"PNG rubbish", b"\x1f\x8b", b"{}", b"1\n2\n", b"\0" * 200])
def test_a_file_of_no_format_is_refused(content: bytes, tmp_path: Path) -> None:
    """The error says which file, what it looks like and which --format there is."""
    (tmp_path / "what").write_bytes(content)
    with pytest.raises(FormatError, match=r"what: .*--format.*june-csv") as caught:
        open_passages(tmp_path / "what")
    assert caught.value.path == str(tmp_path / "what")


@pytest.mark.parametrize("name", ["auto", *FORMATS])
def test_a_file_that_is_not_there_is_a_format_error(name: str, tmp_path: Path) -> None:
    """A missing file and a folder are refused at the call, by every reader, with their path."""
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(FormatError, match=str(path)):
            open_passages(path, name)


def test_an_unknown_format_names_its_neighbour(samples: dict[str, Path]) -> None:
    """A typing error in --format is answered with the name that was meant."""
    with pytest.raises(FormatError, match="did you mean june-csv"):
        open_passages(samples["june-csv"], "june_csv")


def test_a_format_that_is_only_read_is_not_written(tmp_path: Path) -> None:
    """The error says which formats are written."""
    with pytest.raises(FormatError, match="parquet, wimp, jsonl, tmg-w"):
        write_passages(tmp_path / "out", "mon", [])


@pytest.mark.parametrize("name", [name for name, known in FORMATS.items() if known.write])
def test_nothing_half_written_is_left(name: str, samples: dict[str, Path], tmp_path: Path) -> None:
    """Where writing fails the old file stays as it was and no other is left."""
    (passages,) = (chunk.passages for chunk in open_passages(samples["tmg-w"]))
    (tmp_path / "out").write_bytes(b"old")

    def failing() -> object:
        yield passages
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_passages(tmp_path / "out", name, failing())
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out").read_bytes() == b"old"
    with pytest.raises(FormatError, match="missing"):
        write_passages(tmp_path / "missing" / "out", name, [passages])


def outcomes(path: Path, name: str) -> int:
    """How many rows of a file became a passage, a fault or an aside; each must be in order and within its limits."""
    total = 0
    for chunk in open_passages(path, name):
        assert len(chunk.passages) <= CHUNK_ROWS
        assert [fault.line for fault in chunk.faults] == sorted(fault.line for fault in chunk.faults)
        assert all(fault.line >= chunk.first_row >= 1 for fault in chunk.faults)
        assert ((chunk.passages["axle_count"] >= 1) & (chunk.passages["axle_count"] <= 16)).all()
        total += len(chunk.passages) + len(chunk.faults) + len(chunk.asides)
    return total


def filled_lines(content: bytes) -> int:
    """How many lines hold anything."""
    return sum(line.removesuffix(b"\r") != b"" for line in content.removeprefix(b"\xef\xbb\xbf").split(b"\n"))


_LINE = st.binary(max_size=80) | st.sampled_from([MON, TMG, JUNE.split("\n")[1], "{}", "", TMG[:21] + "m"]).map(
    str.encode
)
_FLIP = st.tuples(st.integers(0, 300), st.integers(0, 255))


@st.composite
def rotten(draw: st.DrawFn) -> bytes:
    """Lines of several formats and of none, some of their bytes changed."""
    content = bytearray(b"\n".join(draw(st.lists(_LINE, max_size=6))))
    for place, value in draw(st.lists(_FLIP, max_size=4)):
        if place < len(content):
            content[place] = value
    return bytes(content)


@settings(deadline=None, max_examples=200)
@given(rotten(), st.sampled_from(["mon", "tmg-w", "june-csv"]))
def test_every_line_is_a_passage_a_fault_or_an_aside(scratch: Path, content: bytes, name: str) -> None:
    """Whatever bytes a table holds, no line raises anything and none is lost."""
    header = ",".join(COLUMNS).encode() + b"\n" if name == "june-csv" else b""
    scratch.write_bytes(header + content)
    rows = filled_lines(header + content) - bool(header)
    assert outcomes(scratch, name) == rows


@settings(deadline=None, max_examples=200)
@given(rotten(), st.sampled_from(["auto", *FORMATS]), st.booleans())
def test_no_bytes_raise_anything_but_a_format_error(scratch: Path, content: bytes, name: str, pack: bool) -> None:
    """Whatever a file holds and whatever it is taken for, it is read, refused, or reported."""
    scratch.write_bytes(gzip.compress(content)[:-9] if pack else content)
    with contextlib.suppress(FormatError):
        outcomes(scratch, name)


@settings(deadline=None)
@given(st.lists(_LINE, max_size=6), st.sampled_from(["mon", "tmg-w", "jsonl", "cn-station"]), st.integers(1, 90))
def test_where_blocks_end_changes_nothing(scratch: Path, lines: list[bytes], name: str, block: int) -> None:
    """The passages, the faults and their lines are the same however much is read at once."""

    def everything() -> list[object]:
        chunks = list(open_passages(scratch, name))
        records = b"".join(chunk.passages.tobytes() for chunk in chunks)
        return [records, [fault for chunk in chunks for fault in chunk.faults], [a for c in chunks for a in c.asides]]

    scratch.write_bytes(b"\n".join(lines))
    whole = everything()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BLOCK_BYTES", block)
        assert everything() == whole


@pytest.mark.parametrize("name", ["mon", "tmg-w", "jsonl", "wimp"])
def test_a_damaged_gzip_file_gives_what_is_whole(name: str, samples: dict[str, Path], tmp_path: Path) -> None:
    """What comes before the damage is read, and one fault says that the rest is not there."""
    record = samples[name].read_bytes().removeprefix(b"[").removesuffix(b"]") + b"\n" * (name == "jsonl")
    packed = gzip.compress(record * 5_000, 1)
    (tmp_path / "cut").write_bytes(packed[: len(packed) // 2])
    chunks = list(open_passages(tmp_path / "cut", name))
    assert sum(len(chunk.passages) for chunk in chunks) > 100
    assert [fault.reason for chunk in chunks for fault in chunk.faults if "damaged" in fault.reason]


def test_a_line_without_end_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A line that is longer than any of ours is left out with a fault, and the lines around it are read."""
    (tmp_path / "long").write_bytes(MON.encode() + b"x" * 20_000_000 + b"\n" + MON.encode() * 2)
    chunks = list(open_passages(tmp_path / "long"))
    assert [fault.line for chunk in chunks for fault in chunk.faults] == [2]
    assert sum(len(chunk.passages) for chunk in chunks) == 3


def peak_of(path: Path) -> int:
    """The most memory that reading a file and forgetting its chunks takes, in bytes."""
    tracemalloc.start()
    for _ in open_passages(path):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize("line", [MON, TMG], ids=["mon", "tmg-w"])
def test_memory_does_not_grow_with_the_file(line: str, tmp_path: Path) -> None:
    """A file three times as long takes no more memory."""
    lines = 4 * source.BLOCK_BYTES // len(line)
    (tmp_path / "short").write_text(line * lines, "ascii")
    (tmp_path / "long").write_text(line * lines * 3, "ascii")
    assert peak_of(tmp_path / "long") < 1.2 * peak_of(tmp_path / "short")
