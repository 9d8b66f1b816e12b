"""The journey of the first page: open, pick a sample, move a slider, read three modes."""

import csv
import re

import pytest
from playwright.sync_api import expect

from tests.browser.menus import settled
from tests.browser.test_accessibility import MIXED
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.browser

DRAWN = "document.querySelectorAll('.chart .nsewdrag').length >= 2"
CURVES = ".st-key-margin-curves .chart"


def open_page(page, address):
    page.goto(address)
    page.wait_for_function(DRAWN)
    settled(page)


def pick(page, name):
    about = page.locator(".ms-story").inner_text()
    levels = page.locator("table.compare").inner_text()
    page.get_by_role("combobox", name="Account").click()
    page.get_by_role("option", name=name).click()
    expect(page.locator(".ms-story")).not_to_have_text(about)
    page.wait_for_function("b => document.querySelector('table.compare').innerText !== b", arg=levels)
    settled(page)


def row(page, label):
    return page.locator("table.compare tr").filter(has=page.locator("th", has_text=re.compile(f"^{label}"))).locator("td")


def press(page, slider, key, times):
    handle = page.get_by_role("slider", name=slider)
    handle.focus()
    for _ in range(times):
        handle.press(key)
        page.wait_for_timeout(40)  # as a keyboard repeats: a slider drops two that arrive in one frame


def test_open_pick_a_sample_move_a_slider_read_three_modes(page, app_url):
    open_page(page, app_url)
    pick(page, "Sample: Short strangle")
    expect(page.locator(".ms-head .ms-badge.demo")).to_contain_text("Demo data")
    heads = page.locator("table.compare thead th")
    expect(heads).to_have_count(4)
    assert [re.sub(r"\W", "", text) for text in heads.all_inner_texts()[1:]] == ["Isolated", "Cross", "Portfolio"]
    before = row(page, "Equity").all_inner_texts()
    press(page, "ETH price", "ArrowRight", 10)
    expect(page.locator(".st-key-board .ms-badge.whatif")).to_be_visible()
    expect(row(page, "Equity").nth(2)).to_contain_text("→")
    after = row(page, "Equity").all_inner_texts()
    assert len(after) == 3 and after[2] != before[2]
    for card in page.locator(".ms-card p").all():
        assert card.inner_text().endswith(".")
    expect(page).to_have_url(re.compile(r"price\.ETH="))
    page.get_by_role("button", name="Reset all").click()
    expect(page.locator(".ms-badge.whatif")).to_have_count(0)
    expect(page.get_by_role("slider", name="ETH price")).to_have_attribute("aria-valuetext", "0 %")
    expect(page).not_to_have_url(re.compile(r"price\.ETH="))
    expect(row(page, "Equity")).to_have_text(before)


RANGE = f"document.querySelector('{CURVES}').layout.xaxis.range.map(Math.round)"


def zoom(page):
    """Drag over the middle of the picture; the range then shown."""
    before, box = page.evaluate(RANGE), page.locator(f"{CURVES} .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_timeout(500)
    after = page.evaluate(RANGE)
    assert after[0] > before[0] and after[1] < before[1]
    return after


def test_the_picture_keeps_its_zoom_and_is_named(page, app_url):
    open_page(page, app_url)
    chart = page.locator(CURVES)
    expect(chart).to_have_attribute("role", "figure")
    assert "maintenance margin" in chart.get_attribute("aria-label")
    zoomed = zoom(page)
    drawn = chart.get_attribute("data-drawn")
    press(page, "BTC price", "ArrowRight", 3)
    page.wait_for_function(f"document.querySelector('{CURVES}').dataset.drawn !== '{drawn}'")
    settled(page)
    assert page.evaluate(RANGE) == zoomed


def test_pictures_are_saved_as_png_and_csv_and_sent_nowhere(page, app_url):
    open_page(page, app_url)
    titles = page.evaluate("[...document.querySelectorAll('.modebar-btn')].map(e => e.dataset.title)")
    assert titles and not [title for title in titles if "hare" in title or "loud" in title]
    page.locator(CURVES).hover()
    with page.expect_download() as waiting:
        page.locator(f"{CURVES} .modebar-btn[data-title*='ownload']").click()
    assert waiting.value.suggested_filename == "marginscope-margin-curves.png"
    for label, column in (("Curves as CSV", "Cross maintenance margin, USD"), ("Steps as CSV", "step")):
        with page.expect_download() as waiting:
            page.get_by_role("button", name=label).click()
        rows = list(csv.reader(open(waiting.value.path(), encoding="utf-8-sig", newline="")))
        assert column in rows[0] and len(rows) > 5 and len({len(row) for row in rows}) == 1


def test_the_first_page_is_also_found_under_its_name(page, app_url):
    open_page(page, f"{app_url}/compare?price.BTC=%E2%88%9210+%25")
    expect(page.get_by_text("Page not found")).to_have_count(0)
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(app_url) + r"/\?.*price\.BTC="))


