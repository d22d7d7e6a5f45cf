"""`python -m benchmarks.card`: from the truck on the strips to the card before the squad's eyes; see README.md."""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks import machine
from benchmarks.screen import broker
from service.api import pages
from tests.pages.conftest import PHONE
from tests.servers import kafka, postgres
from tests.stories.world import Shift, World, registry

#: A real disk, which a system's temporary folder need not be.
LOCAL = machine.PROJECT / ".local"
KEPT = machine.PROJECT / "benchmarks" / "results" / "card.jsonl"

#: What a squad is promised: from the truck on the strips to the card in its hand.
MOST_SECONDS = 2.0

TRUCKS, QUICK_TRUCKS = 100, 20
#: The first of a run pay for what is loaded once: pages, fonts, queries.
UNCOUNTED = 3
#: A truck whose card has not come by then is a failure and no figure.
PATIENCE_MS = 60_000


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print one JSON line; 1 where the slowest card misses the limit."""
    options = _arguments(words)
    missing = kafka.missing() or postgres.missing() or _no_browser()
    if missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    LOCAL.mkdir(exist_ok=True)
    origin = machine.provenance(broker.version())
    busy = machine.busy_share()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=LOCAL) as name:
        seconds = _measure(Path(name), options.trucks or (QUICK_TRUCKS if options.quick else TRUCKS))
    line = json.dumps(_figures(seconds) | {"busy_before": round(busy, 3), **origin})
    sys.stdout.write(f"{line}\n")
    if options.keep:
        with KEPT.open("a") as kept:
            kept.write(f"{line}\n")
    return 0 if max(seconds) <= MOST_SECONDS else 1


def _no_browser() -> str | None:
    if shutil.which("chromium") is None:
        return "no Chromium (Debian: chromium)"
    return None if (pages.FOLDER / "index.html").is_file() else "the pages are not built: make pages"


def _measure(folder: Path, trucks: int) -> list[float]:
    """Seconds of each truck, with everything of ours and the servers on this machine."""
    with (
        kafka.throwaway(folder / "kafka") as cluster,
        postgres.throwaway() as server,
        server.fresh_database() as database,
    ):
        road = World.made(cluster.bootstrap_servers, database, folder, registry([Shift("liyang-2")]))
        try:
            road.start()
            return _looked_at(road, trucks)
        finally:
            road.installation.end()


def _looked_at(road: World, trucks: int) -> list[float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(base_url=road.address, viewport=PHONE, device_scale_factor=2, locale="zh-CN")
        context.request.post("/v1/session", data={"token": road.accounts.tokens["squad"]})
        page = context.new_page()
        page.goto("/squad")
        page.locator(".feed-live").wait_for(timeout=PATIENCE_MS)
        seconds = [_one(road, page, f"苏A{number:05d}") for number in range(UNCOUNTED + trucks)]
        browser.close()
    return seconds[UNCOUNTED:]


def _one(road: World, page: Page, plate: str) -> float:
    """From the moment at which the truck leaves the strips to its plate in the page; then the desk takes it away."""
    passage = road.passage(plate, ago_s=0.0)
    began = time.perf_counter()
    road.send(passage)
    page.locator("article").get_by_role("img", name=plate).wait_for(timeout=PATIENCE_MS)
    took = time.perf_counter() - began
    road.act("duty", road.intercept(plate), "cancel", note="benchmark")
    # A card that is at hand stays open until the officer leaves it; opened anew, the page waits for the next truck.
    page.reload()
    page.get_by_role("heading", name="目前無車可攔").wait_for(timeout=PATIENCE_MS)
    page.locator(".feed-live").wait_for(timeout=PATIENCE_MS)
    return took


def _figures(seconds: Sequence[float]) -> dict[str, Any]:
    ordered = sorted(seconds)
    return {
        "case": "truck to card",
        "unit": "s",
        "trucks": len(ordered),
        "p50": round(statistics.median(ordered), 3),
        "p99": round(ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)], 3),
        "slowest": round(ordered[-1], 3),
        "limit": MOST_SECONDS,
        "met": ordered[-1] <= MOST_SECONDS,
    }


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.card", description="One JSON line.")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TRUCKS} trucks: a rougher figure")
    parser.add_argument("--trucks", type=int, help=f"how many (default {TRUCKS})")
    parser.add_argument("--keep", action="store_true", help=f"add the line to {KEPT.relative_to(machine.PROJECT)}")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
