"""The frame in a real browser: the link, unsaved work through F5 and a killed server, the what-if on every page."""

import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from tests.browser.conftest import ROOT, chromium, wait_until_up
from playwright.sync_api import expect

from tests.browser import menus
from tests.browser.menus import settled
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.browser

STRIP = ".ms-strip"


class Server:
    """A server of its own, to be killed and started again at the same address with the same store."""

    def __init__(self, folder):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.folder, self.process = folder, None
        self.address = f"http://127.0.0.1:{self.port}"

    def start(self):
        log = self.folder / "server.log"
        with log.open("a") as out:
            self.process = subprocess.Popen(
                [sys.executable, "serve.py"], cwd=ROOT, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, "DATABASE_URL": f"sqlite:///{self.folder / 'app.db'}", "PORT": str(self.port)})
        wait_until_up(self.address, self.process, log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)


@pytest.fixture
def server(tmp_path):
    if chromium() is None:
        pytest.skip("browser journeys skipped: no Chromium found")
    own = Server(tmp_path)
    own.start()
    yield own
    own.kill()


def ready(page):
    page.locator(STRIP).wait_for(timeout=60_000)
    settled(page)


def opened(page, address):
    page.goto(address)
    ready(page)
    return page


KEY_REPEAT = 40
"""Milliseconds between key presses, as a keyboard repeats them: a slider drops two that arrive in one frame."""


def press(page, slider, key, times=1):
    handle = page.get_by_role("slider", name=slider)
    handle.focus()
    for _ in range(times):
        handle.press(key)
        page.wait_for_timeout(KEY_REPEAT)
    reached = handle.get_attribute("aria-valuetext")
    page.wait_for_function("value => decodeURIComponent(location.search.replaceAll('+', ' ')).includes(value)", arg=reached,
                           timeout=60_000)
    ready(page)


def said(page):
    return page.locator(STRIP).inner_text()


def undoable_edit(page):
    """A further leg, so that something is unsaved."""
    menus.opened(page, "From a template", page.get_by_role("button", name="Add to this account")).click()
    page.get_by_text("Unsaved changes", exact=True).wait_for()
    ready(page)


def test_a_link_opened_in_a_fresh_browser_shows_the_same_figures(page, new_page, app_url):
    opened(page, app_url)
    press(page, "BTC price", "ArrowLeft", 2)
    press(page, "Size of every leg", "ArrowRight", 2)
    press(page, "Leverage", "ArrowLeft", 2)
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    expect(page).to_have_url(re.compile(r"leverage="))
    other = opened(new_page(), page.url)
    assert said(other) == said(page)
    link = menus.opened(page, "Copy link", page.get_by_test_id("stCode")).inner_text().strip()
    third = opened(new_page(), link)
    assert said(third) == said(page)
    assert third.locator("table.compare").inner_text() == page.locator("table.compare").inner_text()
    expect(third.locator(".st-key-board .ms-badge.whatif")).to_be_visible()


def test_the_what_if_set_on_compare_is_still_set_on_portfolio(page, app_url):
    opened(page, app_url)
    press(page, "BTC price", "ArrowLeft", 2)
    press(page, "Days forward", "ArrowRight", 3)
    before = said(page)
    page.get_by_role("link", name="Portfolio").click()
    page.locator(".ms-name").wait_for()
    ready(page)
    assert said(page) == before
    expect(page.locator(".st-key-figures .ms-badge.whatif")).to_be_visible()
    equity = page.locator(".st-key-figures td").first.inner_text()
    press(page, "BTC price", "ArrowLeft", 2)
    expect(page.locator(".st-key-figures td").first).not_to_have_text(equity)
    before = said(page)
    page.get_by_role("link", name="Compare").click()
    page.locator("table.compare").wait_for()
    ready(page)
    assert said(page) == before


def test_an_edit_is_still_there_after_f5_and_a_second_tab_has_its_own(page, app_url):
    opened(page, f"{app_url}/portfolio")
    undoable_edit(page)
    expect(page).to_have_url(re.compile("draft="))
    before, link = said(page), page.url
    page.reload()
    ready(page)
    expect(page.get_by_text("Unsaved changes", exact=True)).to_be_visible()
    assert said(page) == before and page.url == link
    second = opened(page.context.new_page(), link)
    assert said(second) == before
    expect(second).not_to_have_url(link)
    undoable_edit(second)
    page.reload()
    ready(page)
    assert said(page) == before and said(second) != before
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Unsaved changes", exact=True)).to_have_count(0)
    page.reload()
    ready(page)
    page.get_by_role("button", name="Redo").click()
    expect(page.get_by_text("Unsaved changes", exact=True)).to_be_visible()
    ready(page)
    assert said(page) == before


