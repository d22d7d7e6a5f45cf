"""What an ear at the board hears: tones, counted where the page itself can be asked for them."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def listen(page: Page) -> None:
    """Count tones from now on, in an attribute: the page's policy lets nobody evaluate a script while it waits."""
    page.evaluate(
        "() => { const start = OscillatorNode.prototype.start, told = document.documentElement.dataset; told.tones = 0;"
        " OscillatorNode.prototype.start = function (...at) { told.tones = Number(told.tones) + 1;"
        " return start.apply(this, at); }; }"
    )


def tones(page: Page) -> int:
    """So many were heard."""
    return int(page.locator("html").get_attribute("data-tones") or 0)


def expect_tones(page: Page, count: int) -> None:
    """Wait until so many were heard, and not one more."""
    expect(page.locator("html")).to_have_attribute("data-tones", str(count))
