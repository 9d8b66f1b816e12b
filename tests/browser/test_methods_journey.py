"""The methods page in a browser: rulebooks chosen, one opened, a bar opened to its legs, a cell of the matrix as what-if."""

import re

import pytest
from playwright.sync_api import expect

from db.samples import SAMPLES, sample_id

pytestmark = pytest.mark.browser

STRANGLE = sample_id(SAMPLES / "05-short-strangle.margin.json")
STEP = "Step opened to its legs"


def ready(page):
    page.locator("table.methods").wait_for(timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')")
    page.wait_for_function("[...document.querySelectorAll('.chart')].every(box => box.dataset.drawn)")
    page.wait_for_timeout(400)


def click(page, chart, x, y):
    """A point of a chart's plot, as shares of its width and height."""
    plot = page.locator(".chart", has=page.locator(chart)).locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = plot.bounding_box()
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
    page.wait_for_timeout(300)
    page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])


def test_choose_rulebooks_open_one_click_a_bar_and_a_cell(page, app_url):
    page.goto(f"{app_url}/methods?account={STRANGLE}")
    ready(page)
    before = page.locator("table.methods tbody tr").count()
    page.get_by_role("button", name=re.compile("simm")).first.click()
    page.wait_for_function("n => document.querySelectorAll('table.methods tbody tr').length === n - 1", arg=before)
    ready(page)
    first = page.get_by_text("Each leg alone by leg")
    expect(first).to_have_count(1)
    click(page, ".waterfalllayer", 0.02, 0.97)
    expect(page.get_by_text("Initial margin by leg")).to_have_count(1, timeout=20_000)
    ready(page)
    click(page, ".heatmaplayer", 0.06, 0.17)
    expect(page.locator(".ms-strip.whatif")).to_be_visible(timeout=20_000)
    expect(page).to_have_url(re.compile(r"price\.ETH=%E2%88%9216"))
    expect(page).to_have_url(re.compile(r"volatility=%2B"))
