"""The signal on the case page: an archived frame, as the API shows it, at a desk and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from service.registry import Registry
from service.store import media
from service.store.media import MediaRow
from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage, Road
from tests.wim.crossings import SIX, frame, network
from wim.frames import file_record

DESK: ViewportSize = {"width": 1920, "height": 1080}


@pytest.fixture
def registry(registry: Registry) -> Registry:
    """One that knows the strips of G104-K012."""
    return Registry(network(), registry.register, registry.stop_points, registry.squads)


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_an_archived_frame_is_drawn_with_its_windows(
    road: Road, archive: Path, open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """Each strip is a chart of what was archived; who cannot see it hears which axle weighed what."""
    told = road.truck()
    content = file_record(frame(SIX))
    (archive / "one.wimf").write_bytes(content)
    with road.desk.store.writing() as conn:
        media.keep(conn, [MediaRow(told.best.id, "frame", "5" * 64, "one.wimf", len(content), 1)])
    page = open_page("duty", None, size, language)
    # Where nothing is compiled yet, the first weighing takes longer than the page waits.
    assert page.request.get(f"/v1/violations/{told.best.id}/signal", timeout=180_000).ok
    page.goto(f"/cases/{told.case}")
    charts = page.locator(".line-chart canvas")
    expect(charts).to_have_count(4)
    left = page.get_by_role(
        "img", name=re.compile(r"^1L (第 1 軸|axle 1:) \d+ (公斤|kg).*(第 6 軸|axle 6:) \d+", re.IGNORECASE)
    )
    left.scroll_into_view_if_needed()
    look(page, f"case-signal-{language}")
    drawn = left.locator("canvas").evaluate(
        "one => new Set(one.getContext('2d').getImageData(0, 0, one.width, one.height).data).size"
    )
    assert drawn > 20
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []
