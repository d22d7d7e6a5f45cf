"""The signal of a violation over HTTP: what was integrated, for whoever may see the violation, or why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from service.registry import Registry
from service.store import media
from service.store.media import MediaRow
from tests.service.api.conftest import Api, MakeApi
from tests.wim.crossings import SIX, frame, network
from wim.frames import file_record


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def measured(make_api: MakeApi, registry: Registry, archive: Path) -> Api:
    """An API with an archive, and a registry that knows the strips of G104-K012."""
    strips = Registry(network(), registry.register, registry.stop_points, registry.squads)
    return make_api(archive=archive, registry=strips)


def violation(api: Api, archive: Path | None = None, content: bytes | None = None) -> str:
    """A violation, with its frame in the archive where one is given."""
    api.desk.file(api.desk.violation())
    found: str = api.desk.only_intercept().best.id
    if archive is not None:
        content = file_record(frame(SIX, plate="苏A12345".encode())) if content is None else content
        (archive / "one.wimf").write_bytes(content)
        with api.parts.store.writing() as conn:
            media.keep(conn, [MediaRow(found, "frame", "5" * 64, "one.wimf", len(content), 1)])
    return found


def signal(api: Api, one: str, name: str = "duty") -> Any:
    return api.get(name, f"/v1/violations/{one}/signal")


def test_the_signal_shows_what_was_integrated(measured: Api, archive: Path) -> None:
    """Six axles with both wheels, a window on every strip for each, lines of one length, no plate."""
    answer = signal(measured, violation(measured, archive))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["unweighed"], told["thinned"], told["points"]) == (None, True, len(told["times_ms"]))
    assert told["points"] <= 2_000 < told["samples"]
    assert [channel["name"] for channel in told["channels"]] == ["1L", "1R", "2L", "2R"]
    assert all(len(channel["values"]) == told["points"] for channel in told["channels"])
    assert [mark["axle"] for mark in told["axles"]] == [1, 2, 3, 4, 5, 6]
    assert told["axles"][0]["left_kg"] == pytest.approx(SIX[0][0], rel=0.02)
    for channel in told["channels"]:
        assert [window["axle"] for window in channel["windows"]] == [1, 2, 3, 4, 5, 6]
        assert all(window["first_ms"] < window["end_ms"] <= told["times_ms"][-1] for window in channel["windows"])
    shares = sum(channel["windows"][0]["share"] for channel in told["channels"] if channel["side"] == "left")
    assert shares == pytest.approx(1, abs=1e-3)
    assert "苏A12345" not in answer.text
    assert signal(measured, told["violation"], "analyst").status_code == 200


def test_a_frame_that_cannot_be_weighed_is_shown_bare(make_api: MakeApi, archive: Path) -> None:
    """A registry without the strips: the signal stands, and why it has no axles."""
    api = make_api(archive=archive)
    told = signal(api, violation(api, archive)).json()
    assert told["unweighed"].startswith("strips")
    assert told["axles"] == []
    assert max(told["channels"][0]["values"]) > 0


def test_without_a_frame_the_remedy_is_said(make_api: MakeApi, archive: Path) -> None:
    """Nothing kept, no archive here, the file gone, the file damaged: 404 with what to do."""
    nothing = make_api(archive=archive)
    one = violation(nothing)
    assert (signal(nothing, one).json()["code"], "frames" in signal(nothing, one).json()["detail"]) == (
        "signal_missing",
        True,
    )
    with nothing.parts.store.writing() as conn:
        media.keep(conn, [MediaRow(one, "frame", "5" * 64, "one.wimf", 1, 1)])
    assert "gone" in signal(nothing, one).json()["detail"]
    (archive / "one.wimf").write_bytes(b"\x04\x00\x00\x00WIMF")
    assert "damaged" in signal(nothing, one).json()["detail"]
    assert "WIM_ARCHIVE" in signal(make_api(), one).json()["detail"]


def test_another_roads_signal_is_unknown(measured: Api, archive: Path) -> None:
    """It looks like none."""
    one = violation(measured, archive)
    assert signal(measured, one, "foreign").json()["code"] == "violation_unknown"
    assert signal(measured, "0123456789abcdef").json()["code"] == "violation_unknown"
