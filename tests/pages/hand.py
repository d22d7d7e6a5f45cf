"""What a hand does on the squad page, and what an eye waits for."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def weigh(page: Page, kg: str) -> None:
    """Type a weight on the pad, with the scale's certificate where it is not known yet."""
    for digit in kg:
        page.get_by_role("button", name=digit, exact=True).click()
    certificate = page.get_by_label("磅秤檢定證號")
    if not certificate.input_value():
        certificate.fill("JJG-S-7")


def act(page: Page, action: str) -> None:
    """Press an action's button on the open card."""
    page.locator(f"footer [data-action={action}]").click()


def expect_state(page: Page, words: str) -> None:
    """Wait until the open card says so."""
    expect(page.locator("article .state")).to_contain_text(words)


def expect_sent(page: Page) -> None:
    """Wait until nothing waits to be sent."""
    expect(page.locator(".unsent")).to_have_count(0)
    expect(page.locator(".queue")).to_have_count(0)


def kept(page: Page) -> None:
    """Wait until the service worker has the page, so that it opens without network."""
    page.evaluate(
        "new Promise(done => navigator.serviceWorker.controller"
        " ? done() : navigator.serviceWorker.addEventListener('controllerchange', () => done()))"
    )
