"""The rulebooks page in a browser: an override and its effect, kept as a rulebook of one's own, beside the shipped one."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.menus import settled

pytestmark = pytest.mark.browser

NAME = "Journey house rules"
EFFECT = "[class*='st-key-parameter'] table.compare"


def ready(page):
    page.locator(".rb-row").first.wait_for(timeout=60_000)
    settled(page)


def tab(page, name):
    page.get_by_role("radio", name=name).click()
    settled(page)


def maintenance(page):
    """What the account demands in each mode, from the strip."""
    return page.locator(".ms-strip .mo .k .chip").all_inner_texts()


def override(page):
    """The hedged-futures add-on doubled, seen before it is applied."""
    page.get_by_role("textbox", name="Search parameters").fill("hedged futures")
    page.get_by_role("textbox", name="Search parameters").press("Enter")
    expect(page.locator(".rb-row")).to_have_count(1)
    settled(page)
    page.get_by_role("button", name="Change").click()
    typed = page.locator("[class*='st-key-parameter']").get_by_role("spinbutton")
    expect(typed).to_be_visible()
    typed.fill(str(2 * float(typed.input_value())))
    typed.press("Enter")
    expect(page.get_by_text("not applied yet")).to_be_visible()


def test_override_effect_own_rulebook_reload_side_by_side(page, app_url):
    page.goto(f"{app_url}/rulebooks")
    ready(page)
    shipped = maintenance(page)
    override(page)
    row = page.locator(EFFECT).locator("tr").filter(has=page.locator("th", has_text=re.compile("^Maintenance margin")))
    expect(row.locator("td").last).to_contain_text("→")
    expect(page.locator(".rb-drivers")).to_contain_text("Maintenance margin +")
    assert maintenance(page) == shipped
    settled(page)
    page.get_by_role("button", name="Apply to this account").click()
    expect(page.get_by_text("1 changed").first).to_be_visible()
    ready(page)
    changed = maintenance(page)
    assert changed[:2] == shipped[:2] and changed[2] != shipped[2]
    save(page)
    page.reload()
    ready(page)
    assert maintenance(page) == changed
    tab(page, "My rulebooks")
    expect(page.get_by_text(NAME).first).to_be_visible()
    beside(page)


def save(page):
    tab(page, "My rulebooks")
    page.get_by_role("textbox", name="Name").fill(NAME)
    page.get_by_role("textbox", name="Name").press("Enter")
    settled(page)
    page.get_by_role("button", name="Save as my rulebook").click()
    expect(page.get_by_role("button", name="Replace with the rules in force")).to_be_visible()
    settled(page)
    page.get_by_role("radio", name="Parameters").click()
    ready(page)


def beside(page):
    """The shipped rulebook and one's own, parameter by parameter."""
    tab(page, "Side by side")
    page.get_by_role("combobox", name="To (bold)").click()
    page.keyboard.type("Yours")  # a long list shows its first part only
    page.get_by_role("option", name=f"Yours: {NAME}").click()
    sides = page.locator("table.rb-sides")
    expect(sides.locator("thead")).to_contain_text(NAME)
    expect(sides.locator("tbody tr")).to_have_count(1)
    expect(sides.locator("tbody tr")).to_contain_text("Hedged futures add-on")
    expect(page.get_by_text("1 parameter differs")).to_be_visible()
