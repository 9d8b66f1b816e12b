"""Nothing in the strip is cut off on a phone: every sample, as it is and in a what-if, in the real style sheet."""

import pytest
from playwright.sync_api import expect

from db.samples import SAMPLES
from pages.ui import cached, state, strip, view
from pages.ui.draft import Draft
from risk_core.portfolio.account_file import read
from tests.browser.menus import settled

pytestmark = pytest.mark.browser

FILES = sorted(SAMPLES.glob("*.margin.json"))
MOVES = (-12.34, 0.0, 30.0)
PUT = "html => { document.querySelector('.st-key-strip .ms-strip').outerHTML = html; }"
CUT = """() => {
  const strip = document.querySelector('.st-key-strip .ms-strip'), found = [];
  const words = document.createTreeWalker(strip, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (words.nextNode()) {
    const text = words.currentNode;
    range.selectNodeContents(text);
    const box = range.getBoundingClientRect();
    if (!text.data.trim() || !box.width) continue;
    for (let around = text.parentElement; around !== strip.parentElement; around = around.parentElement) {
      const room = around.getBoundingClientRect();
      const clips = getComputedStyle(around).overflow !== 'visible' && room.width;
      if (clips && (box.right > room.right + 1 || box.left < room.left - 1 || box.bottom > room.bottom + 1.5)) {
        found.push(text.data); break;
      }
    }
  }
  return found;
}"""
"""Texts of the strip that reach beyond an element that hides what does."""


def strips(file):
    """The strip of a sample, at each move of every price."""
    document = read(file.read_text("utf-8")).document
    held = Draft(document, label="x")
    account = cached.account(held.digest, document)
    for percent in MOVES:
        chosen = state.Controls(prices=tuple((name, percent) for name in view.controls.held_underlyings(account)))
        question, now = (cached.asked(account, one.what_if) for one in (chosen, state.Controls()))
        yield percent, strip.strip(view.View(held, account, chosen, question, now))


@pytest.mark.parametrize("width", [390, 1440])
def test_no_word_of_the_strip_is_cut_off(new_page, app_url, width):
    page = new_page(width=width, height=844)
    page.goto(f"{app_url}/glossary")
    page.locator(".ms-strip").wait_for()
    settled(page)
    cut = {}
    for file in FILES:
        for percent, html in strips(file):
            page.evaluate(PUT, html)
            if found := page.evaluate(CUT):
                cut[file.name, percent] = found
    assert cut == {}
    for part in (".src .k", ".src .ms-badge.demo", ".src .rules", ".src code", ".eq b", ".st .ms-badge"):
        expect(page.locator(f".ms-strip {part}")).to_be_visible()


def test_the_check_sees_what_is_cut_off(new_page, app_url):
    page = new_page(width=390, height=844)
    page.goto(f"{app_url}/glossary")
    page.locator(".ms-strip").wait_for()
    settled(page)
    page.evaluate("document.querySelector('.ms-strip .mo .s span').textContent = 'A level that is told at far too great a length'")
    assert any("far too great" in text for text in page.evaluate(CUT))
