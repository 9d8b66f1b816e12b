"""The liquidation page in a browser: both charts drawn, wide and narrow, and a click on the map moves the what-if."""

import re

import pytest
from playwright.sync_api import expect

from db.samples import SAMPLES, sample_id
from tests.browser.menus import settled
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.browser

DRAWN = "document.querySelectorAll('.chart .nsewdrag').length >= 2"
MIXED = next(SAMPLES.glob("*mixed-book*"))
MAP = ".st-key-liquidation-map .chart"


def open_page(page, app_url):
    page.goto(f"{app_url}/liquidation")
    page.wait_for_function(DRAWN)
    settled(page)


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1440, "dark")][:2 if NIGHTLY else 1])
def test_the_page_draws_without_complaint(new_page, app_url, width, scheme):
    page = new_page(width=width, scheme=scheme)
    open_page(page, app_url)
    expect(page.locator("table.triggers tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate(f"document.querySelectorAll('{MAP} .contourlayer path').length") > 0
    for kind in ("Price × days", "Price × volatility"):
        drawn = page.locator(MAP).get_attribute("data-drawn")
        page.get_by_role("radio", name=kind).click()
        page.wait_for_function(f"document.querySelector('{MAP}').dataset.drawn !== '{drawn}'")
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_a_click_on_the_map_sets_the_what_if(page, app_url):
    open_page(page, app_url)
    expect(page.locator(".ms-badge.whatif")).to_have_count(0)
    page.locator(MAP).scroll_into_view_if_needed()
    box = page.locator(f"{MAP} .nsewdrag").first.bounding_box()
    page.mouse.click(box["x"] + 0.8 * box["width"], box["y"] + 0.5 * box["height"])
    expect(page.locator(".ms-badge.whatif").first).to_be_visible()
    slider = page.get_by_role("slider", name="BTC price")
    expect(slider).to_have_attribute("aria-valuetext", re.compile(r"^\+\d"))
    expect(page.get_by_role("slider", name="Implied volatility")).to_have_attribute("aria-valuetext", "0 %")
    expect(page).to_have_url(re.compile(r"price\.BTC=%2B\d"))
    set_to, before = slider.get_attribute("aria-valuetext"), page.locator(".ms-strip").inner_text()
    page.reload()
    page.wait_for_function(DRAWN)
    expect(slider).to_have_attribute("aria-valuetext", set_to)
    expect(page.locator(".ms-strip")).to_have_text(before, use_inner_text=True)


def test_the_nearest_point_of_each_map_is_told_with_its_distance_and_set(page, app_url):
    page.goto(f"{app_url}/liquidation?account={sample_id(MIXED)}")
    page.wait_for_function(DRAWN)
    settled(page)
    card = page.locator(".ms-card.portfolio p")
    for kind, said in (("Price × volatility", r"BTC [+−][\d.]+ % with volatility [+−][\d.]+ %: [\d.]+ daily sigmas\."),
                       ("Price × days", r"BTC [+−][\d.]+ % \([\d,]+ USD\) by day \d+: [\d.]+ sigmas of \d+ days\.")):
        page.get_by_role("radio", name=kind).click()
        expect(card).to_have_text(re.compile(said.replace(" ", r"\s")))
    expect(page.get_by_text("the narrowest cone of the price meets the boundary")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Set the what-if to the nearest point").click()
    expect(page.get_by_role("slider", name="Days forward")).not_to_have_attribute("aria-valuetext", "0 d")
    expect(page).to_have_url(re.compile(r"days=\d+"))


def test_tables_are_downloaded_as_csv(page, app_url):
    open_page(page, app_url)
    for what in ("Table", "Map", "Ladder"):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"{what} as CSV").click()
        assert waiting.value.suggested_filename.endswith(".csv")
        assert open(waiting.value.path(), "rb").read(3) == b"\xef\xbb\xbf"
