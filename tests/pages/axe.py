"""axe in the page: what keeps somebody out."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from tests.pages.conftest import PROJECT

AXE = PROJECT / "web" / "node_modules" / "axe-core" / "axe.min.js"


def faults(page: Page) -> list[str]:
    """What axe finds serious on a page."""
    page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(found => found.violations)")
    grave = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {one['help']}: {[node['html'] for node in one['nodes']]}" for one in grave]
