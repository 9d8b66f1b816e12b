"""Accessibility by axe-core on every page: nothing of ours is wrong; and the keyboard, names and hints in a browser."""

import re
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import expect

import app
from db.samples import SAMPLES, sample_id
from tests.browser import menus
from tests.browser.menus import settled
from tests.conftest import NIGHTLY

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SIZES = {1440: 900, 390: 844}

EXCEPTIONS = {
}
"""What Streamlit or plotly does and we cannot change: page, rule, selector of the node, and why. One that no longer
occurs fails the test."""
STRIP = ".ms-strip"
STRANGLE = SAMPLES / "05-short-strangle.margin.json"
LIQUIDATED = f"?account={sample_id(STRANGLE)}&price.BTC=−33.3+%25&days=7+d"
"""A what-if that no stop of the slider has, in which modes are liquidated."""
MIXED = f"?account={sample_id(next(SAMPLES.glob('*mixed-book*')))}&price.BTC=−12.34+%25"
"""Four modes, some of them liquidated, others not."""
MENU, MAIN = "[data-testid=stPopoverBody]", "[data-testid=stMain]"
PRESSED = {
    "portfolio": ["Add a position", "From a template", "Open", "Import", "Collateral", "Market", "History"],
    "rulebooks": ["Change", "My rulebooks", "Side by side"],
    "methods": ["Legs", "Efficiency", "What changed"],
    "compare": ["Copy link"],
}
"""What is opened on a page, one after the other, by the beginning of its name."""


def ready(page):
    page.locator(STRIP).wait_for(timeout=60_000)
    page.wait_for_function("[...document.querySelectorAll('.chart')].every(box => box.dataset.drawn)")
    settled(page)


def opened(page, address):
    page.goto(address)
    ready(page)
    return page


def address(app_url, one, query=""):
    return f"{app_url}/{'' if one is app.PAGES[0] else one.address}{query}"


def violations(page, within="html"):
    """What axe finds in a part of the page, all of it unless said."""
    if page.evaluate("window.axe === undefined"):
        page.evaluate(AXE)
    found = page.evaluate("([tags, within]) => axe.run(within, {runOnly: tags, resultTypes: ['violations']})", [TAGS, within])
    assert found["passes"] or found["inapplicable"]
    return [(rule["id"], node["target"][0], node["html"][:200]) for rule in found["violations"] for node in rule["nodes"]]


LOOKS = [(one, width, scheme) for i, one in enumerate(app.PAGES)
         for j, (width, scheme) in enumerate([(1440, "light"), (390, "dark")]) if NIGHTLY or i % 2 == j]
"""Every page once at a stop, wide and light or narrow and dark in turn; nightly both."""


@pytest.mark.parametrize(("one", "width", "scheme"), LOOKS, ids=lambda one: getattr(one, "address", one))
def test_axe_finds_nothing_of_ours_all_is_named_and_nothing_cut_off(new_page, app_url, one, width, scheme):
    page = opened(new_page(width, SIZES[width], scheme), address(app_url, one))
    allowed = {(rule, node) for (where, rule, node) in EXCEPTIONS if where == one.address}
    if width < 1000:
        nothing_is_cut_off(page, width)  # before axe, which scrolls and leaves bars behind
    found = violations(page)
    if width > 1000:
        every_control_has_a_name(page)
        every_chart_is_told_in_words(page, least=1 if one in app.PAGES[:2] else 0)
    else:
        page.get_by_test_id("stExpandSidebarButton").click()
        page.wait_for_timeout(600)
        found += violations(page)
    assert [seen for seen in found if seen[:2] not in allowed] == []
    assert allowed <= {seen[:2] for seen in found}


@pytest.mark.parametrize("scheme", ["dark"])
@pytest.mark.parametrize("one", app.PAGES[:5] if NIGHTLY else app.PAGES[2:3], ids=lambda one: one.address)
def test_axe_finds_nothing_in_a_what_if_and_in_what_opens(new_page, app_url, one, scheme):
    page = opened(new_page(scheme=scheme), address(app_url, one, LIQUIDATED))
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    found = [("what-if", *seen) for seen in violations(page)]
    for name in PRESSED.get(one.address, ()):
        menu, main = page.get_by_test_id("stPopover"), page.get_by_test_id("stMain")
        pressed = menu.get_by_role("button", name=name).or_(
            main.get_by_role("radio", name=name)).or_(main.get_by_role("button", name=name)).first
        is_menu = bool(pressed.get_attribute("aria-haspopup"))
        if is_menu:
            menus.opened(page, pressed)
        else:
            pressed.click()
        ready(page)
        found += [(name, *seen) for seen in violations(page, MENU if is_menu else MAIN)]
        menus.closed(page)
    assert found == []


@pytest.mark.parametrize("scheme", ["light", "dark"] if NIGHTLY else ["light"])
def test_axe_finds_nothing_where_modes_are_liquidated(new_page, app_url, scheme):
    page, found = new_page(scheme=scheme), []
    for one in app.PAGES[:2 if NIGHTLY else 1]:
        opened(page, address(app_url, one, MIXED))
        expect(page.locator(".ms-strip .chip.liquidated").first).to_be_visible()
        found += [(one.address, *seen) for seen in violations(page)]
    assert found == []


