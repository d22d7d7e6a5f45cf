"""FHWA weight records: the published cards, hours without vehicles, and the way back."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wim.strategies import passages
from wim.formats import Aside, Chunk, FormatError, ReadOptions, WriteOptions, open_passages, write_passages
from wim.formats.tmg import kilograms, millimetres
from wim.formats.tmg_writer import pounds, tenths_of_a_foot
from wim.records import HOUR_NS, Flag, Passages, text

#: Cards of a public test suite (law_and_measurement.md §5.1): a 3S2, a three-axle truck whose second axle is wrong on
#: purpose, a two-axle truck.
CARDS = (
    "W1701811531201211071609   0578860511210015112300004513730021409815004810831",
    "W1701811531201211071606   0472890309818013191025004618346",
    "W1701811531201211071604   0183510208522025209829",
)
#: The cards' direction of travel is east.
EAST_WEST = WriteOptions(directions=(3, 7))
#: Columns of a card that hold weights, counted from 0.
WEIGHT_COLUMNS = ((26, 32), *((34 + 9 * axle, 39 + 9 * axle) for axle in range(13)))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that every example of a property test writes anew."""
    return tmp_path_factory.mktemp("tmg") / "cards.txt"


def read(path: Path, *cards: str, options: ReadOptions | None = None) -> Chunk:
    path.write_text("".join(f"{card:<147}\n" for card in cards), "ascii")
    (chunk,) = open_passages(path, "tmg-w", options)
    return chunk


def put(first: int, value: str) -> str:
    """The first card with other characters from column `first`, counted from 1."""
    return CARDS[0][: first - 1] + value + CARDS[0][first - 1 + len(value) :]


def test_the_published_cards_are_read(tmp_path: Path) -> None:
    """Pounds become kilograms and tenths of a foot millimetres, each rounded half up, and nothing is made to agree."""
    cards = read(tmp_path / "w", *CARDS, options=ReadOptions(zone=ZoneInfo("America/Chicago"))).passages
    assert cards["gross_kg"].tolist() == [round(pounds * 0.45359237) for pounds in (57_886, 47_289, 18_351)]
    assert cards["left_kg"][1].tolist()[:4] == [round(pounds * 0.45359237) for pounds in (9_818, 91_025, 18_346)] + [0]
    assert cards["spacing_mm"][0].tolist()[:5] == [round(tenths * 30.48) for tenths in (151, 45, 214, 48)] + [0]
    assert cards["axle_count"].tolist() == [5, 3, 2]
    assert {text(site) for site in cards["site"]} == {"17-018115/0"}
    assert cards["time_ns"].tolist() == [1_352_325_600 * 10**9] * 3  # 2012-11-07T16:00-06:00
    assert cards["sequence"].tolist() == [0, 1, 2]
    assert (cards["flags"] == Flag.AXLE_ONLY).all()
    assert np.isnan(cards["speed_kmh"]).all()


def test_the_wrong_card_still_contradicts_itself(tmp_path: Path) -> None:
    """The published failure keeps a gross weight far from its axles, so that the rules can flag it."""
    wrong = read(tmp_path / "w", CARDS[1]).passages[0]
    assert wrong["left_kg"].sum(dtype=np.int64) > 2 * int(wrong["gross_kg"])


def test_hours_without_a_vehicle_are_no_passages(tmp_path: Path) -> None:
    """An hour without data and an hour without trucks are told apart, and neither is a wrong row."""
    chunk = read(
        tmp_path / "w", CARDS[0][:21] + "m", CARDS[0], CARDS[0][:21] + " D", CARDS[0][:10] + "x" + " " * 10 + "m"
    )
    hour_ns = 1_352_275_200 * 10**9
    assert chunk.asides == (
        Aside(1, "hour_missing", "17-018115/0", 1, hour_ns),
        Aside(3, "hour_without_trucks", "17-018115/0", 1, hour_ns),
    )
    assert len(chunk.passages) == 1
    assert [fault.line for fault in chunk.faults] == [4]


@pytest.mark.parametrize(("compass", "direction"), [("1", 0), ("4", 0), ("5", 1), ("8", 1)])
def test_compass_directions_become_the_chainages(compass: str, direction: int, tmp_path: Path) -> None:
    """North to south-east rises, south to north-west falls, and lanes of the two never meet in one site."""
    passage = read(tmp_path / "w", put(10, compass)).passages[0]
    assert passage["direction"] == direction
    assert text(passage["site"]) == f"17-018115/{direction}"


@pytest.mark.parametrize(
    ("card", "reason"),
    [
        (put(1, "S"), "card"),
        (put(4, " "), "station"),
        (put(10, "0"), "direction"),
        (put(10, "9"), "direction"),
        (put(11, "x"), "lane"),
        (put(16, "13"), "time"),
        (put(20, "24"), "time"),
        (put(22, "00"), "class"),
        (put(22, "16"), "class"),
        (put(27, "      "), "gross weight"),
        (put(33, "00"), "axle_count"),
        (put(33, "14"), "axle_count"),
        (put(33, "06"), "axle weight"),
        (put(33, "04"), "left_kg"),
        (put(40, "9999"), "spacing_mm"),
        (put(35, "  -1 "), "axle weight"),
        (CARDS[0][:30], "axle_count"),
    ],
)
def test_a_wrong_card_is_one_fault(card: str, reason: str, tmp_path: Path) -> None:
    """A wrong card is reported with its line and what is wrong, and its neighbours are read."""
    chunk = read(tmp_path / "w", CARDS[0], card, CARDS[0])
    (fault,) = chunk.faults
    assert fault.line == 2
    assert fault.reason.startswith(reason)
    assert len(chunk.passages) == 2