def test_the_app_works_under_its_own_content_policy(new_page, app_url):
    page = new_page(policy="kept")
    page.goto(app_url)
    expect(page.locator(f"{CURVES} .nsewdrag").first).to_be_attached()
    page.get_by_role("slider", name="BTC price").press("ArrowRight")
    expect(page.locator(".st-key-board .ms-badge.whatif")).to_be_visible()
    page.get_by_role("link", name="Portfolio").click()
    expect(page.locator(".ms-name")).to_be_visible()
    expect(page.locator("canvas").first).to_be_attached()


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (768, "dark"), (1440, "light")][:3 if NIGHTLY else 1])
def test_nothing_is_wider_than_the_screen_and_the_chart_follows_the_theme(new_page, app_url, width, scheme):
    page = new_page(width=width, scheme=scheme)
    open_page(page, app_url)
    paper = page.evaluate(f"document.querySelector('{CURVES}').layout.paper_bgcolor")
    assert paper == {"light": "#ffffff", "dark": "#101318"}[scheme]
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
    inside = "[...document.querySelectorAll('.ms-card, .ms table, .chart')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    assert page.evaluate(inside)
    page.get_by_role("button", name="Got it").click()
    expect(page.locator(".hint")).to_be_hidden()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
    open_page(page, f"{app_url}/{MIXED}")
    assert page.locator("table.compare .chip.liquidated").count()
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width


def test_nothing_jumps_when_a_slider_moves(page, app_url):
    open_page(page, app_url)
    where = ("['.ms-headline', '.ms-card', '.chart', 'table.compare', '.st-key-why']"
             ".map(s => document.querySelector(s).getBoundingClientRect().top)")
    before = page.evaluate(where)
    press(page, "BTC price", "ArrowRight", 2)
    expect(page.locator(".st-key-board .ms-badge.whatif")).to_be_visible()
    settled(page)
    after = page.evaluate(where)
    assert all(abs(a - b) <= 2 for a, b in zip(before, after, strict=True)), (before, after)


def test_quick_slider_moves_never_lose_the_picture(page, app_url):
    open_page(page, app_url)
    pick(page, "Sample: Short strangle")
    errors = []
    page.on("console", lambda message: errors.append(message.text) if "marginscope chart" in message.text else None)
    press(page, "Days forward", "ArrowRight", 12)
    handle = page.get_by_role("slider", name="Implied volatility")
    handle.focus()
    for _ in range(8):
        handle.press("ArrowRight")
        page.wait_for_timeout(100)
    expect(page.locator(".st-key-board .ms-badge.whatif")).to_be_visible()
    settled(page)
    expect(page.locator(f"{CURVES} .nsewdrag").first).to_be_attached()
    for said in page.locator(".chart, .chart-failed").all_inner_texts():
        assert "could not be drawn" not in said and "Cannot" not in said
    assert not errors
