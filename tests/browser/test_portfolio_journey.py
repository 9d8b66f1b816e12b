"""What a user does on the portfolio page: build from a template, edit a cell, save, reload, find it again."""

import json
import re
from pathlib import Path

import pytest

from tests.browser.menus import closed, opened, settled
from tests.conftest import nightly

pytestmark = pytest.mark.browser

EDITOR = "stDataFrame"


def ready(page):
    """The page has been drawn and the server is done."""
    page.get_by_test_id(EDITOR).first.wait_for(timeout=60_000)
    settled(page)


def portfolio(page, app_url):
    page.goto(f"{app_url}/portfolio")
    ready(page)


def build(page, title, new=False):
    choice = opened(page, "From a template", page.get_by_role("combobox", name="Template"))
    choice.click()
    page.get_by_role("option", name=title).click()
    if new:
        settled(page)
        page.get_by_role("radio", name="A new account").click()
    settled(page)
    page.get_by_role("button", name="Start the account" if new else "Add to this account").click()
    ready(page)


def save_as(page, name):
    name_and_save(page, "Save as", name)
    page.get_by_text("Version 1", exact=True).wait_for()
    ready(page)


def name_and_save(page, menu, name):
    """Type a name into one of the menus that save, and save."""
    field = opened(page, menu, page.get_by_label("Name", exact=True).last)
    field.fill(name)
    field.press("Enter")
    settled(page)
    page.get_by_role("button", name="Save", exact=True).last.click()


def take(page, label):
    """The bytes of one download of the export menu."""
    button = page.get_by_test_id("stDownloadButton").get_by_role("button", name=label)
    opened(page, "Export", button)
    with page.expect_download() as found:
        button.click()
    content = Path(found.value.path()).read_bytes()
    closed(page)
    return content


def type_into(page, row, x, text):
    """Type into a cell of the first grid: `row` from 1, `x` pixels from its left edge."""
    box = page.get_by_test_id(EDITOR).first.bounding_box()
    cell = page.locator(".gdg-input")
    for _ in range(4):  # the first click may only bring the focus, the next one on the same cell opens it
        if not cell.count():
            page.mouse.click(box["x"] + x, box["y"] + 17 + 33 * row)
            page.wait_for_timeout(700)
    cell.fill(text)
    page.wait_for_timeout(200)
    cell.press("Enter")
    ready(page)


def exported(page):
    return json.loads(take(page, "Account file"))


def test_template_save_reload_still_there(page, app_url):
    portfolio(page, app_url)
    build(page, "Short strangle", new=True)
    page.get_by_text("Never saved").wait_for()
    save_as(page, "Journey strangle")
    before = exported(page)
    assert re.search(r"account=[0-9a-f-]{36}", page.url)
    page.reload()
    ready(page)
    page.get_by_role("heading", name="Journey strangle").wait_for()
    assert exported(page) == before
    assert [leg["type"] for leg in before["positions"]] == ["put", "call"]


def test_an_edit_in_the_grid_acts_at_once_and_can_be_undone(page, app_url):
    portfolio(page, app_url)
    before = exported(page)
    type_into(page, 1, 600, "6.5")
    page.get_by_text("Unsaved changes").wait_for()
    assert exported(page)["positions"][0]["quantity"] == 6.5
    type_into(page, 2, 600, "0")
    page.get_by_text("Quantity 0 must not be 0").wait_for()
    assert exported(page)["positions"][1] == before["positions"][1]
    page.get_by_role("button", name="Discard what was typed").click()
    page.get_by_text("must not be 0").wait_for(state="detached")
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Unsaved changes").wait_for(state="detached")
    assert exported(page) == before


def sizes(page):
    return [leg["quantity"] for leg in exported(page)["positions"]]


@nightly("each is pressed under AppTest at each stop, and undone in the grid in a browser")
def test_duplicate_and_scale_all_are_one_edit_each_undone_and_redone(page, app_url):
    portfolio(page, app_url)
    before = sizes(page)
    opened(page, page.get_by_role("button", name="Duplicate"), page.get_by_role("menuitem").first).click()
    page.get_by_text("Unsaved changes").wait_for()
    ready(page)
    copied = sizes(page)
    assert copied == [before[0], *before]
    opened(page, "Scale", page.get_by_role("button", name="Scale all sizes")).click()
    page.get_by_text("All sizes × 2").wait_for()
    ready(page)
    assert sizes(page) == [2 * size for size in copied]
    for name, expected in (("Undo", copied), ("Undo", before), ("Redo", copied), ("Redo", [2 * size for size in copied])):
        page.get_by_role("button", name=name).click()
        ready(page)
        assert sizes(page) == expected, name


def test_a_file_is_imported_whole_or_refused_with_reasons(page, app_url, tmp_path):
    portfolio(page, app_url)
    good = exported(page)
    bad = {**good, "positions": [{**good["positions"][0], "quantity": 0, "strike": -1}]}
    for name, content in (("bad", bad), ("good", {**good, "name": "Imported book"})):
        (tmp_path / f"{name}.margin.json").write_text(json.dumps(content), encoding="utf-8")
    opened(page, "Import")
    page.locator("input[type=file]").set_input_files(tmp_path / "bad.margin.json")
    page.get_by_text("positions[0].quantity").wait_for()
    page.get_by_text("has no place on a perpetual").wait_for()
    settled(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "good.margin.json")
    page.get_by_role("button", name="Open it").wait_for()
    settled(page)
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("heading", name="Imported book").wait_for()
    ready(page)
    assert exported(page) == {**good, "name": "Imported book"}


def test_a_phone_has_no_sideways_scroll(page, app_url):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app_url}/portfolio")
    ready(page)
    for name in ("Positions", "Collateral", "Market", "History"):
        page.get_by_role("radio", name=name).click()
        ready(page) if name != "History" else page.get_by_text("This is a sample").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