def test_axe_sees_what_is_wrong(page, app_url):
    """The instrument itself: a picture without a name and pale text are found."""
    opened(page, app_url)
    page.evaluate("""document.body.insertAdjacentHTML('beforeend',
        '<div style="position:fixed;top:0;z-index:9999999"><img src="data:,"><p style="color:#ccc;background:#fff">pale</p></div>')""")
    assert {"image-alt", "color-contrast"} <= {rule for rule, _, _ in violations(page)}


def every_control_has_a_name(page):
    for role in ("slider", "spinbutton", "button", "combobox", "textbox", "radio", "link", "checkbox", "switch"):
        for control in page.get_by_role(role).all():
            if control.is_visible():
                assert re.search(r"\w", NAME_OF(control)), (role, control.evaluate("e => e.outerHTML")[:200])


def NAME_OF(control):
    """The accessible name, as the first line of the snapshot that screen readers get."""
    return control.aria_snapshot().partition("\n")[0].partition(" ")[2] or control.evaluate(
        "e => e.getAttribute('aria-label') || ''")


def every_chart_is_told_in_words(page, least):
    charts = page.locator(".chart").all()
    assert len(charts) >= least
    for chart in charts:
        assert chart.get_attribute("role") == "figure"
        assert len(chart.get_attribute("aria-label").split()) >= 8


def nothing_is_cut_off(page, width):
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= width
    cut = page.evaluate("[...document.querySelectorAll('.ms table, .ms-strip, .ms-strip .k')]"
                        ".filter(e => e.offsetParent && e.scrollWidth > e.clientWidth + 1).map(e => e.outerHTML.slice(0, 90))")
    assert cut == []


def test_a_keyboard_alone_moves_a_price_and_the_figures(page, app_url):
    opened(page, app_url)
    before = page.locator("table.compare").inner_text()
    slider = page.get_by_role("slider", name="BTC price")
    for _ in range(40):
        page.keyboard.press("Tab")
        if slider.evaluate("one => one === document.activeElement"):
            break
    expect(slider).to_be_focused()
    settled(page)
    page.keyboard.press("ArrowLeft")
    page.wait_for_timeout(40)
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    ready(page)
    page.wait_for_function("before => document.querySelector('table.compare').innerText !== before", arg=before,
                           timeout=30_000)
    expect(slider).to_be_focused()
    box = page.get_by_role("spinbutton", name="BTC price, %")
    assert float(box.input_value()) < 0
    box.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("-12.34")
    page.keyboard.press("Enter")
    expect(slider).to_have_attribute("aria-valuetext", "−12.34 %")
    expect(page).to_have_url(re.compile(r"price\.BTC=%E2%88%9212\.34"))


def test_quick_presses_are_never_taken_back(page, app_url):
    opened(page, app_url)
    slider = page.get_by_role("slider", name="BTC price")
    slider.focus()
    for _ in range(6):
        slider.press("ArrowLeft")
        page.wait_for_timeout(40)
    expect(slider).to_have_attribute("aria-valuetext", "−1.5 %")
    ready(page)
    settled(page)
    expect(slider).to_have_attribute("aria-valuetext", "−1.5 %")
    expect(page.get_by_role("spinbutton", name="BTC price, %")).to_have_value("-1.5")


def test_a_box_refuses_what_no_slider_reaches(page, app_url):
    opened(page, app_url)
    box = page.get_by_role("spinbutton", name="BTC price, %")
    box.fill("400")
    box.press("Enter")
    alert = page.locator(".st-key-panel").get_by_role("alert")
    expect(alert).to_contain_text("BTC price +400 %: must be from −90 % to +300 %")
    expect(box).to_have_value("0")
    expect(page.locator(".ms-strip.whatif")).to_have_count(0)


def test_a_label_explains_itself_to_the_keyboard_and_leads_to_the_glossary_at_the_same_what_if(page, app_url):
    opened(page, f"{app_url}/?price.BTC=%E2%88%9210+%25&size=%C3%972")
    label = page.locator("table.compare .help").filter(has_text="Maintenance margin").locator("span[tabindex]").first
    label.focus()
    tip = page.locator("table.compare .tip:visible")
    expect(tip).to_contain_text("Needed to keep the positions")
    page.keyboard.press("Tab")
    link = tip.get_by_role("link", name="Glossary: Maintenance margin")
    expect(link).to_be_focused()
    with page.context.expect_page() as opening:
        page.keyboard.press("Enter")
    glossary = opening.value
    ready(glossary)
    expect(glossary.locator(".gl-asked")).to_contain_text("Maintenance margin")
    expect(page.locator(".ms-strip.whatif")).to_be_visible()
    assert glossary.locator(STRIP).inner_text() == page.locator(STRIP).inner_text()


def test_a_hint_put_away_stays_away_until_asked_for(page, app_url):
    opened(page, app_url)
    hint = page.locator(".hint")
    expect(hint).to_be_visible()
    page.get_by_role("button", name="Got it").click()
    expect(hint).to_be_hidden()
    page.reload()
    ready(page)
    expect(hint).to_be_hidden()
    page.get_by_role("link", name="Glossary", exact=True).click()
    back = page.get_by_role("button", name="Show the hints again")
    expect(page.locator(".hint").first).to_be_visible()
    back.click()
    page.get_by_role("link", name="Compare").click()
    page.locator("table.compare").wait_for()
    expect(hint).to_be_visible()
