"""The pages in a real browser, before the real API on a socket.

===========  ========  ==============================================================================================
fixture      lives     what it gives
===========  ========  ==============================================================================================
browser      file      Debian's Chromium
archive      test      the folder in which the API looks for frames
road         test      an API that serves the pages; trucks come in by `road.truck(…)` as the cases lane files them
open_page    test      `open_page("squad", "/squad")`: a page in a browser of its own, signed in as that account
look         test      `look(page, "squad-card")` keeps a screenshot in artefacts/pages, to be looked at
===========  ========  ==============================================================================================
"""

from __future__ import annotations

import shutil
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from service.api import pages
from service.messages import Intercept
from service.registry import Registry, parse_registry
from service.store.engine import Store, open_store
from tests.servers import needs
from tests.service.api.conftest import Accounts, accounts, make_parts
from tests.service.api.conftest import MakeParts as MakeParts
from tests.service.api.serving import served
from tests.service.docket.desk import Desk
from tests.service.told import TIME_NS

__all__ = ["accounts", "make_parts"]

PROJECT = Path(__file__).resolve().parents[2]
ARTEFACTS = PROJECT / "artefacts" / "pages"

#: A phone of these years, held upright.
PHONE: ViewportSize = {"width": 390, "height": 844}

REGISTRY = """
[[corridor]]
id = "G104"
timezone = "Asia/Shanghai"
length_km = 120.0
path = [[119.10, 31.90], [119.20, 31.85]]
[[site]]
id = "G104-K012"
corridor = "G104"
chainage_km = 12.4
certificate = [{number = "JJG-1", class = 5, from = 2026-01-01, until = 2027-01-01}]
tolerance = [{from = 2025-01-01, percent = 5.0}]
[[site.lane]]
number = 1
direction = "up"
[[stop_point]]
id = "G104-K021-yard"
corridor = "G104"
chainage_km = 21.0
direction = "up"
static_scale = true
capacity = 5
[[squad]]
id = "liyang-2"
name = "溧陽二中隊"
agency = "road"
base = "G104-K021-yard"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]
stops_per_hour = 60
shifts = [{days = "Mon-Sun", from = "00:00", until = "24:00"}]
[[squad]]
id = "liyang-3"
name = "溧陽三中隊"
agency = "road"
base = "G104-K021-yard"
sections = [{corridor = "G104", from_km = 0.0, to_km = 60.0}]
stops_per_hour = 60
shifts = [{days = "Mon-Sun", from = "00:00", until = "24:00"}]
"""

#: 1-2-3: a tractor and a trailer with three axles; kg an axle.
SIX_AXLES = (7_100, 11_900, 12_300, 19_200, 20_100, 19_800)
SPACINGS_MM = (3_200, 1_350, 6_400, 1_310, 1_310)


