"""The technician's page: how each site does, what is doubted, and how long its certificate is still good for."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.pages.axe import faults
from tests.pages.conftest import PHONE, Look, OpenPage

DESK: ViewportSize = {"width": 1920, "height": 1080}


@pytest.mark.parametrize(("size", "language"), [(DESK, "zh-CN"), (PHONE, "en")])
def test_a_site_of_which_nothing_is_known_says_so(
    open_page: OpenPage, look: Look, size: ViewportSize, language: str
) -> None:
    """No data is not zero; the certificate's days are counted; axe finds nothing serious, at a desk and on a phone."""
    page = open_page("technician", "/sites", size=size, language=language)
    expect(page.locator(".state")).to_contain_text(re.compile("從未回報|never heard"))
    expect(page.locator(".state h2")).not_to_contain_text(re.compile("正常|good"))
    expect(page.locator("nav")).to_contain_text(re.compile(r"證書還有 \d+ 天|certificate: \d+ d left"))
    expect(page.locator(".lane").first).to_contain_text(re.compile("無資料|Without data"))
    expect(page.locator(".hours canvas").first).to_be_visible()
    look(page, f"sites-{language}")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert faults(page) == []
