"""Pictures of signals: every line, window and weight is in them, and no plate."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

from service.signal_plot import NoPlotterError, PictureError, draw, headline
from tests.wim.crossings import OFFSET, SCALE_N, SIX, START_NS, frame
from wim.frames import CHANNEL, Frame, Kind, decode_frame, encode_frame
from wim.records import Flag, blank
from wim.trace import WINDOW, Trace

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def signal() -> Frame:
    """A six-axle truck on two lines of left and right, with a loop beside them."""
    plain = decode_frame(frame(SIX, plate="苏A12345".encode()), START_NS)
    loop = np.array([(Kind.LOOP, 1, 0, 0, 1.5, 0.001, 0.0)], CHANNEL)
    counts = np.vstack([plain.counts, np.zeros((1, plain.counts.shape[1]), np.int16)])
    return decode_frame(encode_frame(plain.head, np.concatenate([plain.channels, loop]), counts), START_NS)


def trace(signal: Frame) -> Trace:
    """What an estimator might say of it: two axles on each strip."""
    passages = blank(1)
    passages["axle_count"], passages["gross_kg"], passages["gross_sigma"] = 6, 49_000, 0.018
    passages["flags"], passages["speed_kmh"] = Flag.ACCELERATING, 72.0
    windows = np.array(
        [
            (ch, 0, axle, 0, 1000 + 1500 * axle, 1400 + 1500 * axle, 3211 + ch, 0.4)
            for ch in range(4)
            for axle in (0, 1)
        ],
        WINDOW,
    )
    force_n = (signal.counts - OFFSET) * SCALE_N
    return Trace(passages, windows, force_n)


def texts(path: Path) -> str:
    """Everything that can be read in an SVG whose letters are letters."""
    return " ".join(filter(None, (element.text for element in ElementTree.parse(path).iter()))) + " "


def test_the_picture_is_of_the_kind_that_its_name_says(signal: Frame, tmp_path: Path) -> None:
    """Pixels for a report, lines for a page."""
    for name in ("a.png", "b.svg"):
        draw(signal, trace(signal), tmp_path / name, headline(signal))
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
    assert ElementTree.parse(tmp_path / "b.svg").getroot().tag.endswith("svg")


def test_a_person_finds_lines_axles_loads_shares_and_the_result(
    signal: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the plate nowhere."""
    import matplotlib as mpl

    monkeypatch.setitem(mpl.rcParams, "svg.fonttype", "none")
    draw(signal, trace(signal), tmp_path / "a.svg", headline(signal))
    found = texts(tmp_path / "a.svg")
    for expected in (
        "G104-K012 lane 1, 2026-06-01 00:00:00 UTC",
        "6 axles, 49.00 t ± 3.5 % (95 %), 72.0 km/h, ACCELERATING",
        "line 1 left, 0.00 m",
        "line 2 right, 4.00 m",
        "loop, 1.50 m",
        "3.21 ",
        "its load on the strip in t",
        "40%",
        "kN",
    ):
        assert f"{expected}" in found
    assert "苏" not in (tmp_path / "a.svg").read_text("utf-8")


def test_a_signal_without_a_trace_is_drawn_bare(signal: Frame, tmp_path: Path) -> None:
    """Where no registry says what the strips are, a person still sees whether they work."""
    draw(signal, None, tmp_path / "a.png", headline(signal))
    assert (tmp_path / "a.png").stat().st_size > 10_000


def test_a_pulse_keeps_its_peak_in_a_long_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute of samples is thinned by the highest of each stretch."""
    plain = decode_frame(frame(()), START_NS)
    counts = np.full((4, 60_001), 100, np.int16)
    counts[:, 33_333] = 30_000
    drawn: list[float] = []
    from matplotlib.axes import Axes

    plot = Axes.plot

    def noted(self: Axes, *values: object, **options: object) -> object:
        drawn.append(float(np.max(values[1])))  # type: ignore[call-overload]
        assert len(values[0]) == len(values[1]) <= 7_000  # type: ignore[arg-type]
        return plot(self, *values, **options)

    monkeypatch.setattr(Axes, "plot", noted)
    long = decode_frame(encode_frame(plain.head, plain.channels, counts), START_NS)
    draw(long, None, tmp_path / "a.png", headline(long))
    assert drawn == [(30_000 - OFFSET) * SCALE_N / 1e3] * 4


def test_what_cannot_be_drawn_is_said(signal: Frame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An ending that is no picture, and a machine without matplotlib."""
    with pytest.raises(PictureError, match=r"\.png.*\.svg"):
        draw(signal, None, tmp_path / "a.xyz", "")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(NoPlotterError, match=r"wim-overload\[plot\]"):
        draw(signal, None, tmp_path / "a.png", "")
