"""Waiting as a user does: until a page has come to rest, until a menu is open and stays open, until it is closed."""

import time

from playwright.sync_api import TimeoutError as NotYet

AT_REST = "[data-testid=stApp][data-test-script-state=notRunning][data-test-connection-state=CONNECTED]"
"""The app while it is connected and no run is under way."""
BODY = "stPopoverBody"
LOOKS, PAUSE = 3, 100
"""So many looks in a row, milliseconds apart, find a page at rest: a run may follow on the heels of another."""
PATIENCE_S, TRY_MS = 60.0, 5_000
"""How long anything may take at most; how long the content of a menu may take before its button is pressed again."""


def settled(page):
    """Wait until no run is under way nor about to begin. Raises AssertionError when it never ends."""
    end, quiet = time.monotonic() + PATIENCE_S, 0
    while quiet < LOOKS:
        assert time.monotonic() < end, "the page did not come to rest"
        page.wait_for_timeout(PAUSE)
        quiet = quiet + 1 if page.locator(AT_REST).count() else 0


def opened(page, menu, content=None):
    """Open a menu and wait until it shows its content, with the page at rest; the content.

    menu: its button, or the name of it. content: what to wait for, else the first thing in the menu. A click is lost
    when the answer to an earlier one closes the menu again: then it is pressed once more, as a user would.
    """
    button = page.get_by_role("button", name=menu, exact=True).first if isinstance(menu, str) else menu
    content = content or page.get_by_test_id(BODY).get_by_test_id("stElementContainer").first
    end = time.monotonic() + PATIENCE_S
    settled(page)
    while not content.is_visible():
        assert time.monotonic() < end, f"{menu} did not open"
        if button.get_attribute("aria-expanded") != "true":
            button.click()
        try:
            content.wait_for(timeout=TRY_MS)
        except NotYet:
            closed(page)
        settled(page)
    return content


def closed(page):
    """Close whatever menu is open, by Escape, and wait until it is gone and the page at rest."""
    body, end = page.get_by_test_id(BODY), time.monotonic() + PATIENCE_S
    while body.count():
        assert time.monotonic() < end, "the menu did not close"
        page.keyboard.press("Escape")
        try:
            body.first.wait_for(state="detached", timeout=1_000)
        except NotYet:
            continue
    settled(page)
