"""From a venue to its cases and to the file, at a desk and on a phone, with everything open."""

import csv

import pytest
from playwright.sync_api import expect

from pages.ui import accuracy_words
from pages.ui.accuracy_data import accuracy
from tests.browser.test_accessibility import ready, violations
from tests.conftest import nightly

pytestmark = pytest.mark.browser

SHOWN = accuracy()
VENUE = max(SHOWN.venues, key=lambda one: len(one.cases))
BEYOND = "[...document.querySelectorAll('.ac *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1).length"


@pytest.fixture
def opened(new_page, app_url):
    def start(*how):
        page = new_page(*how)
        page.goto(f"{app_url}/accuracy")
        ready(page)
        return page
    return start


@nightly("one venue is opened, and the page closed is looked through, at each stop")
@pytest.mark.parametrize(("size", "scheme"), [((390, 844), "light"), ((1440, 900), "dark")], ids=["phone", "desk"])
def test_with_every_case_open_nothing_is_wrong_or_cut_off(opened, size, scheme):
    page = opened(*size, scheme)
    page.evaluate("document.querySelectorAll('.ac details').forEach(one => { one.open = true })")
    expect(page.get_by_text(SHOWN.cases[-1].id, exact=True)).to_be_visible()
    assert page.evaluate(BEYOND) == 0
    assert violations(page) == []


def test_a_venue_leads_to_its_cases_and_back_from_a_what_if(opened):
    page = opened()
    case = VENUE.cases[0]
    expect(page.get_by_text(case.id, exact=True)).to_be_hidden()
    page.locator(".ac-venues").get_by_role("link", name=VENUE.name, exact=True).click()
    shown = page.get_by_text(case.id, exact=True)
    expect(shown).to_be_in_viewport()
    part = page.locator(".ac details[open]")
    expect(part).to_have_count(1)
    expect(part).to_contain_text(accuracy_words.printed(case.figures[0].printed))
    page.get_by_role("slider", name="BTC price").press("ArrowLeft")
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    expect(shown).to_be_visible()


def test_a_venue_opens_by_the_keyboard(opened):
    page = opened()
    summary = page.locator(".ac summary").filter(has_text=VENUE.name).first
    summary.focus()
    summary.press("Enter")
    expect(page.get_by_text(VENUE.cases[-1].id, exact=True)).to_be_visible()


def test_the_file_is_downloaded_with_every_figure(opened):
    page = opened()
    with page.expect_download() as coming:
        page.get_by_role("button", name="Every figure, CSV").click()
    with open(coming.value.path(), encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(len(one.figures) for one in (*SHOWN.cases, *SHOWN.disputed))