def test_the_published_cards_are_written_back(tmp_path: Path) -> None:
    """All 147 characters come back, the class among them, but for weights: a kilogram holds two pounds or three."""
    written = tmp_path / "again"
    write_passages(written, "tmg-w", [read(tmp_path / "w", *CARDS).passages], EAST_WEST)
    for card, again in zip(CARDS, written.read_text("ascii").splitlines(), strict=True):
        assert len(again) == 147
        for first, end in WEIGHT_COLUMNS:
            if card[first:end]:
                assert abs(int(card[first:end]) - int(again[first:end])) <= 1
                again = again[:first] + card[first:end] + again[end:]
        assert again == f"{card:<147}"


@settings(deadline=None)
@given(passages(most_axles=13))
def test_what_a_card_holds_comes_back(scratch: Path, original: Passages) -> None:
    """Weights come back to the kilogram and spacings within half a tenth of a foot, in whole hours of local time."""
    original["site"] = b"17-018115/0"
    original["time_ns"] = original["time_ns"] % (8_000_000_000 * 10**9) + HOUR_NS
    original["lane"] %= 10
    original["gross_kg"] %= 400_000
    original["left_kg"] %= 20_000
    original["right_kg"] %= 20_000
    assert write_passages(scratch, "tmg-w", [original]).passages == len(original)
    read_back = [chunk.passages for chunk in open_passages(scratch, "tmg-w")]
    again = np.concatenate(read_back) if read_back else original
    for field in ("gross_kg", "axle_count", "lane", "direction"):
        assert again[field].tolist() == original[field].tolist()
    assert (again["left_kg"] == original["left_kg"] + original["right_kg"]).all()
    assert (np.abs(again["spacing_mm"].astype(int) - original["spacing_mm"]) <= 16).all()
    assert (again["time_ns"] <= original["time_ns"]).all()
    assert (original["time_ns"] - again["time_ns"] < HOUR_NS).all()


@settings(deadline=None)
@given(passages(most_axles=13))
def test_cards_written_again_are_the_same_cards(scratch: Path, original: Passages) -> None:
    """After one way through, cards are a fixed point: read and written again they keep every byte."""
    original["site"] = b"17-018115/1"
    original["direction"] = 1
    original["time_ns"] = np.sort(original["time_ns"] % (8_000_000_000 * 10**9) + HOUR_NS)
    write_passages(scratch, "tmg-w", [original])
    first = scratch.read_bytes()
    chunks = [chunk.passages for chunk in open_passages(scratch, "tmg-w")]
    write_passages(scratch, "tmg-w", chunks)
    assert scratch.read_bytes() == first


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 65_535))
def test_units_are_rounded_half_up_both_ways(weight_kg: int, spacing_mm: int) -> None:
    """Pounds hold every kilogram, and a spacing in tenths of a foot stays what it is however often it is converted."""
    assert kilograms(np.array([pounds(weight_kg)])).tolist() == [weight_kg]
    tenths = tenths_of_a_foot(spacing_mm)
    assert tenths_of_a_foot(int(millimetres(np.array([tenths]))[0])) == tenths
    assert abs(int(millimetres(np.array([tenths]))[0]) - spacing_mm) <= 16


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"axle_count": 14}, "14 axles"),
        ({"lane": 10}, "lane"),
        ({"gross_kg": 500_000}, "gross weight"),
        ({"left_kg": 50_000}, "axle weight"),
    ],
)
def test_what_no_card_can_hold_is_refused_and_the_rest_written(
    change: dict[str, int], reason: str, tmp_path: Path
) -> None:
    """A passage that does not fit is counted with its reason; nothing is cut to fit."""
    cards = read(tmp_path / "w", *CARDS).passages
    for field, value in change.items():
        cards[field][1] = value
    result = write_passages(tmp_path / "again", "tmg-w", [cards[:1], cards[1:]])
    assert result.passages == 2
    assert [fault.line for fault in result.refused] == [2]
    assert reason in result.refused[0].reason
    assert len((tmp_path / "again").read_text("ascii").splitlines()) == 2


def test_a_site_needs_a_station(tmp_path: Path) -> None:
    """A site of ours has no FHWA station by itself: the error names it, and an option gives one."""
    passages_of_ours = read(tmp_path / "w", CARDS[0]).passages
    passages_of_ours["site"] = b"G104-K012"
    with pytest.raises(FormatError, match="G104-K012"):
        write_passages(tmp_path / "again", "tmg-w", [passages_of_ours])
    assert not (tmp_path / "again").exists()
    write_passages(tmp_path / "again", "tmg-w", [passages_of_ours], WriteOptions(stations={"G104-K012": "32G10412"}))
    assert (tmp_path / "again").read_text("ascii").startswith("W32G104121")
