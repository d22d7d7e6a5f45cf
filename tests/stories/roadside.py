"""What a squad does with one hand, as several stories tell it."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.pages.hand import act, expect_state, weigh
from tests.stories.world import PATIENT_MS


def appears(page: Page, plate: str) -> None:
    """Wait until the truck's card is open on the squad page."""
    expect(page.get_by_role("article", name=plate)).to_be_visible(timeout=PATIENT_MS)


def take(page: Page) -> None:
    """The truck of the open card is ours."""
    act(page, "claim")
    expect_state(page, "已接下")


def stop(page: Page) -> None:
    """It stands."""
    act(page, "stop")
    expect_state(page, "已攔停")


def put_on_scale(page: Page, kg: int) -> None:
    """It is weighed, and so heavy."""
    act(page, "weigh")
    weigh(page, str(kg))
    page.get_by_role("button", name="過磅完成").last.click()
    expect_state(page, "已過磅")


def confirm(page: Page, document: str = "") -> None:
    """The scale says that it is overloaded; the number of the paper, where there is one."""
    act(page, "confirm")
    page.get_by_label("文書編號（可略）").fill(document)
    page.get_by_role("button", name="確認超限").last.click()
    expect_state(page, "確認超限")