def test_the_server_killed_in_mid_edit_offers_the_draft_again(new_page, server):
    """The tab stays open and finds the server again by itself; the next step in it brings the unsaved edit back."""
    page = new_page(away=True)
    opened(page, f"{server.address}/portfolio")
    undoable_edit(page)
    equity = page.locator(".ms-strip .eq b").inner_text()
    with page.expect_websocket(timeout=60_000):
        server.kill()
        server.start()
    settled(page)  # connected again: what is pressed before is lost
    page.get_by_role("slider", name="BTC price").press("ArrowLeft")
    expect(page.get_by_text("are back")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Unsaved changes", exact=True)).to_be_visible()
    expect(page.locator(STRIP)).to_contain_text(f"was {equity}")


def test_pinned_figures_stay_the_before(page, app_url):
    opened(page, app_url)
    press(page, "BTC price", "ArrowLeft", 2)
    equity = page.locator(".ms-strip .eq b").inner_text()
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator(STRIP)).to_contain_text("against pin")
    press(page, "BTC price", "ArrowLeft", 2)
    expect(page.locator(STRIP)).to_contain_text(f"was {equity}")
    page.get_by_role("button", name="Unpin").click()
    expect(page.locator(STRIP)).to_contain_text("against now")


def test_a_pin_is_kept_over_f5_and_goes_with_the_link(page, new_page, app_url):
    opened(page, app_url)
    press(page, "BTC price", "ArrowLeft", 2)
    page.get_by_role("button", name="Pin", exact=True).click()
    expect(page).to_have_url(re.compile(r"pin=[\w-]{16,}"))
    press(page, "BTC price", "ArrowLeft", 2)
    expect(page.locator(STRIP)).to_contain_text("against pin")
    before = said(page)
    page.reload()
    ready(page)
    assert said(page) == before
    assert said(opened(new_page(), page.url)) == before
    page.get_by_role("link", name="Liquidation").click()
    page.locator("table.triggers").wait_for()
    ready(page)
    assert said(page) == before
    page.get_by_role("radio", name="All modes").click()
    expect(page).to_have_url(re.compile(r"map\.mode=All"))
    page.get_by_role("link", name="Compare").click()
    page.locator("table.compare").wait_for()
    expect(page).to_have_url(re.compile(r"map\.mode=All"))
    page.get_by_role("link", name="Liquidation").click()
    page.locator("table.triggers").wait_for()
    expect(page.get_by_role("radio", name="All modes")).to_be_checked()
    page.get_by_role("button", name="Unpin").click()
    expect(page).not_to_have_url(re.compile("pin="))


@pytest.mark.parametrize(("width", "height"), [(390, 130), (1440, 68)][:2 if NIGHTLY else 1])
def test_the_strip_stays_in_sight_and_does_not_jump(new_page, app_url, width, height):
    page = opened(new_page(width=width), f"{app_url}/?price.BTC=%E2%88%921+%25")
    box = page.locator(STRIP).bounding_box()
    assert box["height"] <= height and box["x"] >= 0 and box["x"] + box["width"] <= width
    page.locator(".stMain").evaluate("main => main.scrollTo(0, 900)")
    page.wait_for_timeout(300)
    after = page.locator(STRIP).bounding_box()
    header = page.get_by_test_id("stHeader").bounding_box()
    assert header["height"] - 1 <= after["y"] <= header["height"] + 12 and after["height"] == box["height"]
    if width > 1000:
        page.locator(".stMain").evaluate("main => main.scrollTo(0, 0)")
        page.evaluate(WATCH)
        press(page, "BTC price", "ArrowLeft", 8)
        page.wait_for_timeout(500)
        tops = page.evaluate("window.seen")
        assert len(tops) > 20 and set(tops) == {tops[0]}, set(tops)


WATCH = """() => { window.seen = []; const look = () => { const strip = document.querySelector('.ms-strip');
  const box = strip?.getBoundingClientRect(); window.seen.push(box ? `${box.top} ${box.height}` : 'gone');
  requestAnimationFrame(look); }; requestAnimationFrame(look); }"""
"""Where the strip is at every frame that the browser draws."""


def test_a_phone_has_the_controls_behind_one_button(new_page, app_url):
    page = opened(new_page(width=390, height=844), app_url)
    controls = page.locator(".st-key-panel").get_by_text("BTC price").first
    expect(controls).not_to_be_in_viewport()
    menu = page.get_by_role("button", name=re.compile("^Pages, What.if: "))
    menu.click()
    expect(controls).to_be_in_viewport()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(menu).to_be_visible()