@dataclass
class Road:
    """An API that runs, and the trucks before it."""

    address: str
    desk: Desk
    accounts: Accounts
    started: list[Any] = field(default_factory=list)

    def truck(
        self, plate: str = "苏A12345", ago_s: float = 20, scale: float = 1.0, filed_ago_s: float = 0, **changed: Any
    ) -> Intercept:
        """A truck that crossed the strips a moment ago; gives its intercept."""
        self.desk.now_ns = time.time_ns() - round(filed_ago_s * 1e9)
        loads = [round(load * scale) for load in SIX_AXLES]
        gross = sum(loads)
        padded = [load // 2 for load in loads] + [0] * 10
        crossing = {
            "passage_plate": plate,
            "passage_axle_count": 6,
            "passage_gross_kg": gross,
            "passage_left_kg": [padded],
            "passage_right_kg": [padded],
            "passage_spacing_mm": [[*SPACINGS_MM, *[0] * 10]],
            "passage_length_mm": 17_100,
            "passage_plate_colour": 1,
            "passage_plate_confidence": 98,
        }
        judged = {
            "pattern": "1-2-3",
            "limit_low_kg": 49_000,
            "limit_high_kg": 49_000,
            "excess_kg": gross - 49_000,
            "excess_low_kg": gross - 51_000,
            "rate_percent": round((gross / 49_000 - 1) * 100, 2),
            "groups": _groups(loads),
        }
        told = {**crossing, **judged, **changed}
        after_ns = self.desk.now_ns - TIME_NS - round(ago_s * 1e9)
        self.desk.file(self.desk.violation(after_ns, **told))
        return next(one for one in self.desk.intercepts() if one.plate == plate)

    def told(self, plate: str = "苏A12345") -> Intercept:
        """How the intercept of a plate stands."""
        return next(one for one in self.desk.intercepts() if one.plate == plate)


def _groups(loads: list[int]) -> list[dict[str, Any]]:
    limits = ((1, 7_000), (2, 18_000), (3, 24_000))
    found, first = [], 0
    for axles, limit in limits:
        load = sum(loads[first : first + axles])
        found.append(
            {
                "axles": axles,
                "load_kg": load,
                "limit_low_kg": limit,
                "limit_high_kg": limit,
                "excess_kg": load - limit,
            }
        )
        first += axles
    return found


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, with the pages there to be opened.

    Not for the session: while Playwright runs, its event loop stands in the way of every test that brings its own.
    """
    found = _chromium()
    needs.required(None if found else "no Chromium (Debian: chromium)", "WIM_REQUIRE_SERVERS")
    built = (pages.FOLDER / "index.html").is_file()
    needs.required(None if built else "the pages are not built: make pages", "WIM_REQUIRE_SERVERS")
    with sync_playwright() as playwright:
        # Root has no sandbox; everything that it opens is ours.
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield started
        started.close()


@pytest.fixture
def store(sqlite_ready: str) -> Iterator[Store]:
    """A fresh store; that the engines answer alike is seen to elsewhere."""
    store = open_store(sqlite_ready)
    yield store
    store.close()


@pytest.fixture
def registry() -> Registry:
    """One corridor, one site, a yard ahead of it and two squads beside it."""
    return parse_registry(tomllib.loads(REGISTRY), "sites.toml")


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Where the API looks for frames."""
    return tmp_path


@pytest.fixture
def road(make_parts: MakeParts, accounts: Accounts, store: Store, archive: Path) -> Iterator[Road]:
    """An API with the clock of the wall, and the desk at which trucks are filed."""
    parts = make_parts(clock_ns=time.time_ns, steady_s=time.monotonic, archive=archive)
    with served(parts) as running:
        yield Road(f"http://{running.address}", Desk(store, terms=parts.terms), accounts)


OpenPage = Callable[..., Page]
Look = Callable[[Page, str], None]


@pytest.fixture
def open_page(browser: Browser, road: Road) -> Iterator[OpenPage]:
    """`open_page(account, path, size=PHONE, language="zh-CN", scale=2)`: each a browser of its own.

    Without an account nobody is signed in; without a path the page is still empty.
    """
    opened: list[BrowserContext] = []

    def make(
        account: str | None, path: str | None, size: ViewportSize = PHONE, language: str = "zh-CN", scale: int = 2
    ) -> Page:
        context = browser.new_context(
            base_url=road.address, viewport=size, device_scale_factor=scale, has_touch=True, locale="zh-CN"
        )
        opened.append(context)
        context.add_init_script(
            f"localStorage.getItem('wim.language') ?? localStorage.setItem('wim.language', '{language}')"
        )
        if account is not None:
            sign_in(context, road, account)
        page = context.new_page()
        if path is not None:
            page.goto(path)
        return page

    yield make
    for context in opened:
        context.close()


def sign_in(context: BrowserContext, road: Road, account: str) -> None:
    """Give a browser the account's session, as its own page would."""
    body = {"token": road.accounts.tokens[account]}
    answer = context.request.post(f"{road.address}/v1/session", data=body)
    assert answer.ok, answer.text()


@pytest.fixture
def look() -> Look:
    """Keeps a screenshot to be looked at."""

    def keep(page: Page, name: str) -> None:
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        page.evaluate("document.fonts.ready.then(() => undefined)")
        page.screenshot(path=ARTEFACTS / f"{name}.png")

    return keep
